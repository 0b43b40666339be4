from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from hrm.training.report import TrainingDivergedError, report_of


def sums(loss: float, halted: int, exact: int) -> dict[str, Tensor]:
    numbers = {
        "loss": loss,
        "token_loss": loss / 2,
        "halted": halted,
        "cells": exact,
        "exact": exact,
        "segments": 3 * halted,
    }
    return {name: torch.tensor(number) for name, number in numbers.items()}


def test_accuracies_are_those_of_the_puzzles_that_left() -> None:
    report = report_of(20, [sums(1.0, 1, 1), sums(3.0, 3, 0)])
    assert (report.step, report.loss, report.token_loss) == (20, 2.0, 1.0)
    assert (report.exact_accuracy, report.segments) == (0.25, 3.0)
    assert math.isnan(report_of(1, [sums(1.0, 0, 0)]).exact_accuracy)


@pytest.mark.parametrize(
    ("norms", "expected"), [((1.0, 3.0), 3.0), ((1.0, math.inf), math.nan), ((1.0, None), math.nan)]
)
def test_rate_and_norm_are_those_of_the_last_step(norms: tuple[float | None, ...], expected: float) -> None:
    steps = [sums(1.0, 1, 1) | ({} if norm is None else {"grad_norm": torch.tensor(norm)}) for norm in norms]
    report = report_of(20, steps, lr=0.01)
    assert report.lr == 0.01
    assert report.grad_norm == pytest.approx(expected, nan_ok=True)


def test_the_first_bad_step_is_named() -> None:
    with pytest.raises(TrainingDivergedError, match="at step 19"):
        report_of(20, [sums(1.0, 1, 1), sums(math.nan, 1, 1), sums(math.inf, 1, 1)])

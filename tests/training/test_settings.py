from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from hrm.errors import InputError
from hrm.runtime import Runtime
from hrm.training.config import RunConfig
from hrm.training.settings import TrainingConfig

CPU = Runtime(torch.device("cpu"), torch.float32, False)


def test_parts_of_a_run_that_cannot_be_equal(tiny_run: RunConfig) -> None:
    config = replace(tiny_run.training, steps=7, early_max_segments=(1, 2), max_segments=4)
    assert [config.max_segments_at(step) for step in range(8)] == [1, 1, 1, 2, 2, 4, 4, 4]
    with pytest.raises(InputError, match="needs a step for each"):
        replace(config, steps=2)


@pytest.mark.parametrize("early", [(0, 3), (3, 2), (5,)])
def test_loops_only_grow(tiny_run: RunConfig, early: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"early_max_segments is .* none below"):
        replace(tiny_run.training, early_max_segments=early, max_segments=4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lr", -1.0),
        ("lr", 0.0),
        ("lr", math.nan),
        ("puzzle_lr", math.inf),
        ("weight_decay", -0.1),
        ("warmup_steps", -1),
        ("save_minutes", -1.0),
        ("save_minutes", math.inf),
    ],
)
def test_values_that_cannot_be(tiny_run: RunConfig, name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"training.{name} is"):
        replace(tiny_run.training, **{name: value})


def test_what_is_due_is_decided_once() -> None:
    config = TrainingConfig(steps=100, report_every=10, save_every=25, validate_every=40)
    assert config.due_at(7) == (False, False, False)
    assert config.due_at(10) == (True, False, False)
    assert config.due_at(25) == (True, False, True)
    assert config.due_at(40) == (True, True, False)
    assert config.due_at(100) == (True, True, True)
    assert config.due_at(7, is_stopped=True) == (True, False, True), "stopped: saved, but not validated"
    assert config.due_at(7, is_late=True) == (False, False, True), "by the clock: saved, and no line of it"
    assert replace(config, validate_every=0).due_at(100) == (True, False, True)

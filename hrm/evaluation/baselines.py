"""Trivial answers: what copying the input, or always giving a cell its most frequent symbol, would score.

A share of cells means nothing without them: where most cells stay as they are, a copy is nearly right everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.tasks.base import Task
from hrm.types import IGNORE_LABEL


@dataclass(frozen=True)
class Baseline:
    """A way to answer without thinking, on N held-out examples."""

    name: str
    cells: NDArray[np.float64]  # (N,) share of labelled cells right
    exact: NDArray[np.bool_]  # (N,) every labelled cell right

    def take(self, rows: NDArray[np.integer]) -> Baseline:
        """The same on some of the examples."""
        return Baseline(self.name, self.cells[rows], self.exact[rows])


def baselines(inputs: NDArray[np.integer], labels: NDArray[np.integer], vocab_size: int) -> list[Baseline]:
    """The trivial answers to held-out examples, inputs and labels (N, S).

    The symbols that a half of the examples is answered with are counted in the other half: no training data are read,
    and no example sees its own label. A single one is answered by copying alone.
    """
    answers: dict[str, NDArray[np.integer]] = {"copying the input": inputs}
    if len(inputs) > 1:
        halves = np.arange(len(inputs)) % 2
        counts = np.stack([_symbol_counts(labels[halves != half], vocab_size) for half in (0, 1)])  # (2, S, V)
        answers["the most frequent symbol of each cell"] = counts.argmax(axis=2)[halves]
        overall = counts.sum(axis=1).argmax(axis=1)[halves]
        answers["the most frequent symbol"] = np.broadcast_to(overall[:, None], inputs.shape)
    return [Baseline(name, *scored(answer, labels)) for name, answer in answers.items()]


def figures(trivial: Sequence[Baseline]) -> list[dict[str, Any]]:
    """JSON values: ``baselines`` in ``results.json``."""
    return [{"name": one.name, "cells": float(one.cells.mean()), "exact": float(one.exact.mean())} for one in trivial]


def scored(answers: NDArray[np.integer], labels: NDArray[np.integer]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Cells and exact of answers (N, S), as ``Baseline`` has them; a row without labels is never exact."""
    labelled = labels != IGNORE_LABEL
    right = ((answers == labels) & labelled).sum(axis=1)
    num = labelled.sum(axis=1)
    return right / np.maximum(num, 1), (right == num) & (num > 0)


def held_out(task: Task, limit: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Inputs and labels (N, S) of the first ``limit`` held-out examples."""
    inputs, labels, num = [], [], 0
    for batch in task.eval_batches(256):
        inputs.append(batch.inputs.numpy())
        labels.append(batch.labels.numpy())
        num += len(inputs[-1])
        if limit is not None and num >= limit:
            break
    return np.concatenate(inputs)[:limit], np.concatenate(labels)[:limit]


def _symbol_counts(labels: NDArray[np.integer], vocab_size: int) -> NDArray[np.int64]:
    """Number of examples (N, S) in which each symbol is the label of each cell, (S, V)."""
    counts = np.zeros((labels.shape[1], vocab_size), dtype=np.int64)
    cells = np.arange(labels.shape[1])
    for row in labels:
        known = row != IGNORE_LABEL
        counts[cells[known], row[known]] += 1
    return counts

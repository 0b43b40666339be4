"""Trivial answers: what copying the input, or always giving a cell its most frequent symbol, would score.

A share of cells means nothing without them: where most cells stay as they are, a copy is nearly right everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.tasks.base import Split, Task
from hrm.types import IGNORE_LABEL

MOST_EXAMPLES = 10_000
"""Training examples whose symbols are counted: a share to a point or so needs no more."""


@dataclass(frozen=True)
class Baseline:
    """A way to answer without thinking, on N held-out examples."""

    name: str
    cells: NDArray[np.float64]  # (N,) share of labelled cells right
    exact: NDArray[np.bool_]  # (N,) every labelled cell right

    def take(self, rows: NDArray[np.integer]) -> Baseline:
        """The same on some of the examples."""
        return Baseline(self.name, self.cells[rows], self.exact[rows])


def baselines(task: Task, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[Baseline]:
    """The trivial answers to held-out examples (N, S) of ``task``.

    Copying alone where the training data, whose symbols would be counted, are not here.
    """
    answers = {"copying the input": inputs}
    with suppress(InputError):
        counts = _symbol_counts(task)
        answers["the most frequent symbol of each cell"] = np.broadcast_to(counts.argmax(axis=1), inputs.shape)
        answers["the most frequent symbol"] = np.full_like(inputs, counts.sum(axis=0).argmax())
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


def _symbol_counts(task: Task) -> NDArray[np.int64]:
    """How often each token is the label of each cell in the training data, (S, V)."""
    S, V = task.spec.seq_len, task.spec.vocab_size
    counts = np.zeros((S, V), dtype=np.int64)
    cells = np.arange(S)
    for labels in islice(_labels(task, "train"), MOST_EXAMPLES):
        known = (labels >= 0) & (labels < V)
        counts[cells[known], labels[known]] += 1
    return counts


def _labels(task: Task, split: Split) -> Iterator[NDArray[np.integer]]:
    """The labels (S,) of every example of a split."""
    for group in task.groups(split):
        for puzzle in group:
            yield from puzzle.labels

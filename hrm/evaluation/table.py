"""model + task -> a table with one row per puzzle, from which every figure is computed.

As in the published evaluation every puzzle is thought about for all of ``max_segments``; what halting earlier would
have given is read off the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hrm.evaluation.calibration import calibration
from hrm.intervals import percent, wilson_interval
from hrm.models.base import Reasoner, evaluating
from hrm.runtime import Runtime
from hrm.segments.halting import is_exact, share_right, wants_to_halt
from hrm.segments.slots import parts
from hrm.tasks.base import Task
from hrm.types import IGNORE_LABEL, Batch
from hrm.world import ALONE, World

SHOWN_SEGMENTS = (1, 2, 4, 8, 16, 32, 64)
"""Numbers of segments that have a row: doublings to four times the paper's M_max of 16; the last has one anyway."""
CERTAIN = 0.95
"""A certainty at which to stop. TRM, which is trained to halt at a half, stops at many wrong answers
then, and at hardly any at this one; HRM gains nothing (docs/log.md, 2026-11-24)."""


@dataclass(frozen=True)
class Table:
    """Rows are puzzles (N), columns are segments (M)."""

    exact: NDArray[np.bool_]  # (N, M) every labelled cell right
    solved: NDArray[np.bool_]  # (N, M) right by the rules; as exact where a task has none
    cells: NDArray[np.float64]  # (N, M) share of labelled cells right
    certainty: NDArray[np.float64]  # (N, M) the model's probability of being right
    wants_to_halt: NDArray[np.bool_]  # (N, M)
    answers: NDArray[np.integer]  # (N, S) tokens after the last segment
    has_answer: NDArray[np.bool_]  # (N,) some cell has a label: ``exact`` and ``cells`` mean something
    has_verdict: NDArray[np.bool_]  # (N,) by the rules or by a label: ``solved`` means something

    @property
    def halts_at(self) -> NDArray[np.int64]:
        """(N,) the segment, counted from 1, at which each puzzle would have left its slot."""
        return _first(self.wants_to_halt)

    @property
    def certain_at(self) -> NDArray[np.int64]:
        """(N,) the same if it left at ``CERTAIN``."""
        return _first(self.certainty >= CERTAIN)


def _first(wants: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(N, M) -> (N,) the first segment, counted from 1, at which a row is true; the last where it never is."""
    return np.where(wants.any(1), wants.argmax(1) + 1, wants.shape[1])


@torch.inference_mode()
def evaluate(
    model: Reasoner,
    task: Task,
    runtime: Runtime,
    *,
    max_segments: int,
    batch_size: int = 256,
    limit: int | None = None,
    world: World = ALONE,
) -> Iterator[Table]:
    """The held-out puzzles of ``task``, a table per batch (join them with ``concatenate``); of several ranks each has
    its share of every batch. Deterministic: a model in training is put into evaluation mode until the last table."""
    remaining = limit
    with evaluating(model):
        for batch in task.eval_batches(batch_size):
            if remaining is not None:
                batch = Batch(*(tensor[:remaining] for tensor in batch))
                remaining -= len(batch.inputs)
            if not len(batch.inputs):
                return
            own = parts(-(-len(batch.inputs) // world.size), batch)
            if world.rank < len(own):  # of a last batch of few not all have any
                yield _evaluate_batch(model, task, runtime, own[world.rank], max_segments)


def _evaluate_batch(model: Reasoner, task: Task, runtime: Runtime, batch: Batch, max_segments: int) -> Table:
    columns: dict[str, list[NDArray[Any]]] = {
        key: [] for key in ("exact", "solved", "cells", "certainty", "wants_to_halt")
    }
    dtype = np.min_scalar_type(task.spec.vocab_size)  # a million answers of 900 cells fit in memory as bytes
    inputs = batch.inputs.numpy()
    batch = batch.to(runtime.device)
    carry = model.initial_carry(len(batch.inputs), runtime.dtype)
    for _ in range(max_segments):
        carry, prediction = model(carry, batch)
        answers = prediction.logits.argmax(-1)
        exact = is_exact(prediction.logits, batch.labels).cpu().numpy()
        columns["exact"].append(exact)
        columns["solved"].append(exact if task.rules is None else task.rules.are_solved(inputs, answers.cpu().numpy()))
        columns["cells"].append(share_right(answers, batch.labels).cpu().double().numpy())
        columns["certainty"].append(prediction.q_halt.sigmoid().cpu().double().numpy())
        columns["wants_to_halt"].append(wants_to_halt(prediction.q_halt, prediction.q_continue).cpu().numpy())
    stacked = {key: np.stack(values, axis=1) for key, values in columns.items()}
    has_answer = (batch.labels != IGNORE_LABEL).any(-1).cpu().numpy()
    has_verdict = has_answer if task.rules is None else np.ones_like(has_answer)
    return Table(**stacked, answers=answers.cpu().numpy().astype(dtype), has_answer=has_answer, has_verdict=has_verdict)


def concatenate(tables: list[Table]) -> Table:
    """The rows of several tables, in order."""
    return Table(**{key: np.concatenate([getattr(t, key) for t in tables]) for key in Table.__dataclass_fields__})


def summarize(table: Table) -> dict[str, Any]:
    """The figures of ``results.json``. Accuracies are shares of 1 with 95 % Wilson intervals, of the puzzles of which
    they are known: ``solved`` of those with rules or an answer, the rest of the ``with_answer``; None of no puzzle.

    ``segments`` has a row for 1, 2, 4 ... and the last; ``halting`` is what stopping when the model says so gives,
    ``certain`` what stopping at a certainty of ``CERTAIN`` does, and ``calibration`` what its certainty is worth when
    it says so.
    """
    N, M = table.exact.shape
    shown = sorted({m for m in SHOWN_SEGMENTS if m < M} | {M})
    rows = np.arange(N)
    at = table.halts_at
    return {
        "puzzles": N,
        "with_answer": int(table.has_answer.sum()),
        "with_verdict": int(table.has_verdict.sum()),
        "max_segments": M,
        **_figures(table, rows, np.full(N, M)),
        "segments": [{"segments": m, **_figures(table, rows, np.full(N, m))} for m in shown],
        "halting": _stopped(table, at),
        "certain": {"q_threshold": CERTAIN, **_stopped(table, table.certain_at)},
        "calibration": _calibration(table, at),
    }


def _calibration(table: Table, at: NDArray[np.int64]) -> dict[str, Any] | None:
    known = np.flatnonzero(table.has_answer)
    where = known, at[known] - 1
    return calibration(table.certainty[where], table.exact[where]) if known.size else None


def not_counted(results: Mapping[str, Any]) -> str | None:
    """A line on the puzzles of ``results.json`` whose answer nobody knows; None where there are none."""
    num = results["puzzles"]
    answered, judged = results.get("with_answer", num), results.get("with_verdict", num)
    if not judged:
        return f"none of the {num:,} puzzles has a known answer: what is solved was not measured"
    if answered == num:
        return None
    counts = "count by the rules alone" if judged == num else "are not counted"
    return f"{num - answered:,} of {num:,} puzzles have no known answer and {counts}"


def labelled_rows(results: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The rows of ``results.json`` for a person: after how many segments, and when each puzzle stops by itself. Files
    written before there was a row lack it."""
    rows = [(str(row["segments"]), row) for row in results.get("segments", [])]
    for key in ("halting", "certain"):
        if row := results.get(key):
            what = "it halts" if key == "halting" else f"{percent(row['q_threshold'])} certain"
            rows.append((f"until {what}: {row['mean_segments']:.1f}", row))
    return rows


def _stopped(table: Table, at: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "mean_segments": float(at.mean()),
        "p95_segments": float(np.quantile(at, 0.95)),
        **_figures(table, np.arange(len(at)), at),
    }


def _figures(table: Table, rows: NDArray[np.int64], segments: NDArray[np.int64]) -> dict[str, Any]:
    where = rows, segments - 1
    cells = table.cells[where][table.has_answer]
    return {
        **share_of("solved", table.solved[where][table.has_verdict]),
        **share_of("exact", table.exact[where][table.has_answer]),
        "cells": float(cells.mean()) if cells.size else None,
    }


def share_of(name: str, outcomes: NDArray[np.bool_]) -> dict[str, Any]:
    """``{"solved": 0.9, "solved_95": [0.6, 1.0]}`` of outcomes (N,); None for both where there are none."""
    num, successes = len(outcomes), int(outcomes.sum())
    interval = list(wilson_interval(successes, num)) if num else None
    return {name: successes / num if num else None, f"{name}_95": interval}

"""A verdict on a run, in words and with the numbers it rests on: has it learned anything, and is it any good?"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hrm.evaluation.baselines import Baseline, baselines, held_out
from hrm.evaluation.table import Table
from hrm.intervals import mean_interval, percent, wilson_interval, with_interval
from hrm.tasks.base import Task
from hrm.tasks.findings import FEWEST

VerdictKind = Literal["too few", "copies", "nothing learned", "memorised", "good", "still improving", "in part"]

GOOD = 0.9
"""Share of held-out puzzles that a good run solves, by the lower end of its interval. A word's threshold, by hand."""

COPIED = 0.99
"""Share of cells that a model which copies leaves as they are. By hand."""

GAP = 0.2
"""How far training is above the held-out puzzles, beyond both intervals, where a run has memorised. By hand."""

GAIN = 0.02
"""What a run must have gained from the third to the last quarter of its reports to be still improving. By hand."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Grounds of a verdict: N held-out puzzles after the last segment, and the run that led there."""

    solved: NDArray[np.bool_]  # (N,) by the rules, or equal to the label where there are none
    cells: NDArray[np.float64]  # (N,) share of labelled cells right
    copied: float  # share of all cells whose answer is the input
    trivial: Sequence[Baseline]
    num_train: int | None = None  # puzzles that were trained on; None: not known, or more than FEWEST
    reports: Sequence[Mapping[str, Any]] = ()  # lines of metrics.jsonl; none for a model without its run


def gather(task: Task, table: Table, reports: Sequence[Mapping[str, Any]] = ()) -> Evidence:
    """The evidence in a table of the first N held-out puzzles of ``task``, of those with an answer, and in the lines of
    ``metrics.jsonl``."""
    inputs, labels = held_out(task, len(table.solved))
    known = np.flatnonzero(table.has_answer)
    return Evidence(
        solved=table.solved[known, -1],
        cells=table.cells[known, -1],
        copied=float((table.answers == inputs).mean()),
        trivial=[one.take(known) for one in baselines(inputs, labels, task.spec.vocab_size)],
        num_train=reports[-1].get("num_train") if reports else None,
        reports=reports,
    )


@dataclass(frozen=True)
class Verdict:
    """A judgement and its reasons."""

    kind: VerdictKind
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind}: {'; '.join(self.reasons)}"

    def figures(self) -> dict[str, Any]:
        """JSON values: ``verdict`` in ``results.json``."""
        return {"kind": self.kind, "reasons": list(self.reasons)}


def judge(evidence: Evidence) -> Verdict:
    """The first judgement that holds, from "nothing can be said" to "good"."""
    num, few = len(evidence.solved), evidence.num_train
    if num < FEWEST or (few is not None and few < FEWEST):
        known = "" if few is None else f"{few:,} puzzles to train on, "
        return Verdict("too few", (f"{known}{num:,} held out: of fewer than {FEWEST} nothing can be said",))
    solved = float(evidence.solved.mean())
    interval = wilson_interval(int(evidence.solved.sum()), num)
    score = f"{with_interval(solved, interval)} of {num:,} held-out puzzles solved"
    best = max(evidence.trivial, key=lambda baseline: float(baseline.cells.mean()))
    ours, theirs = percent(float(evidence.cells.mean())), percent(float(best.cells.mean()))
    cells = f"{ours} of their cells right, {best.name} gives {theirs}"
    if evidence.copied >= COPIED and interval[0] < GOOD:
        return Verdict(
            "copies", (f"{percent(evidence.copied)} of the answers' cells are those of the input", score, cells)
        )
    if not _is_above(evidence, best):
        return Verdict("nothing learned", (score, cells))
    training, gain = _training(evidence.reports), _gain(evidence.reports)
    if training is not None and training - interval[1] > GAP:
        return Verdict("memorised", (f"{percent(training)} of training puzzles solved", score, cells))
    if interval[0] >= GOOD:
        return Verdict("good", (score, cells))
    if gain is not None and gain > GAIN:
        return Verdict(
            "still improving", (score, cells, f"{100 * gain:.1f} points more in the last quarter of training")
        )
    return Verdict("in part", (score, cells))


def _is_above(evidence: Evidence, best: Baseline) -> bool:
    """True where the model is beyond doubt better than the best trivial answer, in cells or in whole puzzles."""
    return any(
        mean_interval(list(ours.astype(float) - theirs.astype(float)))[0] > 0
        for ours, theirs in ((evidence.cells, best.cells), (evidence.solved, best.exact))
    )


def _quarters(reports: Sequence[Mapping[str, Any]], key: str) -> tuple[float, float] | None:
    """Means of ``key`` over the third and the last quarter of the reports; None where there are too few."""
    values = [float(r[key]) for r in reports if r.get(key) is not None]
    size = len(values) // 4
    if not size:
        return None
    return statistics.fmean(values[-2 * size : -size]), statistics.fmean(values[-size:])


def _training(reports: Sequence[Mapping[str, Any]]) -> float | None:
    """Share of the puzzles that left their slots solved, lately."""
    found = _quarters(reports, "exact_accuracy")
    return None if found is None else found[1]


def _gain(reports: Sequence[Mapping[str, Any]]) -> float | None:
    """The gain of the last quarter over the one before: in puzzles solved or, where none is yet, in cells."""
    gains = [
        after - before
        for key in ("exact_accuracy", "cell_accuracy")
        if (found := _quarters(reports, key)) is not None
        for before, after in [found]
    ]
    return max(gains, default=None)

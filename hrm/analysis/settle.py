"""Rest or wandering: whether the state stops moving, and what that says of the answer.

Failures are said to sit at wrong fixed points (arXiv 2601.10679), or never to settle at all: the table of settled
against solved tells them apart. A fixed point that is the solution is one that a model stays at when it begins there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hrm.analysis.subject import Finding, Subject, distance, mean_of, said, watched
from hrm.errors import InputError
from hrm.intervals import wilson_interval, with_interval
from hrm.models.base import Carry
from hrm.types import Batch

AT_REST = 0.05
"""Drift below which a state counts as settled; chosen by hand. The figure shows all of it."""
LATE = 4
"""Last segments whose mean drift decides; chosen by hand."""
STARTS = 8
"""Random first states of each puzzle whose ends are compared; chosen by hand."""
MOST_STARTED = 64
"""Puzzles that are started so often."""


class Ends:
    """The ends of N puzzles: drift of every segment (N, M), and whether the answer was right then."""

    def __init__(self, subject: Subject, batch: Batch, carry: Carry | None = None) -> None:
        model, segments, dtype = subject.model, subject.segments, subject.runtime.dtype
        before = (model.initial_carry(len(batch.inputs), dtype) if carry is None else carry)[0]
        drift, exact = [], []
        for segment in watched(model, batch, segments, dtype, carry):
            drift.append(distance(before, segment.carry[0]))
            exact.append(subject.solved(batch, segment.prediction.logits))
            before = segment.carry[0]
        self.answers = segment.prediction.logits.argmax(-1).cpu().numpy()
        self.drift, self.exact = np.stack(drift, axis=1), np.stack(exact, axis=1)


def look_at_settling(subject: Subject) -> Finding:
    """Drift against being solved; the solution as a fixed point; a single empty cell; ends of random starts."""
    model = subject.model
    if not model.keeps_state:
        raise InputError(f"settle: {subject.name} begins every segment from the puzzle alone: nothing settles")
    ends = [Ends(subject, batch) for batch in subject.batches()]
    drift, exact = (np.concatenate([getattr(end, name) for end in ends]) for name in ("drift", "exact"))
    late, solved = drift[:, -LATE:].mean(1), exact[:, -1]
    figures: dict[str, Any] = {
        "drift": {"solved": mean_of(late[solved]), "failed": mean_of(late[~solved])},
        "table": _table(late < AT_REST, solved),
        "at_rest": AT_REST,
        "auc": area_under_curve(late[~solved], late[solved]),
        "from_the_solution": _from_the_solution(subject),
        "one_empty_cell": _one_empty_cell(subject),
    }
    if not model.guesses:
        figures["ends_of_random_starts"] = _random_starts(subject)

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        steps = np.arange(1, drift.shape[1] + 1)
        for index, (label, rows) in enumerate((("solved", drift[solved]), ("failed", drift[~solved]))):
            if len(rows):
                low, middle, high = np.quantile(rows, (0.25, 0.5, 0.75), axis=0)
                left.plot(steps, middle, color=f"C{index}", label=f"{label} ({len(rows)}): median, quartiles")
                left.fill_between(steps, low, high, color=f"C{index}", alpha=0.2, linewidth=0)
        left.axhline(AT_REST, color="grey", linewidth=0.8, linestyle="--")
        left.set(xlabel="segments", ylabel="drift, share of the state", yscale="log")
        left.legend(fontsize="small", frameon=False)
        bins = np.geomspace(max(late.min(), 1e-4), max(late.max(), 1e-3) * 1.01, 30)
        right.hist([late[solved], late[~solved]], bins=bins, color=["C0", "C1"], label=["solved", "failed"])
        right.set(xlabel=f"drift, mean of the last {LATE} segments", ylabel="puzzles", xscale="log")

    return Finding("settle", "Rest or wandering", figures, _sentence(figures), draw)


def area_under_curve(higher: NDArray[np.float64], lower: NDArray[np.float64]) -> float | None:
    """Probability that one drawn from ``higher`` is above one from ``lower`` (AUC); None where either is empty."""
    if not len(higher) or not len(lower):
        return None
    above = (higher[:, None] > lower[None]).mean() + 0.5 * (higher[:, None] == lower[None]).mean()
    return float(above)


def _table(settled: NDArray[np.bool_], solved: NDArray[np.bool_]) -> list[dict[str, Any]]:
    rows = []
    for is_settled in (True, False):
        for is_solved in (True, False):
            count = int(((settled == is_settled) & (solved == is_solved)).sum())
            share = {"share": count / len(solved), "share_95": list(wilson_interval(count, len(solved)))}
            rows.append({"settled": is_settled, "solved": is_solved, "puzzles": count, **share})
    return rows


def _share(hits: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "puzzles": len(hits),
        "share": float(hits.mean()),
        "share_95": list(wilson_interval(int(hits.sum()), len(hits))),
    }


def _from_the_solution(subject: Subject) -> dict[str, Any]:
    """Puzzles that still have their solution after all segments when the state begins there."""
    stays = []
    for batch in subject.batches():
        start = subject.model.initial_carry(len(batch.inputs), subject.runtime.dtype)
        carry = subject.model.carry_at(start, batch._replace(inputs=batch.labels.clamp(min=0)))
        stays.append(Ends(subject, batch, carry).exact[:, -1])
    return _share(np.concatenate(stays))


def _one_empty_cell(subject: Subject) -> dict[str, Any]:
    """Puzzles solved of which all cells but one are given: the last open one."""
    found = []
    for batch in subject.batches():
        is_open = (batch.inputs != batch.labels) & (batch.labels >= 0)
        last = is_open.shape[1] - 1 - is_open.flip(1).to(torch.int64).argmax(1)
        inputs = torch.where(batch.labels >= 0, batch.labels, batch.inputs)
        inputs[torch.arange(len(inputs)), last] = batch.inputs[torch.arange(len(inputs)), last]
        easy = batch._replace(inputs=inputs)
        found.append(Ends(subject, easy).exact[:, -1])
    return _share(np.concatenate(found))


def _random_starts(subject: Subject) -> dict[str, Any]:
    """Different answers that random first states of one puzzle end at: their number, and how often they are right."""
    batch = Batch(*(part[:MOST_STARTED] for part in subject.batch))
    rng, answers, right = np.random.default_rng(subject.seed), [], []
    for _ in range(STARTS):
        carry = subject.model.drawn_start(subject.model.initial_carry(len(batch.inputs), subject.runtime.dtype), rng)
        end = Ends(subject, batch, carry)
        answers.append(end.answers)
        right.append(end.exact[:, -1])
    ends = [len({answer.tobytes() for answer in rows}) for rows in np.stack(answers, axis=1)]
    different = np.array(ends, dtype=float)
    return {"starts": STARTS, "different": mean_of(different), "right": mean_of(np.stack(right).mean(0))}


def _sentence(figures: dict[str, Any]) -> str:
    cells = {(row["settled"], row["solved"]): row["puzzles"] for row in figures["table"]}
    failed, solved = cells[True, False] + cells[False, False], cells[True, True] + cells[False, True]
    told = [f"of {solved} solved puzzles {cells[True, True]} settle (drift below {figures['at_rest']})"]
    if failed:
        low, high = wilson_interval(cells[True, False], failed)
        most = ": most sit still at a wrong answer" if low > 0.5 else ": most never settle" if high < 0.5 else ""
        told.append(f"of {failed} failed ones {cells[True, False]} do{most}")
    if figures["auc"] is not None:
        told.append(f"drift tells failed from solved with AUC {figures['auc']:.2f}")
    stays, one = figures["from_the_solution"], figures["one_empty_cell"]
    told.append(f"begun at the solution, {with_interval(stays['share'], stays['share_95'])} stay there")
    told.append(f"with one empty cell {with_interval(one['share'], one['share_95'])} are solved")
    if (starts := figures.get("ends_of_random_starts")) is not None:
        told.append(f"{starts['starts']} random starts end at {said(starts['different'])} different answers")
    return "; ".join(told) + "."

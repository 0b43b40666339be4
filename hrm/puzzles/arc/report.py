"""The report that the votes on all test inputs give: figures, tables, the submission and a picture per task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hrm.intervals import percent, wilson_interval, with_interval
from hrm.puzzles.arc.board import draw_row
from hrm.puzzles.arc.files import ArcTask
from hrm.puzzles.arc.picture import Panel, draw_picture
from hrm.puzzles.arc.votes import PASS_AT, Ballot, pass_at, submission
from hrm.puzzles.base import Scores, ScoreTable

VOTE_COUNTS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Numbers of variants that are voted over, beside all of them; chosen by hand, as 1, 2, 5 go on."""

ATTEMPTS = 2
"""Attempts that the ARC prize allows, and a picture shows."""

MOST_DRAWN = 3
"""Tasks whose attempts are drawn on the screen: what fits there. Pictures are made of all."""

ALL, MEAN = "all_test_inputs", "mean_over_test_inputs"

SCORINGS = {
    ALL: "a task counts when all its test inputs are solved (HRM's notebook)",
    MEAN: "a task counts as the share of its test inputs that is solved (TRM's evaluator, Kaggle)",
}


class Polled(NamedTuple):
    """An evaluation task and the votes on each of its test inputs."""

    task: ArcTask
    ballots: Sequence[Ballot]


def report(polled: Sequence[Polled], notes: Mapping[str, Any]) -> Scores:
    """Scores over the tasks whose answers are known; a submission and pictures for all. ``notes`` join the figures."""
    known = [p for p in polled if all(pair.output is not None for pair in p.task.tests)]
    votes = max((len(ballot) for p in polled for ballot in p.ballots), default=0)
    figures: dict[str, Any] = {
        "tasks": len(known),
        "test_inputs": sum(len(p.ballots) for p in known),
        "votes": votes,
        "without_answers": len(polled) - len(known),
        **notes,
    }
    tables: tuple[ScoreTable, ...] = ()
    if known:
        counts = [*(count for count in VOTE_COUNTS if count < votes), votes]
        by_votes = [{"votes": count, **_passes(known, count)} for count in counts]
        figures |= {"scorings": SCORINGS, **_passes(known, votes), "by_votes": by_votes}
        tables = (_attempts_table(figures), _votes_table(figures))
    return Scores(figures=figures, tables=tables, drawings=tuple(_drawings(polled)), files=_files(polled))


def _passes(known: Sequence[Polled], first: int) -> dict[str, dict[str, float]]:
    """pass@k in both scorings when the ``first`` votes count."""
    ranks = {
        p.task.name: [
            ballot.rank_of(pair.output, first)
            for ballot, pair in zip(p.ballots, p.task.tests, strict=True)
            if pair.output is not None
        ]
        for p in known
    }
    passes = {f"pass@{k}": pass_at(ranks, k) for k in PASS_AT}
    return {scoring: {name: getattr(shares, scoring) for name, shares in passes.items()} for scoring in SCORINGS}


def _cells(all_inputs: float, mean: float, tasks: int) -> tuple[str, str]:
    """A share of whole tasks has an interval; a mean of shares is no count."""
    return with_interval(all_inputs, wilson_interval(round(all_inputs * tasks), tasks)), percent(mean)


def _attempts_table(figures: Mapping[str, Any]) -> ScoreTable:
    title = f"{figures['tasks']} tasks, {figures['test_inputs']} test inputs, up to {figures['votes']:,} votes on each"
    if figures.get("too_large"):
        title += f"; {len(figures['too_large'])} more tasks are too large for the canvas and not counted"
    rows = tuple(
        (f"pass@{k}", *_cells(figures[ALL][f"pass@{k}"], figures[MEAN][f"pass@{k}"], figures["tasks"])) for k in PASS_AT
    )
    return ScoreTable(title, ("attempts", "tasks, all test inputs [95 %]", "mean over test inputs"), rows)


def _votes_table(figures: Mapping[str, Any]) -> ScoreTable:
    rows = tuple(
        (f"{row['votes']:,}", *_cells(row[ALL]["pass@2"], row[MEAN]["pass@2"], figures["tasks"]))
        for row in figures["by_votes"]
    )
    headings = ("augmentations", "tasks, all test inputs [95 %]", "mean over test inputs")
    return ScoreTable("pass@2 by the number of augmentations voted over", headings, rows)


def _files(polled: Sequence[Polled]) -> Iterator[tuple[str, bytes]]:
    """``submission.json``, then a picture per task, made as they are asked for."""
    best = {p.task.name: [[c.grid for c in ballot.choices(ATTEMPTS)] for ballot in p.ballots] for p in polled}
    yield "submission.json", json.dumps(submission(best)).encode()
    for p in polled:
        yield f"pictures/{p.task.name}.svg", draw_picture(*_picture(p)).encode()


def _drawings(polled: Sequence[Polled]) -> Iterator[str]:
    for p in polled[:MOST_DRAWN]:
        title, rows = _picture(p)
        drawn = [draw_row([(panel.caption, panel.grid) for panel in row]) for row in rows]
        yield "\n".join([title, *drawn])


def _picture(polled: Polled) -> tuple[str, list[list[Panel]]]:
    rows, num_solved = [], 0
    for ballot, pair in zip(polled.ballots, polled.task.tests, strict=True):
        panels = [Panel("input", pair.input)]
        rank = None
        if pair.output is not None:
            panels.append(Panel("answer", pair.output))
            rank = ballot.rank_of(pair.output)
        for number, choice in enumerate(ballot.choices(ATTEMPTS), start=1):
            caption = f"attempt {number}: {choice.votes} of {len(ballot)} votes"
            panels.append(Panel(caption + (", right" if rank == number - 1 else ""), choice.grid))
        num_solved += rank is not None and rank < ATTEMPTS
        rows.append(panels)
    is_known = all(pair.output is not None for pair in polled.task.tests)
    outcome = f": {num_solved} of {len(rows)} test inputs solved in {ATTEMPTS} attempts" if is_known else ""
    return polled.task.name + outcome, rows

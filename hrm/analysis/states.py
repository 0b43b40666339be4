"""The movement of the states: forward residuals of every level, trajectories, answers that each level would give.

arXiv 2506.21734, figures 3 and 7. A residual is ``||z_i - z_(i-1)|| / ||z_i||`` from one update of a level to its next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from hrm.analysis.subject import Finding, Subject, band, distance, mean_of, said, watched
from hrm.errors import InputError
from hrm.models.base import Reasoner
from hrm.nn.block import Level
from hrm.types import IGNORE_LABEL, Batch

FEWEST_SEGMENTS = 2
SHOWN_PUZZLES = 3
"""Puzzles whose trajectories are drawn; more cover each other."""


class Course(NamedTuple):
    """The course of N puzzles over M segments of U updates each."""

    residual: NDArray[np.float64]  # (N, M, U) NaN at the first update of a level: before it there was none
    changed: NDArray[np.float64]  # (N, M, U) cells that the level would answer otherwise than at its update before
    right: NDArray[np.float64]  # (N, M, U) share of the labelled cells that it would answer rightly
    became_right: NDArray[np.float64]  # (N, M, U) cells
    became_wrong: NDArray[np.float64]  # (N, M, U) cells


def course_of(model: Reasoner, subject: Subject) -> Course:
    """The effect of every update of every segment on every puzzle."""
    measured = [list(_updates_of(model, batch, subject)) for batch in subject.batches()]
    U = len(model.update_names)
    joined = [np.concatenate([rows[i] for rows in measured], axis=1) for i in range(len(measured[0]))]  # (5, N) each
    stacked = np.stack(joined, axis=-1)  # (5, N, M * U)
    return Course(*stacked.reshape(5, stacked.shape[1], -1, U))


def _updates_of(model: Reasoner, batch: Batch, subject: Subject) -> Iterator[NDArray[np.float64]]:
    """(5, B) for every update of every segment."""
    before: dict[str, Any] = {}
    labelled = batch.labels != IGNORE_LABEL
    for segment in watched(model, batch, subject.segments, subject.runtime.dtype):
        for name, state in segment.updates:
            with torch.inference_mode():
                answer = model.read(state).argmax(-1)
            right = (answer == batch.labels) & labelled
            last_state, last_answer, last_right = before.get(name, (None, batch.inputs, batch.inputs == batch.labels))
            moved = np.full(len(answer), np.nan) if last_state is None else distance(last_state, state)
            counts = (
                (answer != last_answer).sum(-1),
                right.sum(-1) / labelled.sum(-1).clamp(min=1),
                (right & ~last_right).sum(-1),
                (~right & last_right & labelled).sum(-1),
            )
            yield np.stack([moved, *(count.double().cpu().numpy() for count in counts)])
            before[name] = (state, answer, right)


def trajectories(subject: Subject) -> dict[str, NDArray[np.float64]]:
    """Level -> the states of the first puzzles after every update of it, on their own two principal components:
    (puzzles, updates, 2), as shares of the variance that all components have."""
    num = min(SHOWN_PUZZLES, len(subject.batch.inputs))
    batch = Batch(*(part[:num] for part in subject.batch))
    found: dict[str, list[NDArray[np.float64]]] = {}
    for segment in watched(subject.model, batch, subject.segments, subject.runtime.dtype):
        for name, state in segment.updates:
            found.setdefault(name, []).append(state.double().flatten(1).cpu().numpy())
    return {name: np.stack([components(path) for path in np.stack(states, axis=1)]) for name, states in found.items()}


def components(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """(updates, 2): points (updates, dimensions) on their two principal components, in units of the path's spread."""
    centred = path - path.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    scores = np.zeros((len(path), 2))
    kept = min(2, len(sizes))
    scores[:, :kept] = left[:, :kept] * sizes[:kept]
    spread = float(np.sqrt((sizes**2).sum()))
    return scores / spread if spread > 0 else scores


def look_at_states(subject: Subject) -> Finding:
    """Residuals, intermediate answers and trajectories of a model."""
    levels = subject.levels
    if subject.segments < FEWEST_SEGMENTS:
        raise InputError(f"states: residuals are from segment to segment; give at least {FEWEST_SEGMENTS} (--segments)")
    course, names = course_of(subject.model, subject), list(subject.model.update_names)
    rows = rows_of(course, names)
    spikes = {level: mean_of(_spike(course, names, level)) for level in levels}
    settled = {level: mean_of(_late_over_early(course, names, level)) for level in levels}
    figures = {"updates": rows, "first_over_last_in_a_round": spikes, "last_segment_over_second": settled}
    beside = {name: _residuals(model, subject) for name, model in subject.beside}
    if beside:
        figures["beside"] = beside
    paths = trajectories(subject)

    def draw(figure: Any) -> None:
        panels = figure.subplots(2, 2)
        for index, level in enumerate(levels):
            mine = [row for row in rows if row["level"] == level]
            x = [row["segment"] - 1 + row["update"] / len(names) for row in mine]
            style = {"color": f"C{index}", "label": level, "marker": "os"[index % 2], "markersize": 3}
            for axes, field in ((panels[0, 0], "residual"), (panels[0, 1], "right"), (panels[1, 0], "changed")):
                band(axes, x, [row[field] for row in mine], **style)
        for number, (name, others) in enumerate(beside.items()):
            for level in dict.fromkeys(row["level"] for row in others):
                mine = [row for row in others if row["level"] == level]
                style = {"color": f"C{len(levels) + number}", "label": f"{name}, {level}", "linestyle": "--"}
                band(panels[0, 0], [row["at"] for row in mine], [row["residual"] for row in mine], **style)
        panels[0, 0].set(yscale="log", ylabel="residual, share of the state")
        panels[0, 1].set(ylabel="right cells, share of labelled")
        panels[1, 0].set(ylabel="changed cells")
        for axes in (panels[0, 0], panels[0, 1], panels[1, 0]):
            axes.set_xlabel("segments")
            axes.grid(alpha=0.3)
        panels[0, 0].legend(fontsize="small", frameon=False)
        level = levels[-1]
        for number, path in enumerate(paths[level]):
            panels[1, 1].plot(*path.T, color=f"C{number + 2}", linewidth=0.8, marker=".", markersize=3)
            panels[1, 1].plot(*path[-1], color=f"C{number + 2}", marker="*", markersize=9)
        panels[1, 1].set(xlabel=f"first component of {level}", ylabel="second; star: the end")

    return Finding("states", "Movement of the states", figures, _sentence(course, names, levels, spikes, settled), draw)


def rows_of(course: Course, names: list[str]) -> list[dict[str, Any]]:
    """A row of means for every update of every segment."""
    return [
        {
            "segment": segment + 1,
            "update": update + 1,
            "level": names[update],
            **{field: mean_of(getattr(course, field)[:, segment, update]) for field in Course._fields},
        }
        for segment in range(course.residual.shape[1])
        for update in range(len(names))
    ]


def _residuals(model: Reasoner, subject: Subject) -> list[dict[str, Any]]:
    """The residuals of another model: ``at`` so many segments, of each level; of a plain stack of blocks from block to
    block, its one pass stretched over all segments."""
    if not model.keeps_state:
        moved = np.concatenate([_through_blocks(model, batch, subject) for batch in subject.batches()], axis=1)
        ats = np.linspace(0, subject.segments, len(moved))
        return [
            {"level": "blocks", "at": float(at), "residual": mean_of(row)} for at, row in zip(ats, moved, strict=True)
        ]
    names = list(model.update_names)
    return [
        {
            "level": row["level"],
            "at": row["segment"] - 1 + row["update"] / len(names),
            "residual": row["residual"],
        }
        for row in rows_of(course_of(model, subject), names)
    ]


def _through_blocks(model: Reasoner, batch: Batch, subject: Subject) -> NDArray[np.float64]:
    """(blocks - 1, B): how far each block of a plain stack moves what the one before it made."""
    states: list[torch.Tensor] = []
    blocks = [block for level in model.modules() if isinstance(level, Level) for block in level.blocks]
    if len(blocks) < 2:
        raise InputError("--beside: a stack of a single block has no residual from block to block")
    with ExitStack() as hooks:
        for block in blocks:
            hooks.enter_context(block.register_forward_hook(lambda module, args, out: states.append(out)))
        for _ in watched(model, batch, 1, subject.runtime.dtype):
            pass
    return np.stack([distance(before, after) for before, after in pairwise(states)])


def _spike(course: Course, names: list[str], level: str) -> NDArray[np.float64]:
    """(N,) how much further a level moves at its first update of a round than at its last one: 1 where it has one."""
    runs: list[list[int]] = []  # updates of the level that follow one another
    for update, name in enumerate(names):
        if name == level:
            if update and names[update - 1] == level:
                runs[-1].append(update)
            else:
                runs.append([update])
    later = course.residual[:, 1:] if course.residual.shape[1] > 1 else course.residual
    first, last = (later[:, :, [run[end] for run in runs]].mean((1, 2)) for end in (0, -1))
    return np.asarray(first / np.maximum(last, 1e-12))


def _late_over_early(course: Course, names: list[str], level: str) -> NDArray[np.float64]:
    """(N,) how far a level moves in the last segment, as a share of that in the second (the first has no start)."""
    mine = course.residual[:, :, [update for update, name in enumerate(names) if name == level]].mean(-1)  # (N, M)
    return np.asarray(mine[:, -1] / np.maximum(mine[:, min(1, mine.shape[1] - 1)], 1e-12))


def _sentence(
    course: Course, names: list[str], levels: list[str], spikes: dict[str, Any], settled: dict[str, Any]
) -> str:
    told = []
    for level in levels:
        low, high = settled[level]["mean_95"]
        verb = "comes to rest" if high < 0.5 else "keeps moving" if low > 0.5 else "slows down"
        told.append(f"{level} {verb}: its last segment moves it {said(settled[level])} times as far as its second")
        if spikes[level]["mean_95"][0] > 1:
            told.append(f"its first update of a round moves {level} {said(spikes[level])} times as far as its last")
    last = course.right[:, -1, :]
    ends = {level: float(last[:, max(i for i, n in enumerate(names) if n == level)].mean()) for level in levels}
    told.append("right cells at the end: " + ", ".join(f"{level} {share:.1%}" for level, share in ends.items()))
    return "; ".join(told) + "."

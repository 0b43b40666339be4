"""Votes on the ARC tasks of a published folder: its augmented tasks are variants, told by their names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.arc.canvas import FIRST_COLOUR, answer_shapes, grid_on
from hrm.puzzles.arc.files import ArcTask, Pair
from hrm.puzzles.arc.grids import Grid
from hrm.puzzles.arc.report import Polled
from hrm.puzzles.arc.variants import read_variant_name, undo
from hrm.puzzles.arc.votes import Ballot
from hrm.tasks.published.folder import StoredSplit


def poll(
    stored: StoredSplit, names: Sequence[str], answers: NDArray[np.integer], certainty: NDArray[np.float64]
) -> list[Polled]:
    """The votes on every test input whose first variants have an answer among the first N rows of ``stored``.

    Row number i of a puzzle is about test input number i of its task. answers (N, S), certainty (N,): probabilities.
    """
    N, canvas = len(answers), round(answers.shape[1] ** 0.5)
    pairs: dict[str, list[Pair]] = {}
    ballots: dict[str, list[Ballot]] = {}
    shapes = answer_shapes(answers, canvas) if N else np.zeros((0, 2), dtype=np.int64)
    for puzzle, start in enumerate(stored.puzzle_starts[:-1]):
        end = min(int(stored.puzzle_starts[puzzle + 1]), N)
        if start >= end:
            break
        task, which, colours = read_variant_name(names[stored.puzzle_ids[puzzle]])
        rows = stored.read(np.arange(start, end))

        def back(grid: NDArray[np.integer], which: int = which, colours: NDArray[np.uint8] = colours) -> Grid:
            return undo(grid.astype(np.uint8), which, colours)

        for index, row in enumerate(range(start, end)):
            if index == len(pairs.setdefault(task, [])):
                label = grid_on(rows.labels[index], canvas)
                pairs[task].append(Pair(back(grid_on(rows.inputs[index], canvas)), back(label) if label.size else None))
                ballots.setdefault(task, []).append(Ballot())
            height, width = shapes[row]
            grid = answers[row].reshape(canvas, canvas)[:height, :width] - FIRST_COLOUR
            ballots[task][index].add(back(grid), float(certainty[row]))
    return [Polled(ArcTask(task, str(stored.path), (), tuple(tests)), ballots[task]) for task, tests in pairs.items()]

"""Mazes as a task: from files or from the generators, encoded and augmented (puzzles/maze/).

The encoding is that of Maze-Hard (arXiv 2506.21734 and its data builder): S = 900 cells for 30 x 30, tokens pad 0 and
``# SGo`` 1 to 5. The label is the maze with one shortest path drawn in ``o``.

*Which* of several shortest paths a label shows matters: only a rule can be learnt to the letter. Labels of generated
mazes take the first one in the order up, left, right, down, compared step by step from the start. That order does not
turn with the maze, so where augmentation turns a maze its label is drawn anew by the same rule: a label that turned
with it would contradict the rule. Labels of files are as they are, and turn with their maze.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.base import Render, Scores
from hrm.puzzles.examples import Examples
from hrm.puzzles.maze.board import draw_board
from hrm.puzzles.maze.files import read_csv
from hrm.puzzles.maze.generator import SMALLEST, MazeKind, generate
from hrm.puzzles.maze.paths import draw_paths, steps_to_goals
from hrm.puzzles.maze.rules import MazeRules, path_lengths
from hrm.puzzles.maze.scores import score
from hrm.puzzles.maze.symmetry import MazeSymmetries, is_held_out_grid, wall_hashes
from hrm.puzzles.maze.text import MazeText
from hrm.puzzles.maze.tokens import ANSWERS, SYMBOLS, WALL, statement
from hrm.puzzles.symmetry import NUM_MOVES
from hrm.tasks.examples import Tokens
from hrm.tasks.generated import generated
from hrm.tasks.seeds import Stream, states
from hrm.tasks.sources import SourceConfig, SourceTask
from hrm.types import TaskSpec

LARGEST = 1000
"""Side of a maze; chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class MazeConfig(SourceConfig):
    """Mazes to train and evaluate on."""

    name: ClassVar[str] = "maze"

    size: int = 30
    """Rows and columns of the maze: at least 5."""
    kind: MazeKind = "hard"
    """Generated mazes: random walls, or perfect (exactly one path between any two cells)."""
    longer_than: int | None = None
    """Generated mazes have shortest paths of more steps. None: what suits the size (hard 30x30: 110; perfect: size)."""
    walls: tuple[float, float] = (0.3, 0.5)
    """Least and greatest share of cells that are walls before start and goal are chosen (hard mazes)."""
    ties: Literal["first", "random"] = "first"
    """Shortest path that the label of a generated maze shows: the first in the order up, left, right, down, or any."""
    augment: bool | None = None
    """Training mazes are turned and mirrored at random. None: generated ones only (Maze-Hard is published without)."""

    def build(self) -> Maze:
        """The task. Reads and generates nothing yet. Raises ``InputError`` for settings that cannot work."""
        return Maze(self)


class Maze(SourceTask):
    """The task. Mazes are read or generated when first asked for: solving a typed maze needs none."""

    def __init__(self, config: MazeConfig) -> None:
        self.config = config
        if not SMALLEST <= config.size <= LARGEST:
            raise InputError(
                f"size {config.size} is not supported: a maze has a side of at least {SMALLEST}, at most {LARGEST}"
            )
        bound = config.longer_than
        if bound is not None and not 1 <= bound < config.size**2 - 1:
            raise InputError(f"longer_than is {bound}: give a number of steps from 1 to {config.size**2 - 2}")
        if not 0 <= config.walls[0] <= config.walls[1] < 1:
            raise InputError(f"walls {config.walls}: give the least and the greatest share, from 0 to below 1")
        config.check_sources()
        self.spec = TaskSpec.of_grid((config.size, config.size), SYMBOLS, answers=ANSWERS)
        self.statement = statement(config.size)
        self.rules = MazeRules()
        self.symmetries = MazeSymmetries(config.size)
        self.text = MazeText(config.size)
        self.render: Render = draw_board
        self.augments = config.train is None if config.augment is None else config.augment

    def variant_keys(self, examples: Examples) -> Sequence[Hashable]:
        """No maze that is trained on has the walls of one that validates, turned or mirrored."""
        return wall_hashes(examples.inputs == WALL).tolist()

    def shown(self, rows: NDArray[np.int64], draws: np.random.Generator) -> tuple[Tokens, Tokens]:
        inputs, labels = self.train_examples.inputs[rows], self.train_examples.labels[rows]
        if self.augments:
            cells = self.symmetries.cells[draws.integers(NUM_MOVES, size=len(rows))]
            inputs = np.take_along_axis(inputs, cells, axis=1)
            if self.config.train is None and self.config.ties == "first":
                labels = draw_paths(inputs, np.take_along_axis(self._to_goals[rows], cells, axis=1))
            else:
                labels = np.take_along_axis(labels, cells, axis=1)
        return inputs, labels

    @cached_property
    def _to_goals(self) -> NDArray[np.int32]:
        """Distances (N, S) of the training mazes: they turn with a maze, and a label is soon drawn from them."""
        return steps_to_goals(self.train_examples.inputs)

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """Equal to the label, a path, a shortest path; and the same by length."""
        mazes = self.test_examples
        return score(mazes.inputs[: len(answers)], mazes.labels[: len(answers)], answers)

    def read(self, path: Path) -> Examples:
        return read_csv(path, self.config.size)

    def make(self, num: int, seed: int, *, is_held_out: bool) -> Examples:
        """Training and held-out mazes differ in which walls they may have."""
        config = self.config
        how: dict[str, Any] = {"kind": config.kind, "longer_than": config.longer_than, "walls": config.walls}
        (inputs,) = generated(
            lambda: (
                generate(
                    num,
                    size=config.size,
                    seed=seed,
                    accept=lambda is_open: is_held_out_grid(~is_open) == is_held_out,
                    **how,
                ),
            ),
            num,
            config.size,
            {"task": "maze", "seed": seed, "is_held_out": is_held_out, **how},
        )
        ties = states(Stream.TIES, seed, np.arange(num)) if config.ties == "random" else None
        labels = draw_paths(inputs, steps_to_goals(inputs), ties)
        return Examples.of(inputs, labels, path_lengths(inputs).astype(np.float64))

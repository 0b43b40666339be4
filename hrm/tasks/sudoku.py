"""Sudoku as a task: puzzles from files or from the generator, encoded and augmented (puzzles/sudoku/)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from hrm.errors import MOST_PUZZLES, InputError, require_from
from hrm.puzzles.base import Render, Scores
from hrm.puzzles.examples import Examples
from hrm.puzzles.indices import read_indices
from hrm.puzzles.sudoku.board import draw_board
from hrm.puzzles.sudoku.files import read_csv
from hrm.puzzles.sudoku.generator import FEWEST_GIVENS, GIVENS, generate, is_held_out_grid, reveal
from hrm.puzzles.sudoku.problems import SudokuRules
from hrm.puzzles.sudoku.ratings import by_rating
from hrm.puzzles.sudoku.rules import Layout
from hrm.puzzles.sudoku.symmetry import SudokuSymmetries
from hrm.puzzles.sudoku.text import SudokuText
from hrm.puzzles.sudoku.tokens import answers_of, decode, statement, stored, symbols_of
from hrm.tasks.base import Split
from hrm.tasks.examples import Tokens
from hrm.tasks.generated import generated
from hrm.tasks.seeds import Stream, rng
from hrm.tasks.sources import SourceConfig, SourceTask
from hrm.types import TaskSpec

MOST_COMPARED = 100_000
"""Training puzzles among which validation looks for symmetries; a file of millions has few, and would take minutes."""


@dataclass(frozen=True, kw_only=True)
class SudokuConfig(SourceConfig):
    """Puzzles to train and evaluate on."""

    name: ClassVar[str] = "sudoku"

    size: int = 9
    """Rows of the board: 4, 6 (boxes of 2 x 3), 9 or 16."""
    train_indices: Path | None = None
    """Rows of the training file to train on, numbers from 0, one a line (``hrm data info --names`` writes them),
    instead of a random subset."""
    givens: tuple[int, int] | None = None
    """Fewest (9x9: at least 22) and most givens of generated puzzles: a held-out puzzle has any number between them, a
    training puzzle is made with the fewest and shown with any, drawn anew each time. None: what suits the size,
    9x9: 30 and 45."""
    train_givens: tuple[int, int] | None = None
    """The same for training puzzles alone: harder ones teach more. None: as ``givens``."""
    easier_givens: tuple[int, int] | None = None
    """Fewest and most cells that a training puzzle of a file shows, a new number and choice of its answer each time; it
    never shows fewer than it has. None: as it is."""
    augment: bool = True
    """Every training puzzle is shown under a fresh random symmetry each time."""
    num_copies: int | None = None
    """Number of fixed augmented copies of each training puzzle beside itself (published: 1,000). None: no end of them,
    a fresh one each time."""

    def build(self) -> Sudoku:
        """The task. Reads and generates nothing yet. Raises ``InputError`` for settings that cannot work."""
        return Sudoku(self)


class Sudoku(SourceTask):
    """The task. Puzzles are read or generated when first asked for: solving a typed puzzle needs none."""

    def __init__(self, config: SudokuConfig) -> None:
        self.config = config
        self.layout = Layout(size=config.size)
        self.givens = GIVENS[config.size] if config.givens is None else config.givens
        self.train_givens = config.train_givens or self.givens
        least, easier = FEWEST_GIVENS[config.size], config.easier_givens
        ranges = [("givens", self.givens, least), ("train_givens", self.train_givens, least)]
        for field, (fewest, most), bound in [*ranges, *([("easier_givens", easier, 0)] if easier else [])]:
            if not bound <= fewest <= most <= self.layout.num_cells:
                raise InputError(
                    f"{field} ({fewest}, {most}): give the fewest and the most, "
                    f"from {bound} to {self.layout.num_cells} for size {config.size}"
                )
        if easier and config.train is None:
            raise InputError("easier_givens is for puzzles of a file: those that are generated have train_givens")
        require_from(0, MOST_PUZZLES, num_copies=config.num_copies)
        config.check_sources()
        if config.train_indices is not None and config.train is None:
            raise InputError(f"train_indices {config.train_indices}: generated puzzles are in no file; give train too")
        size = config.size
        self.spec = TaskSpec.of_grid(
            (size, size), symbols_of(size), interchangeable=tuple(range(2, size + 2)), answers=answers_of(size)
        )
        self.statement = statement(self.layout)
        self.rules = SudokuRules(self.layout)
        self.symmetries = SudokuSymmetries(self.layout)
        self.text = SudokuText(self.layout)
        self.render: Render = partial(draw_board, self.layout, self.spec.symbols)

    def load(self, split: Split) -> Examples:
        """The rows of ``train_indices``, where they are named, in place of a random subset of the training file."""
        if split == "train" and self.config.train is not None and self.config.train_indices is not None:
            puzzles = self.read(self.config.train)
            return puzzles.take(read_indices(self.config.train_indices, len(puzzles)))
        return super().load(split)

    def variant_keys(self, examples: Examples) -> Sequence[Hashable]:
        """Symmetries are looked for among at most ``MOST_COMPARED`` puzzles (a few seconds)."""
        if len(examples) > MOST_COMPARED:
            return range(len(examples))
        return self.symmetries.keys(examples.inputs, examples.labels)

    def split_validation(self, num: int) -> tuple[Self, Self]:
        """Generated puzzles show as many cells as in training."""
        rest, held = super().split_validation(num)
        if self.config.train is None:
            draws = rng(Stream.REVEALS, self.config.data_seed, 1)
            held.test_examples = _revealed(held.test_examples, self.train_givens, draws)
        return rest, held

    def shown(self, rows: NDArray[np.int64], draws: np.random.Generator) -> tuple[Tokens, Tokens]:
        puzzles, num_copies = self.train_examples, self.config.num_copies
        if num_copies is None:
            return self._augmented(puzzles.take(rows), draws, self.config.augment)
        which = draws.integers(0, num_copies + 1, size=len(rows))  # 0 is the puzzle itself
        copies = [self._copy(row, copy) for row, copy in zip(rows, which, strict=True)]
        inputs, labels = (np.concatenate(parts) for parts in zip(*copies, strict=True))
        return inputs, labels

    def _augmented(self, puzzles: Examples, draws: np.random.Generator, moves: bool) -> tuple[Tokens, Tokens]:
        """Puzzles with more cells shown (of a file: where ``easier_givens`` asks for it), and all of them, where
        ``moves``, under a symmetry: (B, S) twice."""
        givens = self.train_givens if self.config.train is None else self.config.easier_givens
        if givens is not None:
            puzzles = _revealed(puzzles, givens, draws)
        inputs, labels = puzzles.inputs.astype(np.int64), puzzles.labels.astype(np.int64)
        if moves:
            drawn = self.symmetries.draw(len(inputs), draws)
            inputs, labels = drawn.apply(inputs), drawn.apply(labels)
        return inputs, labels

    def _copy(self, row: int, copy: int) -> tuple[Tokens, Tokens]:
        """One fixed copy of a training puzzle, (1, S) twice: its cells are always those shown, its symmetry its own."""
        puzzle, seed = self.train_examples.take(slice(row, row + 1)), self.config.data_seed
        inputs, labels = self._augmented(puzzle, rng(Stream.COPIES, seed, row), moves=False)
        if copy == 0 or not self.config.augment:
            return inputs, labels
        drawn = self.symmetries.draw(1, rng(Stream.COPIES, seed, row, copy))
        return drawn.apply(inputs), drawn.apply(labels)

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """Solved by rating, where the puzzles of the file have ratings."""
        puzzles = self.test_examples
        solved = self.rules.are_solved(puzzles.inputs[: len(answers)], answers)
        return by_rating(puzzles.ratings[: len(answers)], solved)

    def read(self, path: Path) -> Examples:
        return read_csv(path, self.layout)

    def make(self, num: int, seed: int, *, is_held_out: bool) -> Examples:
        """Training puzzles have the fewest givens, batches reveal more; which solution grids there are differs, too."""
        givens = self.givens if is_held_out else self.train_givens
        questions, answers = generated(
            lambda: generate(
                num,
                size=self.config.size,
                max_givens=givens[0],
                seed=seed,
                accept=lambda grids: is_held_out_grid(grids) == is_held_out,
            ),
            num,
            self.config.size,
            {"task": "sudoku", "max_givens": givens[0], "seed": seed, "is_held_out": is_held_out},
        )
        puzzles = Examples.of(stored(questions), stored(answers))
        return _revealed(puzzles, givens, rng(Stream.REVEALS, self.config.data_seed)) if is_held_out else puzzles


def _revealed(puzzles: Examples, givens: tuple[int, int], draws: np.random.Generator) -> Examples:
    """The puzzles with more cells of their answers shown."""
    questions = reveal(decode(puzzles.inputs), decode(puzzles.labels), givens, draws)
    return replace(puzzles, inputs=stored(questions))

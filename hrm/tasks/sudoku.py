"""Sudoku as a task: puzzles from files or from the generator, encoded and augmented (puzzles/sudoku/)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hrm.errors import MOST_PUZZLES, InputError, require_from
from hrm.puzzles.base import Scores
from hrm.puzzles.indices import read_indices
from hrm.puzzles.sudoku.board import draw_board
from hrm.puzzles.sudoku.files import Puzzles, read_csv
from hrm.puzzles.sudoku.generator import FEWEST_GIVENS, GIVENS, generate, is_held_out_grid, reveal
from hrm.puzzles.sudoku.problems import SudokuRules
from hrm.puzzles.sudoku.ratings import by_rating
from hrm.puzzles.sudoku.rules import Digits, Layout
from hrm.puzzles.sudoku.symmetry import SudokuSymmetries
from hrm.puzzles.sudoku.text import SudokuText
from hrm.puzzles.sudoku.tokens import Rows, answers_of, encode, statement, symbols_of
from hrm.tasks.base import Split, StoredPuzzle
from hrm.tasks.epochs import visited
from hrm.tasks.generated import generated
from hrm.tasks.seeds import Stream, rng
from hrm.tasks.sources import SourceConfig, draw_rows
from hrm.tasks.validation import split_validation_rows
from hrm.types import Batch, TaskSpec

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
    training puzzle is made with the fewest and shown with any. None: what suits the size, 9x9: 30 and 45."""
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


class Sudoku:
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
        self.statement = statement(self.layout)
        self.rules = SudokuRules(self.layout)
        self.symmetries = SudokuSymmetries(self.layout)
        self.text = SudokuText(self.layout)

    @cached_property
    def spec(self) -> TaskSpec:
        size = self.config.size
        return TaskSpec(
            vocab_size=size + 2,
            seq_len=self.layout.num_cells,
            num_puzzles=1,
            grid_shape=(size, size),
            symbols=symbols_of(size),
            interchangeable=tuple(range(2, size + 2)),
            answers=answers_of(size),
        )

    def with_test(self, path: Path) -> Sudoku:
        """The same task with all puzzles of a CSV file as its held-out set."""
        return replace(self.config, test=path, num_test=0).build()

    @cached_property
    def train_puzzles(self) -> Puzzles:
        """The base puzzles of training. Generated ones have the fewest givens; batches reveal more cells."""
        return self._load(self.config.train, self.config.num_train, is_held_out=False)

    @cached_property
    def test_puzzles(self) -> Puzzles:
        """The held-out puzzles, as ``eval_batches`` shows them."""
        puzzles = self._load(self.config.test, self.config.num_test, is_held_out=True)
        if self.config.test is not None:
            return puzzles
        drawn = rng(Stream.REVEALS, self.config.data_seed)
        return puzzles._replace(questions=reveal(puzzles.questions, puzzles.answers, self.givens, drawn))

    def split_validation(self, num: int) -> tuple[Sudoku, Sudoku]:
        """Generated puzzles show as many cells as in training. Symmetries are looked for among at most
        ``MOST_COMPARED`` puzzles (a few seconds)."""
        puzzles = self.train_puzzles
        keys: Sequence[Hashable] = range(len(puzzles.rows))
        if len(keys) <= MOST_COMPARED:
            keys = self.symmetries.keys(encode(puzzles.questions), encode(puzzles.answers))
        train, validation = split_validation_rows(keys, num, self.config.data_seed)
        rest, held = Sudoku(self.config), Sudoku(self.config)
        rest.train_puzzles = held.train_puzzles = puzzles.take(train)
        held.test_puzzles = puzzles.take(validation)
        if self.config.train is None:
            drawn = rng(Stream.REVEALS, self.config.data_seed, 1)
            questions = reveal(held.test_puzzles.questions, held.test_puzzles.answers, self.train_givens, drawn)
            held.test_puzzles = held.test_puzzles._replace(questions=questions)
        return rest, held

    def train_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Batch number ``step`` (B, S). A pure function: equal arguments give equal rows on any machine.

        Every epoch visits each base puzzle once, in an order of its own; a batch may end one epoch and begin
        the next.
        """
        puzzles = self.train_puzzles
        rows = visited(step, batch_size, len(puzzles.questions), seed)
        questions, answers = puzzles.questions[rows], puzzles.answers[rows]
        draws = rng(Stream.BATCHES, seed, step)
        if self.config.num_copies is None:
            return Batch.of(*self._augmented(questions, answers, draws, self.config.augment))
        which = draws.integers(0, self.config.num_copies + 1, size=batch_size)  # 0 is the puzzle itself
        copies = [self._copy(row, copy) for row, copy in zip(rows, which, strict=True)]
        inputs, labels = (np.concatenate(parts) for parts in zip(*copies, strict=True))
        return Batch.of(inputs, labels)

    def _augmented(
        self, questions: Digits, answers: Digits, draws: np.random.Generator, moves: bool
    ) -> tuple[Rows, Rows]:
        """Puzzles with more cells shown (of a file: where ``easier_givens`` asks for it), and all of them, where
        ``moves``, under a symmetry: (B, S) twice."""
        shown = self.train_givens if self.config.train is None else self.config.easier_givens
        if shown is not None:
            questions = reveal(questions, answers, shown, draws)
        inputs, labels = encode(questions), encode(answers)
        if moves:
            drawn = self.symmetries.draw(len(inputs), draws)
            inputs, labels = drawn.apply(inputs), drawn.apply(labels)
        return inputs, labels

    def _copy(self, row: int, copy: int) -> tuple[Rows, Rows]:
        """One fixed copy of a training puzzle, (1, S) twice: its cells are always those shown, its symmetry its own."""
        puzzles, seed = self.train_puzzles, self.config.data_seed
        question, answer = puzzles.questions[row : row + 1], puzzles.answers[row : row + 1]
        inputs, labels = self._augmented(question, answer, rng(Stream.COPIES, seed, row), moves=False)
        if copy == 0 or not self.config.augment:
            return inputs, labels
        drawn = self.symmetries.draw(1, rng(Stream.COPIES, seed, row, copy))
        return drawn.apply(inputs), drawn.apply(labels)

    def eval_batches(self, batch_size: int) -> Iterator[Batch]:
        """The held-out puzzles, in a fixed order, never augmented; the last batch may be smaller."""
        puzzles = self.test_puzzles
        for start in range(0, len(puzzles.questions), batch_size):
            rows = slice(start, start + batch_size)
            yield Batch.of(encode(puzzles.questions[rows]), encode(puzzles.answers[rows]))

    def groups(self, split: Split) -> Iterator[list[StoredPuzzle]]:
        """The base puzzles of a split, each a group of its own, named by its row in the file (from 0)."""
        puzzles = self.train_puzzles if split == "train" else self.test_puzzles
        for question, answer, rating, row in zip(*puzzles, strict=True):
            yield [StoredPuzzle(0, str(row), encode(question[None]), encode(answer[None]), float(rating))]

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """Solved by rating, where the puzzles of the file have ratings."""
        ratings = self.test_puzzles.ratings[: len(answers)]
        solved = self.rules.are_solved(encode(self.test_puzzles.questions[: len(answers)]), answers)
        return by_rating(ratings, solved)

    def render(
        self,
        inputs: NDArray[np.int64],
        answer: NDArray[np.int64] | None = None,
        previous: NDArray[np.int64] | None = None,
    ) -> str:
        """The board (S,): givens bold, changes since ``previous`` on yellow, digits that break a rule red."""
        return draw_board(self.layout, self.spec.symbols, inputs, answer, previous)

    def _load(self, path: Path | None, num: int, *, is_held_out: bool) -> Puzzles:
        if path is not None:
            puzzles = read_csv(path, self.layout)
            if self.config.train_indices is not None and not is_held_out:
                return puzzles.take(read_indices(self.config.train_indices, len(puzzles.rows)))
            draws = rng(Stream.SUBSETS, self.config.data_seed, int(is_held_out))
            return puzzles.take(draw_rows(path, len(puzzles.rows), num, draws))
        fewest, _ = self.givens if is_held_out else self.train_givens
        # Training and held-out puzzles differ in their seeds, and in which solution grids they may have.
        seed = 2 * self.config.data_seed + int(is_held_out)
        questions, answers = generated(
            lambda: generate(
                num,
                size=self.config.size,
                max_givens=fewest,
                seed=seed,
                accept=lambda grids: is_held_out_grid(grids) == is_held_out,
            ),
            num,
            self.config.size,
            {"task": "sudoku", "max_givens": fewest, "seed": seed, "is_held_out": is_held_out},
        )
        return Puzzles(questions, answers, np.full(len(questions), np.nan), np.arange(len(questions)))

"""Latin squares: fill the blanks so that every row and every column has each digit once. A new task in one file."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.files import read_text
from hrm.models.hrm import HRMConfig
from hrm.puzzles.base import Scores, required
from hrm.puzzles.drawing import draw_cells
from hrm.puzzles.examples import Examples
from hrm.puzzles.grid.cells import PAD
from hrm.puzzles.grid.text import GridText
from hrm.puzzles.symmetry_group import SymmetryGroup, grid_moves
from hrm.store.folder import load_model
from hrm.tasks import TASKS
from hrm.tasks.base import Split
from hrm.tasks.examples import ExampleTask
from hrm.tasks.seeds import Stream, rng
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.run import prepare, run
from hrm.training.settings import TrainingConfig
from hrm.types import TaskSpec

Tokens = NDArray[np.integer]
"""Boards (N, S): token 0 is never used, 1 is a blank, digit d is d + 1."""


@dataclass(frozen=True, kw_only=True)
class LatinSquaresConfig:
    """Generated puzzles. Everything here stands in the run's config.json and can be set from a recipe."""

    name: ClassVar[str] = "latin-squares"
    data_field: ClassVar[str | None] = None  # the training data come from no file

    size: int = 5
    """Rows of the square, 3 to 9."""
    num_train: int = 500
    num_test: int = 100
    data_seed: int = 0
    test: Path | None = None
    """Held-out puzzles from a file, one per line. None: generated."""

    def build(self) -> LatinSquares:
        return LatinSquares(self)


class LatinRules:
    """The judge of an answer (``Rules`` in hrm/puzzles/base.py): never a label."""

    def __init__(self, size: int) -> None:
        self.size = size

    def are_solved(self, inputs: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        """True (N,) where the givens are kept, and every row and column has each digit."""
        squares, digits = self.squares(answers), np.arange(1, self.size + 1)
        rows = (np.sort(squares, axis=2) == digits).all(axis=(1, 2))
        columns = (np.sort(squares, axis=1) == digits[:, None]).all(axis=(1, 2))
        return np.asarray(rows & columns & ((inputs == 1) | (inputs == answers)).all(axis=1))

    def problems(self, inputs: Tokens, labels: Tokens) -> list[str | None]:
        """The words of ``hrm data check`` on each puzzle; None: nothing is wrong."""
        solved, forced = self.are_solved(inputs, labels), deduce(self.squares(inputs))
        same = (forced.reshape(inputs.shape) + 1 == labels).all(axis=1)
        return [
            "the answer breaks the rules" if not is_solved else None if is_forced else "the answer is not forced"
            for is_solved, is_forced in zip(solved, same, strict=True)
        ]

    def squares(self, tokens: Tokens) -> Tokens:
        """Tokens (N, S) -> digits (N, size, size), 0 for a blank."""
        return np.asarray(tokens).reshape(-1, self.size, self.size) - 1


class LatinSquares(ExampleTask):
    """The task. Batches, the held-out set and the split for validation follow from what stands here: they are
    ``ExampleTask``'s (hrm/tasks/examples.py)."""

    def __init__(self, config: LatinSquaresConfig) -> None:
        if not 3 <= config.size <= 9:
            raise InputError(f"size is {config.size}: it must be from 3 to 9")
        size, digits = config.size, tuple("123456789"[: config.size])
        self.config = config
        self.spec = TaskSpec.of_grid(
            (size, size),
            (PAD, ".", *digits),
            interchangeable=tuple(range(2, size + 2)),  # an equivariant model (docs/family.md) need not learn that
        )
        self.statement = (  # for who has never seen one: language models are asked, too (docs/llm.md)
            f"A Latin square of {size} x {size} cells: fill every dot so that each row and each column has every digit "
            f"from 1 to {size} once. All other cells stay as they are."
        )
        self.rules = LatinRules(size)
        self.text = GridText(self.spec)
        self.render = partial(draw_cells, self.spec)
        # Eight rotations and mirrorings, and any renaming of the digits, turn a puzzle into another one.
        self.symmetries = SymmetryGroup(grid_moves((size, size)), size + 2, np.arange(2, size + 2))

    def load(self, split: Split) -> Examples:
        """The generated puzzles, the first of them for training; or those of a file."""
        if split == "test" and self.config.test is not None:
            return self.read(self.config.test)
        rows = np.arange(len(self.puzzles))
        return self.puzzles.take(rows[: self.config.num_train] if split == "train" else rows[self.config.num_train :])

    def shown(self, rows: NDArray[np.int64], draws: np.random.Generator) -> tuple[Tokens, Tokens]:
        """Training puzzles as a batch shows them. Every random number is drawn from ``draws``: that is why a run can be
        stopped, and go on to the same bits."""
        drawn = self.symmetries.draw(len(rows), draws)
        return drawn.apply(self.train_examples.inputs[rows]), drawn.apply(self.train_examples.labels[rows])

    def variant_keys(self, examples: Examples) -> list[bytes]:
        """Of puzzles that are the same but for a symmetry, none validates while another one is trained on."""
        return self.symmetries.keys(examples.inputs, examples.labels)

    def with_test(self, path: Path) -> LatinSquares:
        return replace(self.config, test=path).build()

    def scores(self, answers: Tokens, certainty: NDArray[np.float64]) -> Scores:
        return Scores()

    @cached_property
    def puzzles(self) -> Examples:
        """All generated puzzles; no two are symmetries of each other."""
        draws = rng(Stream.OWN, self.config.data_seed)
        found: dict[bytes, tuple[Tokens, Tokens]] = {}
        wanted = self.config.num_train + self.config.num_test
        for _ in range(20 * wanted):  # 20: chosen by hand; small squares have few puzzles
            label = random_square(self.config.size, draws)
            inputs = blank(label, draws).reshape(1, -1) + 1
            labels = label.reshape(1, -1) + 1
            found.setdefault(self.symmetries.keys(inputs, labels)[0], (inputs, labels))
            if len(found) == wanted:
                inputs, labels = (np.concatenate(side) for side in zip(*found.values(), strict=True))
                return Examples.of(inputs, labels)
        raise InputError(f"there are not as many as {wanted} different puzzles of size {self.config.size}")

    def read(self, path: Path) -> Examples:
        """The puzzles of a file, with the answers that are forced."""
        text = read_text(path)
        try:
            examples = required(self.text.parse_many(text))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        inputs = np.stack([example.inputs for example in examples])
        return Examples.of(inputs, deduce(self.rules.squares(inputs)).reshape(inputs.shape) + 1)


def random_square(size: int, rng: np.random.Generator) -> Tokens:
    """The square of 1 2 3 .., 2 3 1 .., with its rows, columns and digits in random orders."""
    rows, columns, digits = (rng.permutation(size) for _ in range(3))
    return digits[(rows[:, None] + columns) % size] + 1


def blank(square: Tokens, rng: np.random.Generator) -> Tokens:
    """The square without each cell that, when its turn came, the rest of its row and column still told.

    So the blanks can be filled in one after the other, in the reverse order, and there is only one solution.
    """
    puzzle, size = square.copy(), len(square)
    for cell in rng.permutation(size**2):
        row, column = divmod(int(cell), size)
        digit, puzzle[row, column] = puzzle[row, column], 0
        if len({*puzzle[row], *puzzle[:, column]} - {0}) < size - 1:
            puzzle[row, column] = digit
    return puzzle


def deduce(squares: Tokens) -> Tokens:
    """Squares (N, size, size) with every cell filled in that row and column leave one digit for, again and again."""
    squares, digits = squares.copy(), np.arange(1, squares.shape[1] + 1)
    while True:
        is_digit = squares[..., None] == digits  # (N, row, column, digit)
        free = ~(is_digit.any(axis=2)[:, :, None] | is_digit.any(axis=1)[:, None])
        forced = (squares == 0) & (free.sum(axis=3) == 1)
        if not forced.any():
            return squares
        squares[forced] = free.argmax(axis=3)[forced] + 1


TASKS[LatinSquaresConfig.name] = LatinSquaresConfig  # so that a run can be resumed, and its model loaded
RUN = RunConfig(  # model and training as those of sudoku-4x4 (hrm/recipes/sudoku.py)
    recipe="latin-squares",
    task=LatinSquaresConfig(),
    model=HRMConfig(hidden_size=64, H_layers=1, L_layers=1, mixing="mlp", positions="none", puzzle_embedding_size=0),
    training=TrainingConfig(
        steps=400, batch_size=128, lr=2e-3, weight_decay=0.1, warmup_steps=50, lr_min_ratio=0.1, ema_decay=0.99
    ),
)


def train_and_measure(config: RunConfig, path: Path) -> float:
    """The share of held-out puzzles that are solved by the rules, after a training in the folder ``path``."""
    prepared = prepare(config)
    folder = RunFolder.create(path, config)
    outcome = run(folder, prepared, on_report=lambda report, rate: print(f"step {report.step}: loss {report.loss:.3f}"))
    if not outcome.is_finished:
        sys.exit(f"stopped at step {outcome.step}: nothing is measured")
    loaded = load_model(path)  # the last checkpoint, with the averaged weights
    table = concatenate(list(evaluate(loaded.model, loaded.task, prepared.runtime, max_segments=16)))
    return float(summarize(table)["solved"])


if __name__ == "__main__":
    path = Path(*sys.argv[1:2] or ["runs/latin-squares"])
    if path.exists():
        print(f"{path} exists already: name another folder", file=sys.stderr)
        sys.exit(2)
    print(f"solved: {train_and_measure(RUN, path):.1%}")

"""Your own puzzles as a task, from a file of pairs and without code (puzzles/grid/pairs.py shows the file).

Tokens are 1 + the place of a symbol among all symbols; 0 is left free, as in the published data (pad, no label).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError, require_from, require_seed
from hrm.puzzles.base import Render, Scores, Symmetries
from hrm.puzzles.drawing import draw_cells
from hrm.puzzles.examples import Examples
from hrm.puzzles.grid.cells import PAD
from hrm.puzzles.grid.pairs import Pairs, read_pairs
from hrm.puzzles.grid.split import held_out_share, store
from hrm.puzzles.grid.symmetry import group_of
from hrm.puzzles.grid.text import GridText
from hrm.tasks.base import Split
from hrm.tasks.examples import ExampleTask, Tokens
from hrm.tasks.seeds import Stream, rng
from hrm.types import TaskSpec

MOST_SIDE = 1000
"""Rows or columns; chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class GridConfig:
    """Pairs of your own, and what is known of them. What is None is found in the file."""

    name: ClassVar[str] = "grid"
    data_field: ClassVar[str | None] = "data"

    data: Path | None = None
    """Pairs: JSON lines of {"input": grid, "output": grid}, or an ARC task."""
    test: Path | None = None
    """Held-out pairs. None: the test list of an ARC task, or a share of the data."""
    held_out_share: float = 0.1
    """Share of the pairs that is held out when no file is given, chosen by hand; at least one."""
    augment: bool = True
    """Every pair is shown under a fresh random symmetry each time, of those that the file names."""
    data_seed: int = 0
    """Seed of the split. The order of training follows the seed of the run."""
    symmetries: tuple[str, ...] | None = None
    """dihedral, rotations, left-right, top-bottom, diagonal. None: what the header says."""
    rename: str | None = None
    """Symbols that may be exchanged for one another. None: what the header says."""
    symbols: str | None = None
    """All symbols, in the order of their tokens. None: what the header says, or else those that occur."""
    shape: tuple[int, int] | None = None
    """Rows and columns. None: those of the pairs."""

    def build(self) -> Grid:
        """The task. Reads the pairs unless everything about them is known. Raises ``InputError`` for bad settings."""
        return Grid(self)


class Grid(ExampleTask):
    """The task. There are no rules: only the label tells whether an answer is right."""

    rules = None

    def __init__(self, config: GridConfig) -> None:
        if not 0 < config.held_out_share < 1:
            raise InputError(f"held_out_share is {config.held_out_share}: it must lie between 0 and 1")
        require_seed("data_seed", config.data_seed)
        for side in config.shape or ():
            require_from(1, MOST_SIDE, shape=side)
        self._given = config
        self.config = self._completed(config)
        assert self.config.symbols is not None
        assert self.config.shape is not None
        spec = TaskSpec.of_grid(self.config.shape, (PAD, *self.config.symbols))
        self.group = group_of(self.config.symmetries or (), self.config.rename or "", spec)
        renamed = self.group.renamed.tolist()
        self.spec = replace(spec, interchangeable=tuple(renamed) if len(renamed) > 1 else ())
        self.symmetries: Symmetries | None = None if self.group.is_trivial else self.group
        self.text = GridText(self.spec)
        rows, columns = self.config.shape
        self.statement = (
            f"A puzzle is a grid of {rows} x {columns} cells ({' '.join(self.spec.characters[1:])}), its answer a grid "
            "of the same size. One rule leads from every puzzle to its answer: find it in the examples."
        )
        self.render: Render = partial(draw_cells, self.spec)

    def _completed(self, config: GridConfig) -> GridConfig:
        """The configuration with what the file says, so that a trained model can be used without it."""
        if None not in (config.symmetries, config.rename, config.symbols, config.shape):
            completed = config
        else:
            header = self._pairs.header
            completed = replace(
                config,
                symmetries=header.symmetries or () if config.symmetries is None else config.symmetries,
                rename=header.rename or "" if config.rename is None else config.rename,
                symbols=(header.symbols or self._pairs.symbols) if config.symbols is None else config.symbols,
                shape=self._pairs.shape if config.shape is None else config.shape,
            )
        symbols = completed.symbols or ""
        if len(set(symbols)) != len(symbols) or not symbols or PAD in symbols:
            raise InputError(f"symbols is {symbols!r}: it must name each symbol once, without {PAD}")
        if min(completed.shape or (0,)) < 1:
            raise InputError(f"shape is {completed.shape}: a grid has at least one row and one column")
        return completed

    def with_test(self, path: Path) -> Self:
        """The same task with all pairs of a file as its held-out set."""
        return replace(self.config, test=path).build()

    @cached_property
    def _pairs(self) -> Pairs:
        if self._given.data is None:
            raise InputError("there are no pairs: name their file with --data pairs.jsonl")
        return read_pairs(self._given.data)

    @cached_property
    def _split(self) -> dict[Split, Examples]:
        """The pairs that the data hold for training, and for evaluation unless a file is given."""
        path, num_train = self.config.data, self._pairs.num_train
        assert path is not None, "the pairs came from there"
        pairs = store(self._pairs, path, self.spec)
        if (pairs.inputs == pairs.labels).all():
            raise InputError(
                f"{path}: every output equals its input, so there is nothing to learn but to copy; "
                "are the outputs the solutions?"
            )
        held_out: NDArray[np.bool_] | None = np.zeros(len(pairs.inputs), dtype=bool)
        if num_train is not None:
            held_out = np.arange(len(pairs.inputs)) >= num_train
        elif self.config.test is None:
            share, draws = self.config.held_out_share, rng(Stream.SPLIT, self.config.data_seed)
            held_out = held_out_share(pairs.inputs, share, self.group, draws)
        if held_out is None:
            raise InputError(
                f"{path}: all inputs are one and the same (up to symmetries), so none can be held out; "
                "give other pairs with --task.test"
            )
        return {"train": pairs.take(np.flatnonzero(~held_out)), "test": pairs.take(np.flatnonzero(held_out))}

    def load(self, split: Split) -> Examples:
        if split == "test" and self.config.test is not None:
            return store(read_pairs(self.config.test), self.config.test, self.spec)
        return self._split[split]

    def variant_keys(self, examples: Examples) -> Sequence[Hashable]:
        """Inputs that a symmetry of the file turns into each other are on one side."""
        return self.group.keys(examples.inputs)

    def split_validation(self, num: int) -> tuple[Self, Self]:
        """The file is not read again."""
        rest, held = super().split_validation(num)
        rest._split = held._split = self._split
        return rest, held

    def shown(self, rows: NDArray[np.int64], draws: np.random.Generator) -> tuple[Tokens, Tokens]:
        examples = self.train_examples
        inputs, labels = examples.inputs[rows].astype(np.int64), examples.labels[rows].astype(np.int64)
        if self.config.augment:
            drawn = self.group.draw(len(rows), draws)
            inputs, labels = drawn.apply(inputs), drawn.apply(labels)
        return inputs, labels

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """Nothing beyond right or wrong."""
        return Scores()

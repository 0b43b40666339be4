"""Boards of one size as a task: any family of puzzles (puzzles/boards/family.py), generated or from files.

A family's configuration names its settings and makes the family of them; everything else is here. hrm/tasks/families.py
has those that there are.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hrm.errors import notify
from hrm.puzzles.base import Render, Scores
from hrm.puzzles.boards.drawing import draw_board
from hrm.puzzles.boards.family import Family, FamilyRules
from hrm.puzzles.boards.files import read_csv
from hrm.puzzles.boards.making import make_boards
from hrm.puzzles.boards.scores import score
from hrm.puzzles.boards.text import FamilyText
from hrm.puzzles.examples import Examples
from hrm.tasks.examples import Tokens
from hrm.tasks.generated import generated
from hrm.tasks.seeds import Stream, states
from hrm.tasks.sources import SourceConfig, SourceTask


@dataclass(frozen=True, kw_only=True)
class BoardConfig(SourceConfig, ABC):
    """Settings of all families."""

    name: ClassVar[str]

    augment: bool = True
    """Every training puzzle is shown under a fresh random symmetry each time."""

    @abstractmethod
    def family(self) -> Family:
        """The family with these settings. Raises ``InputError`` for settings that cannot be."""
        ...

    def build(self) -> BoardTask:
        """The task. Reads and generates nothing yet. Raises ``InputError`` for settings that cannot work."""
        return BoardTask(self)

    def own(self) -> dict[str, Any]:
        """The settings of the family itself, which its generated puzzles depend on."""
        common = {field.name for field in dataclasses.fields(BoardConfig)}
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in common}


class BoardTask(SourceTask):
    """The task. Puzzles are read or generated when first asked for: solving a typed puzzle needs none."""

    def __init__(self, config: BoardConfig) -> None:
        config.check_sources()
        self.config = config
        self.family = config.family()
        assert self.family.name == config.name
        self.spec = self.family.spec
        self.statement = self.family.statement
        self.rules = FamilyRules(self.family)
        self.symmetries = self.family.symmetries
        self.text = FamilyText(self.family)
        self.render: Render = partial(draw_board, self.family)

    def variant_keys(self, examples: Examples) -> Sequence[Hashable]:
        """Training and validation share no more than generated training and held-out puzzles do."""
        return self.family.keys_apart(examples.inputs, examples.labels)

    def shown(self, rows: NDArray[np.int64], draws: np.random.Generator) -> tuple[Tokens, Tokens]:
        """The labels of turned puzzles follow the family's rule, those of a file turn with their puzzles."""
        examples = self.train_examples
        inputs, labels = examples.inputs[rows].astype(np.int64), examples.labels[rows].astype(np.int64)
        if self.config.augment:
            drawn = self.symmetries.draw(len(rows), draws)
            inputs, labels = drawn.apply(inputs), drawn.apply(labels)
            if self.family.canonical is not None and self.config.train is None:
                labels = self.family.canonical(inputs, labels).astype(np.int64)
        return inputs, labels

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """Solved, as the label, nearly right; and the same by each measure of the family."""
        examples = self.test_examples
        return score(self.family, examples.inputs[: len(answers)], examples.labels[: len(answers)], answers)

    def read(self, path: Path) -> Examples:
        return read_csv(path, self.family)

    def make(self, num: int, seed: int, *, is_held_out: bool) -> Examples:
        family = self.family
        inputs, labels = generated(
            lambda: make_boards(family, num, lambda index: states(Stream.BOARDS, seed, index), is_held_out=is_held_out),
            num,
            family.spec.grid_shape[0],
            {"task": family.name, "seed": seed, "is_held_out": is_held_out, **self.config.own()},
        )
        if len(inputs) < num:
            side = "held-out" if is_held_out else "training"
            notify(
                f"{family.name} with these settings has {len(inputs):,} different {side} puzzles, not {num:,}: all of "
                f"them are taken (more: {family.if_few})"
            )
        return Examples.of(inputs, labels, family.rate(inputs, labels))

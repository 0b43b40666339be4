"""Questions of the library reasoning-gym as a task: about a hundred generators, each with its scorer (puzzles/gym/)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError, notify, require_from, require_one_of, require_seed
from hrm.files import read_text
from hrm.puzzles.base import Render, Rules, Scores, required
from hrm.puzzles.examples import Examples
from hrm.puzzles.gym import library
from hrm.puzzles.gym.drawing import draw
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.layout import Form, Layout
from hrm.puzzles.gym.scan import Limits, layout_of
from hrm.puzzles.gym.scorer import Scorer
from hrm.puzzles.gym.text import GymText
from hrm.tasks.base import Split
from hrm.tasks.examples import ExampleTask, Tokens
from hrm.tasks.gym_entries import MOST_QUESTIONS, GymEntries
from hrm.types import IGNORE_LABEL, TaskSpec


@dataclass(frozen=True, kw_only=True)
class GymConfig:
    """Questions of the library reasoning-gym (pip install 'hrm-lab[gym]')."""

    name: ClassVar[str] = "reasoning-gym"
    data_field: ClassVar[str | None] = None  # they come from no file

    dataset: str = "mini_sudoku"
    """The data set; docs/reasoning-gym.md lists those that there are."""
    options: tuple[str, ...] = ()
    """Options of the data set, KEY=VALUE ...: those of the library (min_terms=2 max_terms=2)."""
    num_train: int = 5000
    """Training questions to make; doubles are left out."""
    num_test: int = 500
    """Held-out questions to make; likewise."""
    data_seed: int = 0
    """Seed of the questions. The order of training follows the seed of the run."""
    test: Path | None = None
    """Held-out questions from a file: a table with the columns question and answer. None: made."""
    max_question: int = 512
    """Most positions of the part of the questions that varies, or of their grids."""
    max_answer: int = 128
    """Most positions of an answer that is text."""
    form: Form | None = None
    """text: characters; cells: a grid. None: cells where question and answer are grids of one shape."""
    library: str | None = None
    """Version of the library that the questions are from. None: the one that is there."""
    layout: Layout | None = None
    """The places of question and answer. None: found by a look at all questions."""

    def build(self) -> Gym:
        """The task. Makes the questions, unless their layout is known. Raises ``InputError``."""
        return Gym(self)


class Gym(ExampleTask):
    """The task. The rules are the library's scorer, which knows the questions that were made."""

    statement = None  # its questions are words
    symmetries = None

    def __init__(self, config: GymConfig) -> None:
        self.entries = entries_of(config)
        limits = Limits(config.max_question, config.max_answer)
        layout = config.layout or layout_of([*self.entries.train, *self.entries.test], limits, config.form)
        self.layout = layout
        self.config = replace(config, library=self.entries.library, layout=layout)
        self.text = GymText(layout)
        self.render: Render = partial(draw, layout)
        # A file has no entries for a scorer: there the answers are compared.
        self.rules: Rules | None = (
            None if config.test is not None else Scorer(layout, self.entries.scorer, self._at_hand)
        )

    @cached_property
    def spec(self) -> TaskSpec:
        return self.layout.spec

    def with_test(self, path: Path) -> Self:
        """The same task with all questions of a file as its held-out set; right is what equals the answer there."""
        return replace(self.config, test=path).build()

    def _at_hand(self) -> Sequence[Entry]:
        """The held-out entries, and behind them those of training, where they were asked for."""
        held_out = self.test_entries
        return [*held_out, *self.entries.train] if self.entries.has_train else held_out

    @cached_property
    def test_entries(self) -> list[Entry]:
        """The entries of the held-out questions."""
        return self.entries.test

    def load(self, split: Split) -> Examples:
        if split == "test" and self.config.test is not None:
            return self._of_file(self.config.test)
        entries = self.entries.train if split == "train" else self.test_entries
        inputs = np.stack([self.layout.question(entry.question) for entry in entries])
        return Examples.of(inputs, np.stack([self.layout.answer(entry.answer) for entry in entries]))

    def _of_file(self, path: Path) -> Examples:
        text = read_text(path)
        try:
            examples = required(self.text.parse_many(text))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        nothing = np.full(self.spec.seq_len, IGNORE_LABEL)
        labels = [nothing if example.labels is None else example.labels for example in examples]
        return Examples.of(np.stack([example.inputs for example in examples]), np.stack(labels))

    def variant_keys(self, examples: Examples) -> Sequence[Hashable]:
        """No two questions are alike, so any may validate."""
        return range(len(examples))

    def split_validation(self, num: int) -> tuple[Self, Self]:
        """The scorer judges a validation question by its entry, as any other."""
        rest, held = super().split_validation(num)
        held.test_entries = [self.entries.train[row] for row in held.test_examples.names]  # numbered by ``load``
        return rest, held

    def shown(self, rows: NDArray[np.int64], draws: np.random.Generator) -> tuple[Tokens, Tokens]:
        return self.train_examples.inputs[rows], self.train_examples.labels[rows]

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """The mean score of the library's scorer, which gives some wrong answers a part of 1."""
        if not len(answers) or not isinstance(self.rules, Scorer):
            return Scores()
        entries = self.test_entries[: len(answers)]
        given = [
            self.entries.scorer.score(entry, self.layout.answer_of(answer))
            for entry, answer in zip(entries, answers, strict=True)
        ]
        return Scores(figures={"mean_score": float(np.mean(given))})


def entries_of(config: GymConfig) -> GymEntries:
    """The questions of a data set, made by the library that is here. Raises ``InputError``."""
    _check(config)
    here = library.version()
    options = library.read_options(config.dataset, config.options)
    if config.library not in (None, here):
        notify(
            f"this was made with reasoning-gym {config.library}, and here is {here}: its questions may be others, "
            "and some of those that are held out here may have been trained on"
        )
    return GymEntries(
        config.dataset,
        options,
        library=config.library or here,
        data_seed=config.data_seed,
        num_train=config.num_train,
        num_test=config.num_test,
    )


def _check(config: GymConfig) -> None:
    require_from(1, MOST_QUESTIONS, num_train=config.num_train, num_test=config.num_test)
    require_from(1, 100_000, max_question=config.max_question, max_answer=config.max_answer)
    require_seed("data_seed", config.data_seed)
    if config.form is not None:
        require_one_of(("text", "cells"), form=config.form)

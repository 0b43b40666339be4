"""Questions of the library reasoning-gym as a task: about a hundred generators, each with its scorer (puzzles/gym/).

Held-out questions are of other seeds than those of training, and none of them is a training question. Where a data set
repeats itself (there are only so many coin flips), a digest of a question says on which side it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError, notify, require_from, require_one_of, require_seed
from hrm.files import read_text
from hrm.puzzles.base import Rules, Scores, required
from hrm.puzzles.gym import library
from hrm.puzzles.gym.drawing import draw
from hrm.puzzles.gym.entries import Entry, make, packed, unpacked
from hrm.puzzles.gym.layout import Form, Layout
from hrm.puzzles.gym.scan import Limits, layout_of
from hrm.puzzles.gym.scorer import Scorer
from hrm.puzzles.gym.text import GymText
from hrm.tasks.base import Split, StoredPuzzle
from hrm.tasks.epochs import visited
from hrm.tasks.generated import generated
from hrm.tasks.validation import split_validation_rows
from hrm.types import IGNORE_LABEL, Batch, TaskSpec

STRIDE = 10_000_000
"""Seeds between two sources of questions: the library draws question i with the seed plus i."""

MOST_QUESTIONS = STRIDE // 10

ROUNDS = 4
"""How often as many questions again are drawn, where too many were alike. Chosen by hand."""

REPEATS = 0.1
"""Share of alike questions from which on a data set is a small one, whose questions a digest tells apart."""

HELD_OUT_SHARE = 0.2
"""Share of a small data set that is held out. Chosen by hand, as the one above."""


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


class Questions(NamedTuple):
    """Questions with their answers."""

    entries: list[Entry]
    inputs: NDArray[np.int64]  # (N, S)
    labels: NDArray[np.int64]  # (N, S)

    def take(self, rows: NDArray[np.int64]) -> Questions:
        return Questions([self.entries[row] for row in rows], self.inputs[rows], self.labels[rows])


class Gym:
    """The task. The rules are the library's scorer, which knows the questions that were made."""

    symmetries = None

    def __init__(self, config: GymConfig) -> None:
        _check(config)
        here = library.version()
        self.options = library.read_options(config.dataset, config.options)
        if config.library not in (None, here):
            notify(
                f"this was made with reasoning-gym {config.library}, and here is {here}: its questions may be others, "
                "and some of those that are held out here may have been trained on"
            )
        self._given = replace(config, library=config.library or here)
        limits = Limits(config.max_question, config.max_answer)
        layout = config.layout or layout_of([*self._train_entries, *self._test_entries], limits, config.form)
        self.layout = layout
        self.config = replace(self._given, layout=layout)
        self.text = GymText(layout)
        # A file has no entries for a scorer: there the answers are compared.
        self.rules: Rules | None = None if config.test is not None else Scorer(layout, self._library, self._at_hand)

    @cached_property
    def spec(self) -> TaskSpec:
        return self.layout.spec

    def with_test(self, path: Path) -> Gym:
        """The same task with all questions of a file as its held-out set; right is what equals the answer there."""
        return replace(self.config, test=path).build()

    def _library(self) -> Any:
        return library.dataset(self.config.dataset, self.options, seed=0, size=self.config.num_test)

    def _at_hand(self) -> Sequence[Entry]:
        """The held-out entries, and behind them those of training, where they were asked for."""
        held_out = self.test_questions.entries
        return [*held_out, *self._train_entries] if "_train_entries" in vars(self) else held_out

    def _made(self, is_held_out: bool, num: int, part: int) -> list[Entry]:
        """``num`` entries, alike ones among them; ``part``: which of several such lots. Kept on disk."""
        config = self._given
        seed = STRIDE * ((2 * config.data_seed + is_held_out) % 200) + num * part
        asked = {"dataset": config.dataset, "options": json.dumps(self.options, sort_keys=True, default=str)}

        def make_them() -> tuple[NDArray[np.uint8]]:
            notify(f"reasoning-gym makes {num:,} questions of {config.dataset} ...")
            return (packed(make(config.dataset, self.options, seed, num)),)

        (content,) = generated(
            make_them, num, 1, {"task": "reasoning-gym", "library": config.library, "seed": seed, **asked}
        )
        return unpacked(content)

    @cached_property
    def _first_test(self) -> tuple[dict[str, Entry], bool]:
        """Held-out entries by question, and whether the data set is a small one."""
        made = self._made(True, self._given.num_test, 0)
        found = {entry.question: entry for entry in reversed(made)}
        return found, len(made) > 1 and len(found) < (1 - REPEATS) * len(made)

    @cached_property
    def _test_entries(self) -> list[Entry]:
        found, is_small = self._first_test
        return self._filled(dict(found), True, lambda question: not is_small or _is_held_out(question))

    @cached_property
    def _train_entries(self) -> list[Entry]:
        taken, (_, is_small) = {entry.question for entry in self._test_entries}, self._first_test
        return self._filled(
            {}, False, lambda question: question not in taken and not (is_small and _is_held_out(question))
        )

    def _filled(self, found: dict[str, Entry], is_held_out: bool, accepts: Any) -> list[Entry]:
        """So many different entries, or as many as some rounds find."""
        num = self._given.num_test if is_held_out else self._given.num_train
        found = {question: entry for question, entry in found.items() if accepts(question)}
        for part in range(int(is_held_out), ROUNDS):
            if len(found) >= num:
                break
            before = len(found)
            for entry in self._made(is_held_out, num, part):
                if accepts(entry.question):
                    found.setdefault(entry.question, entry)
            if part and len(found) - before < REPEATS * num:  # there are hardly any more
                break
        what = "held-out" if is_held_out else "training"
        if not found:
            raise InputError(f"{self._given.dataset} has no {what} questions: those that it makes are all alike")
        if len(found) < num:
            notify(f"{self._given.dataset} gives {len(found):,} different {what} questions, not {num:,}")
        return list(found.values())[:num]

    @cached_property
    def train_questions(self) -> Questions:
        """The questions that are trained on."""
        return self._encoded(self._train_entries)

    @cached_property
    def test_questions(self) -> Questions:
        """The held-out questions."""
        return self._encoded(self._test_entries) if self.config.test is None else self._of_file(self.config.test)

    def _encoded(self, entries: list[Entry]) -> Questions:
        inputs = np.stack([self.layout.question(entry.question) for entry in entries])
        return Questions(entries, inputs, np.stack([self.layout.answer(entry.answer) for entry in entries]))

    def _of_file(self, path: Path) -> Questions:
        text = read_text(path)
        try:
            examples = required(self.text.parse_many(text))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        nothing = np.full(self.spec.seq_len, IGNORE_LABEL)
        labels = [nothing if example.labels is None else example.labels for example in examples]
        return Questions([], np.stack([example.inputs for example in examples]), np.stack(labels))

    def split_validation(self, num: int) -> tuple[Gym, Gym]:
        """No two questions are alike, so any may validate."""
        questions = self.train_questions
        train, validation = split_validation_rows(range(len(questions.entries)), num, self.config.data_seed)
        rest, held = Gym(self.config), Gym(self.config)
        rest.train_questions = questions.take(train)
        held.train_questions, held.test_questions = rest.train_questions, questions.take(validation)
        return rest, held

    def train_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Batch number ``step`` (B, S): every epoch visits each question once, in an order of its own."""
        _, inputs, labels = self.train_questions
        rows = visited(step, batch_size, len(inputs), seed)
        return Batch.of(inputs[rows], labels[rows])

    def eval_batches(self, batch_size: int) -> Iterator[Batch]:
        """The held-out questions, in the order in which they were made."""
        _, inputs, labels = self.test_questions
        for start in range(0, len(inputs), batch_size):
            yield Batch.of(inputs[start : start + batch_size], labels[start : start + batch_size])

    def groups(self, split: Split) -> Iterator[list[StoredPuzzle]]:
        """Each question is a group of its own, named by its number."""
        _, inputs, labels = self.train_questions if split == "train" else self.test_questions
        for i in range(len(inputs)):
            yield [StoredPuzzle(0, str(i), inputs[i : i + 1], labels[i : i + 1])]

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """The mean score of the library's scorer, which gives some wrong answers a part of 1."""
        entries = self.test_questions.entries[: len(answers)]
        if not entries or not isinstance(self.rules, Scorer):
            return Scores()
        given = [
            self.rules.score(entry, self.layout.answer_of(answer))
            for entry, answer in zip(entries, answers, strict=True)
        ]
        return Scores(figures={"mean_score": float(np.mean(given))})

    def render(
        self,
        inputs: NDArray[np.int64],
        answer: NDArray[np.int64] | None = None,
        previous: NDArray[np.int64] | None = None,
    ) -> str:
        """The question (S,) bold, the answer cyan, what changed since ``previous`` on yellow."""
        return draw(self.layout, inputs, answer, previous)


def _check(config: GymConfig) -> None:
    require_from(1, MOST_QUESTIONS, num_train=config.num_train, num_test=config.num_test)
    require_from(1, 100_000, max_question=config.max_question, max_answer=config.max_answer)
    require_seed("data_seed", config.data_seed)
    if config.form is not None:
        require_one_of(("text", "cells"), form=config.form)


def _is_held_out(question: str) -> bool:
    """True for a share of all questions, by their digest."""
    digest = blake2b(question.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") < HELD_OUT_SHARE * 2**32

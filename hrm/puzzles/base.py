"""The parts of every puzzle family: a puzzle as a person gave it, its rules, symmetries and text, its scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.symmetry import Symmetry


class Example(NamedTuple):
    """One puzzle as a person gave it."""

    inputs: NDArray[np.int64]  # (S,)
    labels: NDArray[np.int64] | None  # (S,), or None when the answer is not known
    puzzle_id: int = 0  # row of the puzzle embedding: which task it is, where a model knows several
    is_given: bool = False  # the labels stood beside the puzzle; a search may find some, too


Parsed = Example | InputError
"""One puzzle of many, or the words to the person who wrote it: a bad one does not stop the others."""


def required(parsed: Iterable[Parsed]) -> list[Example]:
    """All of them as examples. Raises the first ``InputError``."""
    examples: list[Example] = []
    for one in parsed:
        if isinstance(one, InputError):
            raise one
        examples.append(one)
    return examples


class Rules(Protocol):
    """The judge of an answer without a label. Tokens of boards (N, S) throughout."""

    def are_solved(self, inputs: NDArray[np.integer], answers: NDArray[np.integer]) -> NDArray[np.bool_]:
        """True (N,) where ``answers`` solve ``inputs`` by the rules of the puzzle. Never looks at a label."""
        ...

    def problems(self, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[str | None]:
        """The fault of each puzzle or its label, in a few words; None: nothing is wrong.

        Tokens may be any integers. The same fault has the same words ("several solutions"): they are counted.
        """
        ...


class Searched(NamedTuple):
    """The end of a search that needs no model."""

    answer: NDArray[np.integer] | None  # (S,), None where none was found
    guesses: int
    """How often it had to guess, wrong guesses included."""


@runtime_checkable
class Searchable(Protocol):
    """``Rules`` that know a search."""

    def search(self, inputs: NDArray[np.integer], beliefs: NDArray[np.floating] | None) -> Searched:
        """The answer (S,) to ``inputs`` (S,), in tokens. beliefs (S, V): what to guess first, the larger the sooner."""
        ...


def searchable(rules: object) -> Searchable:
    """``rules`` that know a search. Raises ``InputError`` for others, and for none."""
    if not isinstance(rules, Searchable):
        raise InputError("exact: there is a search for Sudokus alone, and this model solves something else")
    return rules


@runtime_checkable
class Related(Protocol):
    """``Rules`` that name pairs of cells."""

    def related(self, num_cells: int) -> NDArray[np.bool_]:
        """True (S, S) where a rule speaks of two cells together; no cell is related to itself."""
        ...


def related_cells(rules: object, num_cells: int) -> NDArray[np.bool_] | None:
    """``Related.related`` of rules that name pairs of cells; None of others, and of none."""
    return rules.related(num_cells) if isinstance(rules, Related) else None


@runtime_checkable
class AnswerKey(Protocol):
    """``Rules`` that judge by answers which they know: what a model has thought to its end, and nothing before."""

    def knows(self, inputs: NDArray[np.integer]) -> NDArray[np.bool_]:
        """True (N,) where they can judge an answer to ``inputs`` (N, S)."""
        ...


def stopping_rules(rules: Rules | None) -> Rules | None:
    """``rules`` by which thinking may end, and one of several answers be chosen: never an answer key."""
    return None if isinstance(rules, AnswerKey) else rules


def is_solved(rules: Rules | None, inputs: NDArray[np.int64], answer: NDArray[np.int64]) -> bool | None:
    """True where ``answer`` (S,) solves ``inputs`` (S,) by the rules; None where there are none, or none to tell."""
    if rules is None or (isinstance(rules, AnswerKey) and not rules.knows(inputs[None])[0]):
        return None
    return bool(rules.are_solved(inputs[None], answer[None])[0])


class Symmetries(Protocol):
    """Changes that turn a puzzle and its answer into another puzzle and its answer."""

    def draw(self, num: int, rng: np.random.Generator) -> Symmetry:
        """``num`` symmetries, under which to look at puzzles again."""
        ...

    def keys(self, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[bytes]:
        """A key for each example (N, S), (N, S).

        Two are equal when, and only when, a symmetry that augmentation may draw turns one example into the other. An
        example that breaks the rules may be compared as it stands.
        """
        ...


class PuzzleText(Protocol):
    """Puzzles as people type them."""

    def parse(self, text: str) -> Example:
        """The one puzzle that ``text`` is. Raises ``InputError`` with the reason for anything else."""
        ...

    def parse_many(self, text: str) -> list[Parsed]:
        """The puzzles of a file in order, each with its answer where one stands beside it; an ``InputError`` that says
        in which line for each bad one. Raises ``InputError`` where there is none at all."""
        ...

    def parse_values(self, value: Any) -> list[Parsed]:
        """The same of Python's values: a board as rows of cells, as all its cells or as a text; or several of these.
        Raises ``InputError`` for anything else."""
        ...


@runtime_checkable
class InWords(Protocol):
    """``PuzzleText`` of puzzles that are more to a person than a line of symbols."""

    def words(self, inputs: NDArray[np.integer], answer: NDArray[np.integer] | None = None) -> str:
        """The question (S,) as a text, or with an answer (S,) that answer alone."""
        ...


def is_in_words(text: object) -> bool:
    """True for the ``text`` of a task whose questions are words."""
    return isinstance(text, InWords)


def in_words(text: object, inputs: NDArray[np.integer], answer: NDArray[np.integer] | None = None) -> str | None:
    """``InWords.words`` of a text that has them; None of others."""
    return text.words(inputs, answer) if isinstance(text, InWords) else None


class Render(Protocol):
    """A board as text."""

    def __call__(
        self,
        inputs: NDArray[np.int64],
        answer: NDArray[np.int64] | None = None,
        previous: NDArray[np.int64] | None = None,
    ) -> str:
        """Lines with ANSI colour, of boards (S,): givens, changes since ``previous`` and broken rules told apart."""
        ...


class ScoreTable(NamedTuple):
    """A table for a person: texts, and a title that says what is counted."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The worth of answers to a task beyond "right or wrong": votes, ratings, optimality."""

    figures: Mapping[str, Any] = field(default_factory=dict)
    """JSON values: ``scores`` in ``results.json``."""
    tables: tuple[ScoreTable, ...] = ()
    """The same for the screen."""
    drawings: tuple[str, ...] = ()
    """The first answers as a person would look at them: text with ANSI colour."""
    files: Iterable[tuple[str, bytes]] = ()
    """Name and content of files to write beside ``results.json``; may be made while they are written."""

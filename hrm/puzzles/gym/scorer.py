"""The library's scorer as rules: whether an answer to one of its own questions is right.

A scorer needs the entry that a question came from, and often looks at the answer there. So it judges what a model has
thought to its end, and no thinking may end by it (``AnswerKey`` in hrm/puzzles/base.py); a question that is of no entry
at hand cannot be judged.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import re
import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.files import parse_json
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.layout import Layout
from hrm.types import IGNORE_LABEL

RIGHT = 1.0 - 1e-6
"""The score of a right answer: 1. Less is for answers that are partly right, or say too much."""

TOWER = re.compile(r"(\*\*|\^)\s*\(?\s*-?\d{4,}|(\*\*|\^)[\w.()\s]*(\*\*|\^)|\d{40,}|!!|!\s*\)*\s*(\*\*|\^)")
"""Numbers that take a computer algebra for ever: several scorers work out what an answer says."""

MATHS = {
    *("sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "acot", "sinh", "cosh", "tanh"),
    *("asinh", "acosh", "atanh", "exp", "log", "ln", "sqrt", "Abs", "C"),
}
"""Functions that an answer may call where a scorer works it out."""

WORKS_OUT = re.compile(r"\b(eval|exec|parse_expr|sympify|parse_latex)\(")
"""The source of a data set whose scorer may run an answer as a program, or have a computer algebra read it."""

MOST_CHARACTERS = 20_000
"""Characters of an answer that a scorer is given; chosen by hand, far above any answer of the library."""

CALL = re.compile(r"([^\W\d]\w*)\s*\(")
REACH = re.compile(r"__|[\"'`\\\\]|[)\]}]\s*[(\[]|\b(lambda|import|for|if|yield|await)\b|:=|@")
"""Python beyond arithmetic: several scorers run an answer as a program, and a model can be somebody else's."""

Score = Callable[[str, dict[str, Any]], float]


class EntryScorer:
    """The library's scorer, of answers that are texts."""

    def __init__(self, dataset: Callable[[], Any]) -> None:
        """dataset: makes the data set, an object of the library, when first asked for."""
        self._make = dataset
        self._scores: dict[tuple[str, str], float] = {}

    def score(self, entry: Entry, answer: str) -> float:
        """The score of ``answer``, from 0 to 1; 0 where the scorer fails."""
        key = (entry.question, answer)
        if key not in self._scores:
            self._scores[key] = self._scored(entry, answer)
        return self._scores[key]

    def is_right(self, entry: Entry, answer: str) -> bool:
        return self.score(entry, answer) >= RIGHT

    def refuses(self, entry: Entry, answer: str) -> bool:
        """True for an answer that the library is not given: one without end, or, where its scorer would run it, one
        that is not ``is_harmless``. The very answer of the entry always is given."""
        if answer == entry.answer:
            return False
        return len(answer) > MOST_CHARACTERS or (self._works_out and not is_harmless(answer))

    @cached_property
    def _dataset(self) -> Any:
        return self._make()

    @cached_property
    def _works_out(self) -> bool:
        try:
            source = inspect.getsource(inspect.getmodule(type(self._dataset)) or type(self._dataset))
        except (OSError, TypeError):  # it cannot be looked at
            return True
        return WORKS_OUT.search(source) is not None

    def _scored(self, entry: Entry, answer: str) -> float:
        if self.refuses(entry, answer):
            return 0.0
        known = {"question": entry.question, "answer": entry.answer, "metadata": ast.literal_eval(entry.metadata)}
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return float(self._dataset.score_answer(answer, known))
        except Exception:  # of others, and given what a model may say: any error is a wrong answer
            return 0.0


class Scorer:
    """``Rules`` and ``AnswerKey`` of the entries at hand."""

    def __init__(self, layout: Layout, scorer: EntryScorer, at_hand: Callable[[], Sequence[Entry]]) -> None:
        """at_hand: the entries whose questions are known."""
        self.layout, self.scorer, self._at_hand = layout, scorer, at_hand
        self._known: dict[bytes, Entry] = {}
        self._num_seen = 0

    def knows(self, inputs: NDArray[np.integer]) -> NDArray[np.bool_]:
        """True (N,) where the questions (N, S) are of entries at hand."""
        return np.array([self._entry(row) is not None for row in inputs], dtype=bool)

    def are_solved(self, inputs: NDArray[np.integer], answers: NDArray[np.integer]) -> NDArray[np.bool_]:
        """True (N,) where the scorer gives 1; False, too, for questions that it does not know."""
        pairs = zip(inputs, answers, strict=True)
        return np.array([self._is_right(self._entry(one), answer) for one, answer in pairs], dtype=bool)

    def problems(self, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[str | None]:
        """Words for labels that the scorer gives less than 1, and for questions that are of no entry."""
        found: list[str | None] = []
        for one, label in zip(inputs, labels, strict=True):
            entry = self._entry(one)
            is_right = self._is_right(entry, np.where(label == IGNORE_LABEL, 0, label))
            found.append(
                "the scorer has no entry of it" if entry is None else None if is_right else "not right for the scorer"
            )
        return found

    def _is_right(self, entry: Entry | None, answer: NDArray[np.integer]) -> bool:
        return entry is not None and self.scorer.is_right(entry, self.layout.answer_of(answer))

    def _entry(self, inputs: NDArray[np.integer]) -> Entry | None:
        entries = self._at_hand()
        for entry in entries[self._num_seen :]:
            self._known.setdefault(self._key(self.layout.question(entry.question)), entry)
        self._num_seen = len(entries)
        return self._known.get(self._key(inputs))

    def _key(self, inputs: NDArray[np.integer]) -> bytes:
        return np.asarray(inputs, dtype="<i4").tobytes()


def is_harmless(answer: str) -> bool:
    """True for an answer that a scorer may work out: no program, no number that takes for ever. Values that are written
    out, texts among them, are none: lists of JSON or Python."""
    if TOWER.search(answer):
        return False
    return is_literal(answer) or not (REACH.search(answer) or set(CALL.findall(answer)) - MATHS)


def is_literal(answer: str) -> bool:
    """True for a value of JSON or of Python, written out."""
    with contextlib.suppress(InputError):
        parse_json(answer, "an answer")
        return True
    with contextlib.suppress(ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        ast.literal_eval(answer)
        return True
    return False

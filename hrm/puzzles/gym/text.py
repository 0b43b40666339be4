"""Questions as people type them: whole, as the library words them, or the part alone that varies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.base import Example, Parsed
from hrm.puzzles.gym.layout import Layout
from hrm.puzzles.written import Written, read_each, unpack


class GymText:
    """``PuzzleText`` and ``InWords`` of the questions of one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def parse(self, text: str) -> Example:
        """The question; ``InputError`` says what of it this model does not know."""
        if not text.strip():
            raise InputError("there is no question: the text is empty")
        return Example(self.layout.question(text.strip("\n")), None)

    def parse_many(self, text: str) -> list[Parsed]:
        """A table with the columns question and answer, JSON of such objects, one question, or one a line."""
        found = unpack(text, self.layout.spec.grid_shape) if text.lstrip()[:1] == "{" or _is_table(text) else None
        if found is None and text.lstrip()[:2] == "[{":
            found = unpack(text, self.layout.spec.grid_shape)
        if found is not None:
            return self._read(found)
        try:
            return [self.parse(text)]
        except InputError as error:
            lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
            if len(lines) < 2 or self.layout.style != "text":
                raise InputError(str(error)) from error
            return self._read(Written(f"line {number}: ", line) for number, line in lines)

    def parse_values(self, value: Any) -> list[Parsed]:
        """A question as a text, a mapping with question and answer, or several of these in a list."""
        values = [value] if isinstance(value, str | Mapping) else list(value)
        found = []
        for number, one in enumerate(values, start=1):
            place = f"question {number}: " if len(values) > 1 else ""
            if isinstance(one, Mapping) and isinstance(one.get("question"), str):
                found.append(Written(place, one["question"], one.get("answer")))
            elif isinstance(one, str):
                found.append(Written(place, one))
            else:
                raise InputError(f"{place}{one!r:.40} is no question: give a text, or a list of texts")
        return self._read(found)

    def words(self, inputs: NDArray[np.integer], answer: NDArray[np.integer] | None = None) -> str:
        """The question (S,), its varying part, or with an answer (S,) that answer."""
        return self.layout.question_of(inputs) if answer is None else self.layout.answer_of(answer)

    def _read(self, found: Iterable[Written]) -> list[Parsed]:
        def read(one: Written) -> Example:
            labels = None if one.answer is None else self.layout.answer(str(one.answer))
            return Example(self.layout.question(str(one.question)), labels, is_given=labels is not None)

        return list(read_each(found, read))


def _is_table(text: str) -> bool:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return first.strip().lower().split(",")[0].strip('" ') == "question"

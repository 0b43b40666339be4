"""The places of a question and its answer among the positions of a model: every one is fixed.

A model of this package gives all cells of an answer at once, so there is no "next letter". A question is text, then the
positions of its answer; or, where both are grids of one shape, text (perhaps none), then the cells, and the answer has
those of the question. What is found by a look at many questions (``scan.py``) stands in ``Layout``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.grid.cells import PAD
from hrm.puzzles.gym.blocks import Style, find_block, pad, rows_of, written
from hrm.types import IGNORE_LABEL, TaskSpec

FILL, SLOT = "¤", "□"
"""Symbols of a position that is empty, and of one that waits for the answer. Neither occurs in the library's texts."""

FIRST = 3
"""The token of the first symbol of the texts, after PAD, FILL and SLOT."""

Form = Literal["text", "cells"]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The places of the questions of a data set and of their answers. As JSON in the configuration of a run."""

    prefix: str
    """The beginning of the text of all questions, which the model does not see."""
    suffix: str
    """Their end, likewise."""
    symbols: str
    """Characters of texts and cells, in the order of their tokens."""
    num_text: int
    """Positions of the text."""
    fields: tuple[int, ...]
    """Width of each word of the text, where all questions have so many words; below 0: set to the right, as numbers
    are, so that their units share a position; 0: the same word in all of them, which the model does not see. (): the
    text is written from the first position on."""
    constants: tuple[str, ...]
    """The words of width 0."""
    style: Style
    """How cells are written."""
    shape: tuple[int, int]
    """Rows and columns of the answer: (1, its positions) for text."""
    words: tuple[str, ...] = ()
    """What is written for each of the first symbols, where a cell is a word."""
    drawn: int = 0
    """So many of the first symbols occur in drawings, where a cell is a character."""
    columns: tuple[int, ...] = ()
    """The columns of a drawing that are not blank in all of them, where a cell is a character."""
    right: bool = False
    """Answers are set to the right."""

    @property
    def seq_len(self) -> int:
        """All positions."""
        return self.num_text + self.shape[0] * self.shape[1]

    @property
    def spec(self) -> TaskSpec:
        """The facts that shape a model."""
        symbols = (PAD, FILL, SLOT, *self.symbols)
        shape = self.shape if self.num_text == 0 else (1, self.seq_len)
        return TaskSpec.of_grid(shape, symbols)

    def question(self, text: str) -> NDArray[np.int64]:
        """Tokens (S,) of a question of the library, or of the part of it that varies. Raises ``InputError``."""
        varying, cells = self.parts(text)
        if self.style == "text":
            answer = SLOT * self.shape[1]
        else:
            if cells is None:
                rows, columns = self.shape
                raise InputError(f"there is no grid in the question (at most {rows} x {columns}) that this model knows")
            answer = self._canvas(cells, "the question")
        return self._tokens(self._placed(varying) + answer, "the question")

    def answer(self, text: str) -> NDArray[np.int64]:
        """Labels (S,) of an answer: none for the question's text. Raises ``InputError``."""
        if self.style == "text":
            width = self.shape[1]
            if len(text) > width:
                raise InputError(f"the answer has {len(text)} characters, and this model gives at most {width}")
            placed = text.rjust(width, FILL) if self.right else text.ljust(width, FILL)
        else:
            rows = rows_of(text.strip("\n"), self.style)
            if rows is None:
                raise InputError("the answer is no grid, and this model gives grids alone")
            placed = self._canvas(rows, "the answer")
        return np.concatenate([np.full(self.num_text, IGNORE_LABEL), self._tokens(placed, "the answer")])

    def question_of(self, tokens: NDArray[np.integer]) -> str:
        """The varying part of a question, out of its tokens (S,)."""
        text = self._text(tokens[: self.num_text]).replace(FILL, "")
        if self.fields:
            seen, constants = iter(text.split(" ")), iter(self.constants)
            text = " ".join(next(seen, "") if width else next(constants) for width in self.fields)
        if self.style == "text":
            return text
        return "\n".join(filter(None, [text, self.answer_of(tokens)]))

    def answer_of(self, tokens: NDArray[np.integer]) -> str:
        """The answer as the library writes it, out of tokens (S,); positions of the question are not looked at."""
        placed = self._text(tokens[self.num_text :])
        if self.style == "text":
            return placed.replace(FILL, "").replace(SLOT, "")
        rows = self._rows(placed)
        return written([[self._word(cell) for cell in row] for row in rows], self.style, self.columns)

    def cell(self, token: int) -> str:
        """The word of a cell; blank where there is none."""
        return "" if token < 2 else self._word(self.spec.symbols[token])

    def parts(self, text: str) -> tuple[str, list[list[str]] | None]:
        """The varying part of a question without its grid, and the rows of that; None where there is none."""
        cells = None
        if self.style != "text":
            found = find_block(text, self.style, set(self.words or self.symbols[: self.drawn]))
            if found is not None:
                text, cells = found
        text = text.strip("\n") if self.style != "text" else text
        if len(self.prefix) + len(self.suffix) <= len(text):
            text = text.removeprefix(self.prefix).removesuffix(self.suffix)
        return text, cells

    def _placed(self, varying: str) -> str:
        """The text on its positions."""
        if not self.fields:
            if len(varying) > self.num_text:
                raise InputError(
                    f"the question has {len(varying)} characters beside what all have in common, "
                    f"and this model reads at most {self.num_text}"
                )
            return varying.ljust(self.num_text, FILL)
        words = varying.split(" ")
        if len(words) != len(self.fields):
            raise InputError(
                "this is no question of the kind that the model knows: beside what they have in common, all of those "
                f"have {len(self.fields)} words, and this one has {len(words)}"
            )
        constants, placed = iter(self.constants), []
        for word, width in zip(words, self.fields, strict=True):
            if width == 0:
                usual = next(constants)
                if word != usual:
                    raise InputError(f"the question has {word!r} where all that this model knows have {usual!r}")
                continue
            if len(word) > abs(width):
                raise InputError(f"{word!r} is longer than the {abs(width)} characters that this model reads there")
            placed.append(word.rjust(-width, FILL) if width < 0 else word.ljust(width, FILL))
        return " ".join(placed)

    def _canvas(self, rows: list[list[str]], what: str) -> str:
        """The symbols of a grid on the canvas."""
        height, width = self.shape
        if self.columns:
            rows = [[row[column] if column < len(row) else FILL for column in self.columns] for row in pad(rows)]
        if len(rows) > height or max(map(len, rows)) > width:
            raise InputError(
                f"{what} has a grid of {len(rows)} x {max(map(len, rows))}, and this model's have at most "
                f"{height} x {width}"
            )
        symbols = ["".join(self._symbol(word, what) for word in row).ljust(width, FILL) for row in rows]
        return "".join(symbols).ljust(height * width, FILL)

    def _rows(self, placed: str) -> list[str]:
        """Symbols of a canvas as rows: up to the first empty cell of each, up to the first empty row."""
        width = self.shape[1]
        rows = [placed[start : start + width].partition(FILL)[0] for start in range(0, len(placed), width)]
        return rows[: rows.index("")] if "" in rows else rows

    def _symbol(self, word: str, what: str) -> str:
        if not self.words or word == FILL:
            return word
        if word not in self.words:
            raise InputError(f"{what} has a cell {word!r}, which this model does not know")
        return self.symbols[self.words.index(word)]

    def _word(self, symbol: str) -> str:
        place = self.symbols.find(symbol)
        return self.words[place] if 0 <= place < len(self.words) else symbol

    def _tokens(self, text: str, what: str) -> NDArray[np.int64]:
        known = {symbol: token for token, symbol in enumerate((FILL, SLOT, *self.symbols), start=1)}
        unknown = sorted(set(text) - set(known))
        if unknown:
            raise InputError(f"{what} has the character {unknown[0]!r}, which this model does not know")
        return np.array([known[symbol] for symbol in text], dtype=np.int64)

    def _text(self, tokens: NDArray[np.integer]) -> str:
        symbols = (FILL, FILL, SLOT, *self.symbols)  # PAD is in no text, but a model may give it
        return "".join(symbols[token] for token in tokens)

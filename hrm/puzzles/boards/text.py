"""Boards as people type them: lines of symbols, with or without spaces between, all cells in one line, tables, JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.ansi import COLOUR
from hrm.puzzles.base import Example, Parsed, required
from hrm.puzzles.boards.family import PAD, Family, GaveUpError, Line
from hrm.puzzles.written import RawBoard, Written, of_values, read_each, unpack


class FamilyText:
    """``PuzzleText`` of a family; the label is what stands beside the puzzle, or else what a search finds."""

    def __init__(self, family: Family) -> None:
        self.family, self.shape = family, family.spec.grid_shape
        self.asked = {family.spec.symbols[token]: token for token in family.asked} | dict(family.letters)
        self.answered = {symbol: token for token, symbol in enumerate(family.spec.symbols) if token}

    def parse(self, text: str) -> Example:
        """The one board that ``text`` is. Raises ``InputError``."""
        parsed = self.parse_many(text)
        if len(parsed) > 1:
            raise InputError(f"{len(parsed)} boards found where one is wanted: is there an empty line in the middle?")
        return required(parsed)[0]

    def parse_many(self, text: str) -> list[Parsed]:
        """The boards of a file: one per line, or of several lines with empty lines between them; tables, JSON."""
        packed = unpack(text, self.shape)
        if packed is not None:
            return read_each(packed, self._example)
        lines = [Line(number, line) for number, line in enumerate(COLOUR.sub("", text).splitlines(), start=1)]
        blocks = self._blocks(lines if self.family.plain is None else self.family.plain(lines))
        if not blocks:
            raise InputError("there is no board: the text is empty")
        return [self._parsed(lines, is_alone=len(blocks) == 1) for lines in blocks]

    def parse_values(self, value: Any) -> list[Parsed]:
        """Boards as lists, arrays or texts; cells are the characters of a text, or numbers of one digit."""
        return read_each(of_values(value, self.shape), self._example)

    def _parsed(self, lines: list[Line], *, is_alone: bool) -> Parsed:
        first, last = lines[0].number, lines[-1].number
        place = "" if is_alone else f"line {first}: " if first == last else f"lines {first} to {last}: "
        for line in lines:
            if line.fault:
                return InputError(place + line.fault)
        return read_each([Written(place, "\n".join(line.text for line in lines))], self._example)[0]

    def _blocks(self, lines: list[Line]) -> list[list[Line]]:
        """The lines of each board: those of several lines end where an empty line stands, or when they are full."""
        blocks: list[list[Line]] = []
        is_open = False
        for line in lines:
            cells = len("".join(line.text.split()))
            if not cells:
                is_open = False
                continue
            is_whole = cells == self.family.spec.seq_len and self.shape[0] > 1
            if is_whole or not is_open:
                blocks.append([])
            blocks[-1].append(line)
            is_open = not is_whole and len(blocks[-1]) < self.shape[0]
        return blocks

    def _example(self, written: Written) -> Example:
        question = self._cells(written.question, self.asked)
        if written.answer is None:
            try:
                labels = self.family.solve(question)
            except GaveUpError:  # a model may still find an answer, and the rules will judge it
                labels = None
            return Example(question, None if labels is None else labels.astype(np.int64))
        answer = self._cells(written.answer, self.answered)
        if not self.family.solved(question[None], answer[None])[0]:
            raise InputError("the answer beside it does not solve it")
        return Example(question, answer, is_given=True)

    def _cells(self, board: RawBoard, table: dict[str, int]) -> NDArray[np.int64]:
        """Tokens (S,) of a board."""
        rows, columns = self.shape
        blank = self.family.spec.symbols[self.family.asked[0]] if self.family.has_blank else PAD
        if isinstance(board, str):
            lines = ["".join(line.split()) for line in board.splitlines()]
        else:
            lines = ["".join(blank if cell in (None, "", " ") else str(cell) for cell in board)]
        lengths = [len(line) for line in lines if line]
        if lengths not in ([columns] * rows, [rows * columns]):
            found = f"{sum(lengths)} cells in {len(lengths)} lines" if len(lengths) > 1 else f"{sum(lengths)} cells"
            raise InputError(f"{found} found, but {self.family.title} of {rows} x {columns} has {rows * columns}")
        tokens = []
        for cell, character in enumerate("".join(lines)):
            if character not in table:
                known = " ".join(self.family.spec.symbols[token] for token in sorted(set(table.values())))
                where = f"row {cell // columns + 1}, column {cell % columns + 1}"
                raise InputError(f"{character!r} in {where} is no cell of {self.family.title}: write {known}")
            tokens.append(table[character])
        return np.array(tokens, dtype=np.int64)

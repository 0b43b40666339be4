"""CSV files of puzzles, plain or .gz: a row each, checked in chunks. Every error names file, line and reason.

Other people's names for the columns (Kaggle's: quizzes and solutions) and other separators (a spreadsheet's: ``;``) are
read as well.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple, NoReturn, TextIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from hrm.errors import FaultyRowsError, InputError
from hrm.files import GZIP, encoding_of, readable

T = TypeVar("T")

CHUNK = 20_000
"""Rows checked together: a few tens of MB of work space, however large the file."""

BAD = 255
"""The cell that a character becomes that may not stand in one: the largest byte, no board has as many symbols."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "question": (
        *("question", "questions", "puzzle", "puzzles", "quiz", "quizzes", "problem", "unsolved", "input"),
        *("board", "grid", "sudoku", "maze"),
    ),
    "answer": ("answer", "answers", "solution", "solutions", "solved", "output", "label"),
}
"""Column -> the names that it has in the files of others; the first one counts where there are several."""

DELIMITERS = ",;\t|"
"""What separates the columns; the header tells which."""

ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
"""A board that a spreadsheet took for a number and rounded."""


def place_of(name: str, header: Sequence[str]) -> int | None:
    """The column that is meant by ``name``, among those of a header as it stands in the file; None: there is none."""
    known = [column.strip().lower() for column in header]
    return next((known.index(other) for other in SYNONYMS.get(name, (name,)) if other in known), None)


def delimiter_of(header: str, required: Sequence[str]) -> str:
    """The separator under which a header has most of the columns ``required``; a comma where it has none."""

    def num_found(delimiter: str) -> int:
        columns = next(csv.reader([header], delimiter=delimiter), [])
        return sum(place_of(name, columns) is not None for name in required)

    return max(DELIMITERS, key=num_found)  # the first of equals


def with_zeros(text: str, num_cells: int) -> str:
    """A board of digits whose leading zeros a spreadsheet dropped, with them again; any other text as it is.

    Who calls looks whether what came out is a puzzle with the answer beside it, or with one answer only.
    """
    is_number = text.isascii() and text.isdecimal() and "0" in text
    return text.zfill(num_cells) if is_number else text


def describe_spreadsheet(text: str) -> str:
    """The end of a message about a text that is too short, where a spreadsheet may have made it so."""
    if ROUNDED.fullmatch(text.strip()):
        return " (a spreadsheet took the board for a number and rounded it: import the column as text)"
    if text.isascii() and text.isdecimal():
        return " (a spreadsheet that takes a board for a number drops its leading zeros: import the column as text)"
    return ""


class Chunk(NamedTuple):
    """Some rows of a file: N texts in every column that was asked for."""

    path: Path
    lines: list[int]  # (N,): the line of the file on which the row ends
    columns: dict[str, list[str]]  # texts as they stand in the file, empty where an optional column is missing
    uneven: tuple[tuple[int, str], ...] = ()  # line and fault of rows with more or fewer columns, which are left out

    def fail(self, row: int, reason: str) -> NoReturn:
        """``InputError`` for row number ``row`` of the chunk."""
        raise InputError(f"{self.path}, line {self.lines[row]}: {reason}")

    def row(self, row: int) -> Chunk:
        """One row by itself."""
        return Chunk(self.path, [self.lines[row]], {name: [texts[row]] for name, texts in self.columns.items()})

    def stripped(self) -> Chunk:
        """The same without blanks around the texts, for puzzles whose cells are never blanks."""
        return self._replace(columns={name: [text.strip() for text in texts] for name, texts in self.columns.items()})

    def cells(
        self, column: str, table: NDArray[np.uint8], num_cells: int, *, board: str, allowed: str
    ) -> NDArray[np.uint8]:
        """Boards as text -> (N, num_cells). ``table`` (256,) turns characters into cells, or ``BAD``.

        ``board`` ("a 9x9 board") and ``allowed`` ("a digit or a blank") are for the messages.
        """
        texts = self.columns[column]
        for row, text in enumerate(texts):
            if len(text) != num_cells:
                hint = describe_spreadsheet(text)
                self.fail(row, f"{column} has {len(text)} cells, {board} {num_cells}{hint}")
        raw = np.frombuffer("".join(texts).encode("latin-1", "replace"), dtype=np.uint8)
        cells = table[raw].reshape(len(texts), num_cells)
        if (cells == BAD).any():
            row, cell = np.argwhere(cells == BAD)[0]
            self.fail(row, f"{column} has {texts[row][cell]!r} at position {cell + 1}: not {allowed}")
        return cells

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Numbers (N,), NaN where there is none."""
        numbers = np.full(len(self.lines), np.nan)
        for row, text in enumerate(self.columns[column]):
            try:
                numbers[row] = float(text) if text.strip() else np.nan
            except ValueError:
                self.fail(row, f"the {column} {text!r} is not a number")
        return numbers


def read_all(path: Path, required: Sequence[str], optional: Sequence[str], decode: Callable[[Chunk], T]) -> list[T]:
    """``decode`` of all chunks of a file. Raises ``FaultyRowsError`` with every row that it, or the file, refuses."""
    decoded: list[T] = []
    faults: list[str] = []
    for chunk in read_chunks(path, required, optional):
        refused = list(chunk.uneven)
        try:
            decoded.append(decode(chunk))
        except InputError:  # of the first such row: now one by one, which takes longer
            refused += _refused(chunk, decode)
        faults += [fault for _, fault in sorted(refused)]
    if faults:
        raise FaultyRowsError(faults)
    return decoded


def _refused(chunk: Chunk, decode: Callable[[Chunk], T]) -> Iterator[tuple[int, str]]:
    for row, line in enumerate(chunk.lines):
        try:
            decode(chunk.row(row))
        except InputError as error:
            yield line, str(error)


def read_chunks(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Chunk]:
    """The rows of a file, at least one. Raises ``InputError`` for a file that is no such CSV file."""
    with readable(path, missing=_hint(path)):
        try:
            with _opened(path) as file:
                yield from _chunks(file, path, required, optional)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(f"{path}: not a readable gzip file ({error})") from error
        except csv.Error as error:
            raise InputError(f"{path}: not a CSV file ({error})") from error


def _hint(path: Path) -> str:
    """What to do about a file that is not there."""
    seen = "" if path.is_absolute() else f" in {Path.cwd()}; a run finds its files from the folder it was trained in"
    return f"{seen} ('hrm data fetch' brings the public data sets)"


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """Opened here and not by ``read_text``: one of 700 MB is read in chunks, and may be packed. Decoded as there."""
    with (
        open(path, "rb") as file,
        gzip.open(file) if path.suffix == ".gz" or file.peek(2)[:2] == GZIP else file as binary,
        io.TextIOWrapper(binary, encoding=encoding_of(binary.peek(2)), newline="") as text,  # csv sees to line ends
    ):
        yield text


def _chunks(file: TextIO, path: Path, required: Sequence[str], optional: Sequence[str]) -> Iterator[Chunk]:
    first = file.readline()
    delimiter = delimiter_of(first, required)
    reader = csv.reader(chain([first], file), delimiter=delimiter)
    header = [name.strip().lower() for name in next(reader, [])]
    if not header:
        raise InputError(f"{path}: the file is empty")
    places = {name: place_of(name, header) for name in (*required, *optional)}
    missing = [name for name in required if places[name] is None]
    if missing:
        raise InputError(f"{path}, line 1: no column {' and no column '.join(missing)} (columns: {', '.join(header)})")
    numbered = ((reader.line_num, row) for row in reader if row)
    is_empty = True
    while rows := list(islice(numbered, CHUNK)):
        is_empty = False
        uneven = tuple(
            (line, f"{path}, line {line}: {len(row)} columns, but the header has {len(header)}")
            for line, row in rows
            if len(row) != len(header)
        )
        if uneven:
            rows = [(line, row) for line, row in rows if len(row) == len(header)]
        columns = {
            name: [""] * len(rows) if place is None else [row[place] for _, row in rows]
            for name, place in places.items()
        }
        yield Chunk(path, [line for line, _ in rows], columns, uneven)
    if is_empty:
        raise InputError(f"{path}: there are no puzzles below the header")

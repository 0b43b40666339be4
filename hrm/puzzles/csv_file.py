"""CSV files of puzzles, plain or .gz: a row each, checked in chunks. Every error names file, line and reason."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, NoReturn, TextIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from hrm.errors import FaultyRowsError, InputError
from hrm.files import encoding_of, readable

T = TypeVar("T")

CHUNK = 20_000
"""Rows checked together: a few tens of MB of work space, however large the file."""

BAD = 255
"""The cell that a character becomes that may not stand in one: the largest byte, no board has as many symbols."""


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
                self.fail(row, f"{column} has {len(text)} cells, {board} {num_cells}")
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
    with readable(path, missing=" ('hrm data fetch' brings the public data sets)"):
        try:
            with _opened(path) as file:
                yield from _chunks(file, path, required, optional)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(f"{path}: not a readable gzip file ({error})") from error
        except csv.Error as error:
            raise InputError(f"{path}: not a CSV file ({error})") from error


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """Opened here and not by ``read_text``: one of 700 MB is read in chunks, and may be packed. Decoded as there."""
    with (
        gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as binary,
        io.TextIOWrapper(binary, encoding=encoding_of(binary.peek(2)), newline="") as text,  # csv sees to line ends
    ):
        yield text


def _chunks(file: TextIO, path: Path, required: Sequence[str], optional: Sequence[str]) -> Iterator[Chunk]:
    reader = csv.reader(file)
    header = [name.strip().lower() for name in next(reader, [])]
    if not header:
        raise InputError(f"{path}: the file is empty")
    missing = [name for name in required if name not in header]
    if missing:
        raise InputError(f"{path}, line 1: no column {' and no column '.join(missing)} (columns: {', '.join(header)})")
    places = {name: header.index(name) if name in header else None for name in (*required, *optional)}
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

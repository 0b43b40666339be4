"""Sudoku files: CSV (or .csv.gz) with the columns question and answer, and if they like source and rating.

This is the layout of the hub dataset ``sapientinc/sudoku-extreme``. Blanks are ``.`` or ``0``.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple, NoReturn, TextIO

import numpy as np
from numpy.typing import NDArray

from hrm.tasks.sudoku.rules import DIGITS, Digits, Layout, are_complete
from hrm.types import InputError

CHUNK = 20_000
"""Rows checked together: a few tens of MB of work space, however large the file."""

BAD = 255
"""What a character that is neither digit nor blank becomes."""


class Puzzles(NamedTuple):
    """Puzzles with their answers, as digits."""

    questions: Digits  # (N, S), 0 for a blank
    answers: Digits  # (N, S)
    ratings: NDArray[np.float64]  # (N,): how hard, by the measure of the file; NaN where not given
    rows: NDArray[np.int64]  # (N,): which row of the file, or which generated puzzle; from 0

    def take(self, chosen: NDArray[np.int64]) -> Puzzles:
        return Puzzles._make(column[chosen] for column in self)


def draw_rows(num_rows: int, num: int | None, rng: np.random.Generator) -> NDArray[np.int64]:
    """``num`` of the rows of a file, ascending, drawn without replacement; all for None, 0 or a number too large."""
    if not num or num >= num_rows:
        return np.arange(num_rows)
    return np.sort(rng.permutation(num_rows)[:num])


def read_csv(path: Path, layout: Layout) -> Puzzles:
    """All puzzles of a file. Raises ``InputError`` with file, line and reason for what is no puzzle."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            chunks = list(_read_chunks(file, path, layout))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file ('hrm data fetch' brings the public data sets)") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a readable gzip file ({error})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text file in UTF-8 ({error})") from error
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV file ({error})") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not chunks:
        raise InputError(f"{path}: there are no puzzles below the header")
    questions, answers, ratings = (np.concatenate(column) for column in zip(*chunks, strict=True))
    return Puzzles(questions, answers, ratings, np.arange(len(questions)))


def _read_chunks(file: TextIO, path: Path, layout: Layout) -> Iterator[tuple[Digits, Digits, NDArray[np.float64]]]:
    """Questions, answers and ratings, some thousand rows at a time."""
    reader = csv.reader(file)
    header = [name.strip().lower() for name in next(reader, [])]
    if not header:
        raise InputError(f"{path}: the file is empty")
    missing = [name for name in ("question", "answer") if name not in header]
    if missing:
        raise InputError(f"{path}, line 1: no column {' and no column '.join(missing)} (columns: {', '.join(header)})")
    numbered = ((reader.line_num, row) for row in reader if row)
    while chunk := list(islice(numbered, CHUNK)):
        lines = [line for line, _ in chunk]
        rows = [row for _, row in chunk]
        for line, row in chunk:
            if len(row) != len(header):
                _fail(path, line, f"{len(row)} columns, but the header has {len(header)}")
        question_texts = [row[header.index("question")].strip() for row in rows]
        answer_texts = [row[header.index("answer")].strip() for row in rows]
        questions = _decode(question_texts, "question", path, lines, layout)
        answers = _decode(answer_texts, "answer", path, lines, layout)
        _check(questions, answers, path, lines, layout)
        ratings = [row[header.index("rating")] if "rating" in header else "" for row in rows]
        yield questions, answers, _ratings(ratings, path, lines)


def _decode(texts: list[str], column: str, path: Path, lines: list[int], layout: Layout) -> Digits:
    """Boards as text -> digits (N, S)."""
    for line, text in zip(lines, texts, strict=True):
        if len(text) != layout.num_cells:
            _fail(
                path,
                line,
                f"{column} has {len(text)} cells, a {layout.size}x{layout.size} board {layout.num_cells}",
            )
    table = np.full(256, BAD, dtype=np.uint8)
    for digit, symbol in enumerate(DIGITS[: layout.size], start=1):
        table[ord(symbol)] = table[ord(symbol.lower())] = digit
    table[[ord("."), ord("0")]] = 0
    raw = np.frombuffer("".join(texts).encode("latin-1", "replace"), dtype=np.uint8)
    digits = table[raw].reshape(len(texts), layout.num_cells)
    if (digits == BAD).any():
        row, cell = np.argwhere(digits == BAD)[0]
        _fail(
            path,
            lines[row],
            f"{column} has {texts[row][cell]!r} at position {cell + 1}: not a digit or a blank (. or 0)",
        )
    return digits


def _check(questions: Digits, answers: Digits, path: Path, lines: list[int], layout: Layout) -> None:
    """Every answer is a full grid by the rules and keeps the givens of its question."""
    broken = np.flatnonzero(~are_complete(layout, answers))
    if broken.size:
        _fail(path, lines[broken[0]], "the answer breaks the rules: a row, column or box misses a digit")
    different = (questions != 0) & (questions != answers)
    if different.any():
        row, cell = np.argwhere(different)[0]
        symbols = DIGITS[questions[row, cell] - 1], DIGITS[answers[row, cell] - 1]
        where = layout.cell_name(int(cell))
        _fail(
            path,
            lines[row],
            f"the answer contradicts the givens: {where} is {symbols[0]}, in the answer {symbols[1]}",
        )


def _ratings(texts: list[str], path: Path, lines: list[int]) -> NDArray[np.float64]:
    ratings = np.full(len(texts), np.nan)
    for index, text in enumerate(texts):
        try:
            ratings[index] = float(text) if text.strip() else np.nan
        except ValueError:
            _fail(path, lines[index], f"the rating {text!r} is not a number")
    return ratings


def _fail(path: Path, line: int, reason: str) -> NoReturn:
    raise InputError(f"{path}, line {line}: {reason}")

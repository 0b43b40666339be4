"""Puzzles that come packed: in JSON, in a table with a header, in Python's lists and arrays. What a puzzle itself looks
like is for the text of its kind to know."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from hrm.errors import InputError
from hrm.files import parse_json
from hrm.puzzles.csv_file import SYNONYMS, delimiter_of, place_of

T = TypeVar("T")

RawBoard = str | list[Any]
"""A text, or all cells row by row: integers, texts of one character, None for a blank."""


class Written(NamedTuple):
    """One puzzle as it was found."""

    place: str  # the start of an error message: "line 3: "; empty where there is one puzzle only
    question: RawBoard
    answer: RawBoard | None = None
    in_table: bool = False  # in a table, where a spreadsheet may have been at it


def read_each(found: Iterable[Written], read: Callable[[Written], T]) -> list[T | InputError]:
    """The result of ``read`` for each, or its ``InputError`` with the place in front."""
    parsed: list[T | InputError] = []
    for one in found:
        try:
            parsed.append(read(one))
        except InputError as error:
            parsed.append(InputError(f"{one.place}{error}"))
    return parsed


def unpack(text: str, shape: tuple[int, int]) -> list[Written] | None:
    """The puzzles of a table with a header, of JSON or of JSON lines; None for any other text.

    shape: rows and columns of a board. Raises ``InputError`` for JSON that holds no such boards.
    """
    start = text.lstrip()[:1]
    if not start:
        return None
    found = _of_json(text, shape) if start in "[{" else _of_table(text)
    if found is not None and not found:
        raise InputError("there is no puzzle: the list is empty")
    return found


def of_values(value: Any, shape: tuple[int, int]) -> list[Written]:
    """The puzzles that a Python value holds. A board is a text, a list of rows, or a list of all its cells; lists may
    be tuples or arrays, and a row may be a text. Raises ``InputError`` for anything else."""
    value = _plain(value)
    whole = _board(value, shape)
    if whole is not None:
        return [Written("", whole)]
    if isinstance(value, Mapping):
        return _of_object(value, shape, "")
    if not isinstance(value, list):
        raise InputError(f"{_describe(value)} is no puzzle: {_wanted(shape)}")
    found: list[Written] = []
    for number, item in enumerate(value, start=1):
        place = f"puzzle {number}: " if len(value) > 1 else ""
        if isinstance(item, Mapping):
            found += _of_object(item, shape, place)
            continue
        board = _board(item, shape)
        if board is None:
            raise InputError(f"{place}{_describe(item)} is no puzzle: {_wanted(shape)}")
        found.append(Written(place, board))
    return found


def _of_table(text: str) -> list[Written] | None:
    first = next(line for line in text.splitlines() if line.strip())
    delimiter = delimiter_of(first, ("question", "answer"))
    header = next(csv.reader([first], delimiter=delimiter), [])
    question, answer = place_of("question", header), place_of("answer", header)
    if question is None:
        return None
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    found: list[Written] = []
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"line {reader.line_num}: not a CSV file ({error})") from error
    for line, row in rows[1:]:
        texts = [row[place] if place is not None and place < len(row) else "" for place in (question, answer)]
        found.append(Written(f"line {line}: ", texts[0], texts[1] or None, in_table=True))
    if not found:
        raise InputError("there are no puzzles below the header")
    return found


def _of_json(text: str, shape: tuple[int, int]) -> list[Written] | None:
    try:
        return of_values(parse_json(text, "the text"), shape)
    except InputError as error:
        if not isinstance(error.__cause__, ValueError):  # JSON, but no puzzle
            raise
    found: list[Written] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"line {number}: "
        try:
            found += [one._replace(place=place) for one in of_values(parse_json(line, "the line"), shape)]
        except InputError:
            if not found:
                return None  # a text that begins with a bracket
            found.append(Written(place, line))  # the text of its kind says what is wrong
    return found


def _of_object(value: Mapping[Any, Any], shape: tuple[int, int], place: str) -> list[Written]:
    """A puzzle with names for its parts, or several under one name."""
    keys = list(value)
    question, answer = place_of("question", list(map(str, keys))), place_of("answer", list(map(str, keys)))
    if question is None:
        names = ", ".join(map(str, keys)) or "none"
        raise InputError(f"{place}no 'puzzle' among the keys ({names}); others that are read: {_synonyms()}")
    found = of_values(value[keys[question]], shape)
    if answer is not None and value[keys[answer]] is not None:
        answers = of_values(value[keys[answer]], shape)
        if len(answers) != len(found):
            raise InputError(f"{place}{len(found)} under {keys[question]!r}, but {len(answers)} under {keys[answer]!r}")
        found = [one._replace(answer=other.question) for one, other in zip(found, answers, strict=True)]
    return [one._replace(place=place + one.place) for one in found]


def _synonyms() -> str:
    return ", ".join(SYNONYMS["question"])


def _plain(value: Any) -> Any:
    """Arrays and tuples as lists, whole numbers as int; everything else as it is."""
    if isinstance(value, str | Mapping | bytes):
        return value
    if hasattr(value, "__array__"):
        value = value.__array__().tolist()
    if isinstance(value, Sequence | Iterable):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if isinstance(value, float) and value != value else value  # NaN: a cell without a number


def _is_cell(value: Any) -> bool:
    return value is None or isinstance(value, int) or (isinstance(value, str) and len(value) <= 1)


def _board(value: Any, shape: tuple[int, int]) -> RawBoard | None:
    """The one board that a plain value is, or None."""
    rows, columns = shape
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return None
    if len(value) == rows * columns and all(map(_is_cell, value)):
        return value
    if len(value) == rows and all(isinstance(row, list | str) and len(row) == columns for row in value):
        cells = [cell for row in value for cell in row]
        return cells if all(map(_is_cell, cells)) else None
    return None


def _describe(value: Any) -> str:
    if isinstance(value, list):
        inner = value[0] if value else None
        return f"a list of {len(value)}" + (f" lists of {len(inner)}" if isinstance(inner, list) else " values")
    return f"{value!r:.40} ({type(value).__name__})"


def _wanted(shape: tuple[int, int]) -> str:
    rows, columns = shape
    return (
        f"give a text, {rows} rows of {columns} cells, all {rows * columns} cells in a list or array, or a list of such"
    )

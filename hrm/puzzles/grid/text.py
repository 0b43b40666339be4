"""Grids as people type them: JSON, lines of symbols, or all cells on one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.files import parse_json
from hrm.puzzles.base import Example, Parsed, required
from hrm.puzzles.grid.cells import BAD, PAD, encode, read_cells
from hrm.puzzles.written import RawBoard, Written, of_values, read_each, unpack
from hrm.types import TaskSpec


class GridText:
    """``PuzzleText`` of grids of one size and of known symbols."""

    def __init__(self, spec: TaskSpec) -> None:
        self.spec = spec

    def parse(self, text: str) -> Example:
        """A grid (or a pair) as JSON, as lines of symbols, or all cells on one line."""
        return read_grid(text, self.spec)

    def parse_many(self, text: str) -> list[Parsed]:
        """The grids of a file: one per line, or grids of several lines with blank lines between; a table, JSON."""
        return read_grids(text, self.spec)

    def parse_values(self, value: Any) -> list[Parsed]:
        """Grids as lists, arrays or texts; cells as in a file of pairs."""
        return _read_written(of_values(value, self.spec.grid_shape), self.spec)


def read_grid(text: str, spec: TaskSpec) -> Example:
    """The one grid that ``text`` is, or the pair. Spaces between symbols are nothing, unless a space is a symbol.

    Raises ``InputError`` for another size and for symbols that the task does not know.
    """
    packed = _unpack(text, spec)
    if packed is not None and len(packed) == 1:
        return required(_read_written(packed, spec))[0]
    lines = (text if " " in spec.symbols else text.rstrip()).splitlines()
    while lines and not _symbols(lines[0], spec):
        del lines[0]
    return _read_block(lines, 1, spec)


def read_grids(text: str, spec: TaskSpec) -> list[Parsed]:
    """The grids of a file: one per line (JSON, or all cells), or grids of several lines with blank lines between them,
    or a JSON list, or a table. An ``InputError`` that says in which line it begins for each bad one.
    """
    if (packed := _unpack(text, spec)) is not None:
        return _read_written(packed, spec)
    examples: list[Parsed] = []
    for first, lines in _blocks(text, spec):
        try:
            examples.append(_read_block(lines, first, spec))
        except InputError as error:
            examples.append(InputError(f"line {first}: {error}"))
    if not examples:
        raise InputError("there is no grid: the text is empty")
    return examples


def _unpack(text: str, spec: TaskSpec) -> list[Written] | None:
    try:
        return unpack(text, spec.grid_shape)
    except InputError:
        return None  # JSON of another shape: reading it as one grid says what is wrong with it


def _read_written(found: Iterable[Written], spec: TaskSpec) -> list[Parsed]:
    def read(one: Written) -> Example:
        labels = None if one.answer is None else tokens(one.answer)
        return Example(tokens(one.question), labels, is_given=labels is not None)

    def tokens(board: RawBoard) -> NDArray[np.int64]:
        if isinstance(board, str):
            return read_grid(board, spec).inputs
        width = spec.grid_shape[1]
        return _of_json([board[start : start + width] for start in range(0, len(board), width)], "the grid", spec)

    return read_each(found, read)


def _blocks(text: str, spec: TaskSpec) -> Iterator[tuple[int, list[str]]]:
    """Number of the first line, lines."""
    lines: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if not _symbols(line, spec):
            if lines:
                yield number - len(lines), lines
            lines = []
        elif not lines and (_is_json(line) or len(_symbols(line, spec)) == spec.seq_len):
            yield number, [line]
        else:
            lines.append(line)


def _read_block(lines: list[str], first: int, spec: TaskSpec) -> Example:
    value = _json("\n".join(lines))
    if value is None:
        rows = [_symbols(line, spec) for line in lines]
        _check_rows(rows, first, spec)
        return Example(_encode("".join(rows), spec), None)
    if not isinstance(value, dict):
        return Example(_of_json(value, "the grid", spec), None)
    if "input" not in value:
        raise InputError('no "input": a pair is {"input": grid, "output": grid}')
    labels = _of_json(value["output"], "output", spec) if value.get("output") is not None else None
    return Example(_of_json(value["input"], "input", spec), labels, is_given=labels is not None)


def _check_rows(rows: list[str], first: int, spec: TaskSpec) -> None:
    height, width = spec.grid_shape
    if len(rows) == 1 and len(rows[0]) == spec.seq_len:
        return
    if len(rows) == 1 and height > 1:
        raise InputError(f"{len(rows[0])} cells found, a grid of {height} x {width} has {spec.seq_len}")
    if len(rows) != height:
        raise InputError(f"{len(rows)} lines found, a grid of {height} x {width} has {height}")
    for number, row in enumerate(rows, start=first):
        if len(row) != width:
            raise InputError(f"line {number} has {len(row)} cells instead of {width}")


def _of_json(value: Any, what: str, spec: TaskSpec) -> NDArray[np.int64]:
    cells = read_cells(value, what)
    if cells.shape != spec.grid_shape:
        rows, columns = spec.grid_shape
        raise InputError(f"{what} is {cells.shape[0]} x {cells.shape[1]}, this task's grids are {rows} x {columns}")
    return _encode(cells.text, spec)


def _encode(text: str, spec: TaskSpec) -> NDArray[np.int64]:
    tokens = encode([text], spec.symbols)[0]
    known = " ".join(symbol for symbol in spec.symbols if symbol != PAD)
    is_bad = (tokens == BAD) | np.array([symbol == PAD for symbol in text], dtype=bool)
    if is_bad.any():
        cell = int(is_bad.argmax())
        row, column = divmod(cell, spec.grid_shape[1])
        raise InputError(f"{text[cell]!r} in row {row + 1}, column {column + 1} is no symbol of this task ({known})")
    return tokens


def _symbols(line: str, spec: TaskSpec) -> str:
    return line if " " in spec.symbols else "".join(line.split())


def _is_json(line: str) -> bool:
    return _json(line) is not None


def _json(text: str) -> Any:
    """The JSON object or list that ``text`` is, None when it is none."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return parse_json(text, "the grid")
    except InputError:
        return None

"""Grids as people write them in JSON, and the symbol that stands for each cell."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError

INTEGERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
"""The symbol of the integer n: ``INTEGERS[n]``. Integers from 62 on have none."""

PAD = "∅"
"""The symbol of token 0, which no cell has: in the published format a label of 0 is "no label"."""

BAD = -1
"""The token that a symbol becomes that is not one of those known."""


class Cells(NamedTuple):
    """A grid: its symbols row by row, and its shape."""

    text: str
    shape: tuple[int, int]


def read_cells(grid: Any, what: str) -> Cells:
    """A list of rows; a row is a string, or a list of integers and one-character strings (1 and "1" are the same).

    Raises ``InputError`` that begins with ``what``.
    """
    if not isinstance(grid, list) or not grid or not all(isinstance(row, list | str) and row for row in grid):
        raise InputError(f"{what}: a grid is a list of rows, each a string or a list of cells, and none of them empty")
    rows = [_read_row(row, f"{what}, row {number}") for number, row in enumerate(grid, start=1)]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise InputError(f"{what}: row {number} has {len(row)} cells, row 1 has {len(rows[0])}")
    return Cells("".join(rows), (len(rows), len(rows[0])))


def _read_row(row: str | list[Any], what: str) -> str:
    if isinstance(row, list) and set(map(type, row)) == {int} and min(row) >= 0 and max(row) < len(INTEGERS):
        return "".join(map(INTEGERS.__getitem__, row))  # the fast way of most files
    return "".join(symbol_of(cell, f"{what}, cell {number}") for number, cell in enumerate(row, start=1))


def symbol_of(cell: Any, what: str) -> str:
    """The symbol of one cell. Raises ``InputError`` that begins with ``what``."""
    if type(cell) is int:  # True is an int, but not a cell
        if 0 <= cell < len(INTEGERS):
            return INTEGERS[cell]
        raise InputError(f"{what} is {cell}: integers go from 0 to {len(INTEGERS) - 1}; use one-character strings")
    if isinstance(cell, str) and len(cell) == 1 and cell.isprintable() and cell != PAD:
        return cell
    raise InputError(f"{what} is {cell!r}: a cell is an integer or a string of one visible character")


def encode(texts: Sequence[str], symbols: tuple[str, ...]) -> NDArray[np.int64]:
    """Grids of S symbols each -> tokens (N, S), ``BAD`` for a character that is none of ``symbols``."""
    codes = np.array([ord(symbol) for symbol in symbols])
    order = np.argsort(codes)
    cells = np.frombuffer("".join(texts).encode("utf-32-le"), dtype="<u4").astype(np.int64)
    found = order[np.searchsorted(codes, cells, sorter=order).clip(max=len(codes) - 1)]
    return np.where(codes[found] == cells, found, BAD).reshape(len(texts), -1)

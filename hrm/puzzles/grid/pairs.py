"""Files of pairs: JSON lines, a JSON array of pairs, or one ARC task.

JSON lines (``pairs.jsonl``): every line is a pair, and the first one may be a header::

    {"header": true, "symmetries": ["dihedral"], "rename": "123", "symbols": ".123"}
    {"input": [[0, 1], [2, 0]], "output": [[3, 1], [2, 3]]}
    {"input": [".1", "2."], "output": ["31", "23"]}

A grid is a list of rows; a row is a string, or a list of integers (0 to 61, written 0-9, A-Z, a-z) and one-character
strings. All grids of a file have one size. The header, and each of its keys, may be left out:

    symmetries   what turns a pair into another right pair: dihedral, rotations, left-right, top-bottom, diagonal
    rename       symbols that may be exchanged for one another, in input and output alike (colours, digits)
    symbols      all symbols; otherwise those that occur

The same pairs may stand in one JSON array, ``[pair, ...]``, as re-ARC writes them (a header first, if there is one).

An ARC task is one JSON object ``{"train": [pair, ...], "test": [pair, ...]}``, which may hold the keys of a header
too. The pairs of its test list are the held-out ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from hrm.errors import InputError, suggestion
from hrm.files import kind_of, parse_json, read_text
from hrm.puzzles.grid.cells import Cells, read_cells, symbol_of

HEADER_KEYS = ("symmetries", "rename", "symbols")  # the fields of ``Header``


@dataclass(frozen=True, kw_only=True)
class Header:
    """The header of a file of pairs; None where it says nothing."""

    symmetries: tuple[str, ...] | None = None
    rename: str | None = None
    symbols: str | None = None


class Pairs(NamedTuple):
    """The pairs of a file: S symbols each, row by row."""

    header: Header
    shape: tuple[int, int]
    inputs: list[str]
    outputs: list[str]
    places: list[str]  # where each pair stands: "line 3", "train pair 2"
    num_train: int | None  # the first so many pairs are for training; None: the file does not say

    @property
    def symbols(self) -> str:
        """All symbols that occur, in the order of their code points: digits, capitals, small letters."""
        return "".join(sorted(set().union(*self.inputs, *self.outputs)))


def read_pairs(path: Path) -> Pairs:
    """All pairs of a file. Raises ``InputError`` with file, line and reason for anything else."""
    if kind_of(path) == "folder":
        raise InputError(f"{path}: cannot be read (it is a folder; name one of its files)")
    text = read_text(path)
    try:
        return _parse(text)
    except InputError as error:
        raise InputError(f"{path}, {error}") from error


def _parse(text: str) -> Pairs:
    value = _whole(text)
    task = value if isinstance(value, dict) and "train" in value else None
    if task is not None:
        header = read_header({key: task[key] for key in task if key not in ("train", "test")}, "the task")
        placed = [*_listed(task, "train"), *_listed(task, "test")]
        num_train = len(task["train"])
    else:
        values = [value] if isinstance(value, dict) and "input" in value and text.count("\n") > 1 else value
        header, placed = _with_header(_numbered(values) if _is_array(values) else _lines(text))
        num_train = None
    if not placed:
        raise InputError('line 1: there are no pairs. A line is {"input": grid, "output": grid}')
    inputs: list[str] = []
    outputs: list[str] = []
    shape = None
    for place, pair in placed:
        for name, texts in (("input", inputs), ("output", outputs)):
            cells = _read_grid(pair, name, place)
            if shape is not None and cells.shape != shape:
                raise InputError(
                    f"{place}: the {name} is {_size(cells.shape)}, but the input of {placed[0][0]} is {_size(shape)}: "
                    "all grids must have one size"
                )
            shape = cells.shape
            texts.append(cells.text)
    assert shape is not None, "there is a pair"
    return Pairs(header, shape, inputs, outputs, [place for place, _ in placed], num_train)


def _whole(text: str) -> Any:
    """The text as one JSON value, however many lines it takes; None when it is none."""
    try:
        return parse_json(text, "the task")
    except InputError:
        return None


def _is_array(value: Any) -> TypeGuard[list[Any]]:
    """True for an array whose first element is an object: a pair or a header."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _listed(task: Mapping[str, Any], split: str) -> Iterator[tuple[str, Any]]:
    pairs = task.get(split)
    if not isinstance(pairs, list) or not pairs:
        raise InputError(f"the task: {split!r} must be a list of pairs, and not an empty one")
    for number, pair in enumerate(pairs, start=1):
        yield f"{split} pair {number}", pair


def _numbered(values: list[Any]) -> Iterator[tuple[str, Any]]:
    for number, value in enumerate(values, start=1):
        yield f"pair {number}", value


def _lines(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"line {number}", parse_json(line, f"line {number}")


def _with_header(values: Iterable[tuple[str, Any]]) -> tuple[Header, list[tuple[str, Any]]]:
    """The header that stands first, if there is one, and the pairs with their places."""
    header, placed = Header(), []
    is_first = True
    for place, value in values:
        if isinstance(value, dict) and "header" in value:
            if not is_first or value["header"] is not True:
                raise InputError(f'{place}: a header is the first line, and begins {{"header": true')
            header = read_header({key: value[key] for key in value if key != "header"}, place)
        else:
            placed.append((place, value))
        is_first = False
    return header, placed


def read_header(values: Mapping[str, Any], place: str) -> Header:
    """The header's keys and values. Raises ``InputError`` for an unknown key or a value of another kind."""
    for key in values:
        if key not in HEADER_KEYS:
            raise InputError(f"{place}: unknown key {key!r} in the header{suggestion(key, HEADER_KEYS)}")
    symmetries = values.get("symmetries")
    if symmetries is not None and not (
        isinstance(symmetries, list) and all(isinstance(name, str) for name in symmetries)
    ):
        raise InputError(f"{place}: symmetries is {symmetries!r}, it must be a list of names")
    texts: dict[str, str | None] = {}
    for key in ("rename", "symbols"):
        listed = values.get(key)
        if listed is not None and not isinstance(listed, str | list):
            raise InputError(f"{place}: {key} is {listed!r}, it must be a string or a list of symbols")
        texts[key] = None if listed is None else "".join(symbol_of(cell, f"{place}: {key}") for cell in listed)
    return Header(symmetries=None if symmetries is None else tuple(symmetries), **texts)


def _read_grid(pair: Any, name: str, place: str) -> Cells:
    if not isinstance(pair, dict):
        raise InputError(f'{place}: a pair is {{"input": grid, "output": grid}}, not {type(pair).__name__}')
    if name not in pair:
        raise InputError(f"{place}: no {name!r} (keys: {', '.join(map(repr, pair)) or 'none'})")
    return read_cells(pair[name], f"{place}, {name}")


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"

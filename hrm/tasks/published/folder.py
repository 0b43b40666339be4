"""Reading the on-disk format of the published code (``dataset/build_*.py`` of HRM and TRM).

::

    FOLDER/
        identifiers.json                    puzzle id -> name; id 0 is "<blank>"
        test_puzzles.json                   TRM's ARC data only: the tasks as grids
        train/, test/
            dataset.json                    seq_len, vocab_size, ignore_label_id, num_puzzle_identifiers, sets, ...
            SET__inputs.npy                 (N, S) tokens
            SET__labels.npy                 (N, S) tokens, ignore_label_id where there is no label
            SET__puzzle_identifiers.npy     (P,) the id of each puzzle
            SET__puzzle_indices.npy         (P + 1,) puzzle p has the rows from [p] up to [p + 1]
            SET__group_indices.npy          (G + 1,) group g has the puzzles from [g] up to [g + 1]

Rows stay on the disk until they are asked for (memory maps); only the three index files are read whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.files import read_json_value, readable, within
from hrm.types import IGNORE_LABEL

DATASET = "dataset.json"  # the names of the published builders
IDENTIFIERS = "identifiers.json"


@dataclass(frozen=True)
class Metadata:
    """The content of ``dataset.json``, as far as it matters here."""

    seq_len: int
    vocab_size: int
    num_puzzle_identifiers: int
    ignore_label_id: int | None  # None: every cell has a label
    sets: tuple[str, ...]


def read_json(path: Path) -> Any:
    """A JSON file of such a folder. Raises ``InputError`` when it is missing, unreadable, or not JSON."""
    return read_json_value(path, missing="; is this a folder in the published format?")


def read_metadata(split: Path) -> Metadata:
    """``dataset.json`` of a split. Raises ``InputError`` for a missing key or a value of another kind."""
    path = split / DATASET
    values = read_json(path)
    if not isinstance(values, dict):
        raise InputError(f"{path}: it must hold an object, not {type(values).__name__}")

    def whole(key: str, least: int) -> int:
        if key not in values:
            raise InputError(f"{path}: no key {key!r}")
        if type(values[key]) is not int or values[key] < least:
            raise InputError(f"{path}: {key} is {values[key]!r}, it must be a whole number of at least {least}")
        return int(values[key])

    sets = values.get("sets")
    if not isinstance(sets, list) or not sets or not all(isinstance(name, str) for name in sets):
        raise InputError(f"{path}: sets is {sets!r}, it must be a list of names")
    for name in sets:
        within(split, name)
    return Metadata(
        seq_len=whole("seq_len", 1),
        vocab_size=whole("vocab_size", 1),
        num_puzzle_identifiers=whole("num_puzzle_identifiers", 1),
        ignore_label_id=None if values.get("ignore_label_id", 0) is None else whole("ignore_label_id", 0),
        sets=tuple(sets),
    )


@dataclass(frozen=True)
class Rows:
    """Examples as they are stored, and where they stand."""

    inputs: NDArray[np.int64]  # (B, S)
    labels: NDArray[np.int64]  # (B, S), IGNORE_LABEL where there is none


class StoredSplit:
    """``train/`` or ``test/``. Several sets follow one another, as if they were one."""

    def __init__(self, path: Path) -> None:
        """``InputError`` for whatever does not fit: file, place, reason."""
        self.path = path
        self.metadata = read_metadata(path)
        self._inputs, self._labels = [], []
        ids, puzzle_starts, group_starts = [], [np.zeros(1, np.int64)], [np.zeros(1, np.int64)]
        for name in self.metadata.sets:
            inputs, labels = self._open_rows(name)
            self._inputs.append(inputs)
            self._labels.append(labels)
            ids.append(self._read_ids(name))
            puzzles = self._read_starts(name, "puzzle_indices", len(ids[-1]), len(inputs), "rows")
            groups = self._read_starts(name, "group_indices", None, len(ids[-1]), "puzzles")
            puzzle_starts.append(puzzle_starts[-1][-1] + puzzles[1:])
            group_starts.append(group_starts[-1][-1] + groups[1:])
        self.puzzle_ids = np.concatenate(ids)  # (P,)
        self.puzzle_starts = np.concatenate(puzzle_starts)  # (P + 1,)
        self.group_starts = np.concatenate(group_starts)  # (G + 1,)
        self._set_starts = np.cumsum([0, *map(len, self._inputs)])

    @property
    def num_rows(self) -> int:
        return int(self.puzzle_starts[-1])

    def ids_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(B,) -> (B,): the ids of the puzzles that the rows belong to."""
        return self.puzzle_ids[np.searchsorted(self.puzzle_starts, rows, side="right") - 1]

    def read(self, rows: NDArray[np.int64]) -> Rows:
        """Rows (B,) from the disk. Raises ``InputError`` for a token outside the vocabulary."""
        shape = len(rows), self.metadata.seq_len
        inputs, labels = np.empty(shape, np.int64), np.empty(shape, np.int64)
        of = np.searchsorted(self._set_starts, rows, side="right") - 1
        for index, (name, start) in enumerate(zip(self.metadata.sets, self._set_starts[:-1], strict=True)):
            here = of == index
            if here.any():
                local = rows[here] - start
                inputs[here] = self._checked(self._inputs[index][local], self._file(name, "inputs"), local)
                labels[here] = self._checked(self._labels[index][local], self._file(name, "labels"), local)
        if self.metadata.ignore_label_id is not None:
            labels[labels == self.metadata.ignore_label_id] = IGNORE_LABEL
        return Rows(inputs, labels)

    def _checked(self, tokens: NDArray[np.integer], file: Path, rows: NDArray[np.int64]) -> NDArray[np.integer]:
        bad = (tokens < 0) | (tokens >= self.metadata.vocab_size)
        if bad.any():
            row, cell = np.argwhere(bad)[0]
            raise InputError(
                f"{file}, row {rows[row]}, cell {cell}: token {tokens[row, cell]}, "
                f"but {DATASET} says vocab_size {self.metadata.vocab_size}"
            )
        return tokens

    def _file(self, name: str, what: str) -> Path:
        return self.path / f"{name}__{what}.npy"

    def _open(self, file: Path, dimensions: int, *, mapped: bool) -> NDArray[np.integer]:
        with readable(file, missing=f", but {DATASET} names its set"):
            try:
                array = np.load(file, mmap_mode="r" if mapped else None, allow_pickle=False)
            except (ValueError, EOFError) as error:
                raise InputError(f"{file}: truncated, or not an array ({error})") from error
        if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.integer):
            raise InputError(f"{file}: {getattr(array, 'dtype', 'an archive')} instead of whole numbers")
        if array.ndim != dimensions:
            raise InputError(f"{file}: shape {array.shape}, it must have {dimensions} dimension(s)")
        return array

    def _open_rows(self, name: str) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        files = self._file(name, "inputs"), self._file(name, "labels")
        inputs, labels = (self._open(file, 2, mapped=True) for file in files)
        if inputs.shape[1] != self.metadata.seq_len:
            raise InputError(f"{files[0]}: {inputs.shape[1]} cells, but {DATASET} says {self.metadata.seq_len}")
        if labels.shape != inputs.shape:
            raise InputError(f"{files[1]}: shape {labels.shape}, but the inputs have {inputs.shape}")
        return inputs, labels

    def _read_ids(self, name: str) -> NDArray[np.int64]:
        file = self._file(name, "puzzle_identifiers")
        ids = self._open(file, 1, mapped=False).astype(np.int64)
        outside = np.flatnonzero((ids < 0) | (ids >= self.metadata.num_puzzle_identifiers))
        if outside.size:
            raise InputError(
                f"{file}, puzzle {outside[0]}: id {ids[outside[0]]}, but {DATASET} says "
                f"num_puzzle_identifiers {self.metadata.num_puzzle_identifiers}"
            )
        return ids

    def _read_starts(self, name: str, what: str, parts: int | None, whole: int, of: str) -> NDArray[np.int64]:
        """Offsets that cut ``whole`` rows or puzzles into parts, none of them empty; ``parts`` None: any number."""
        file = self._file(name, what)
        starts = self._open(file, 1, mapped=False).astype(np.int64)
        if len(starts) < 2 or (parts is not None and len(starts) != parts + 1):
            raise InputError(
                f"{file}: {len(starts)} offsets, there must be {'2 or more' if parts is None else parts + 1}"
            )
        if starts[0] != 0 or starts[-1] != whole:
            raise InputError(f"{file}: from {starts[0]} to {starts[-1]}, but there are {whole} {of}")
        back = np.flatnonzero(np.diff(starts) <= 0)
        if back.size:
            place = back[0] + 1
            raise InputError(f"{file}, offset {place}: {starts[place]} after {starts[place - 1]}; it must grow")
        return starts

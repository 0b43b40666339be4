"""Writing any task's data in the published on-disk format (``folder.py`` shows it), one group at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO, get_args

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.files import new_folder, write_synced
from hrm.puzzles.arc.canvas import grid_on
from hrm.puzzles.arc.variants import read_variant_name
from hrm.tasks.base import Split, StoredPuzzle, Task
from hrm.tasks.published.folder import DATASET, IDENTIFIERS
from hrm.tasks.published.kinds import detect
from hrm.tasks.published.names import SEPARATORS, Flavour, write_name
from hrm.types import IGNORE_LABEL, TaskSpec

SET = "all"
"""The name that the published builders give their only set."""

BLANK = "<blank>"
"""Name of puzzle id 0."""

NO_LABEL = 0
"""``pad_id`` and ``ignore_label_id``: a cell without a label."""

TEST_PUZZLES = "test_puzzles.json"  # the name of TRM's builder


def write_folder(task: Task, folder: Path, flavour: Flavour = "hrm") -> None:
    """``groups("train")`` and ``groups("test")`` of a task, written as a folder that appears whole or not at all.

    Rows go to the disk as they come: only ids, offsets and names are held in memory. Tokens are stored as bytes (as
    uint16 where the vocabulary is larger), as the format says; published builders store augmented Sudoku as int64.
    The flavours differ in the names of augmented ARC tasks; TRM's also counts puzzles and holds the ARC tasks as grids.

    Raises ``InputError`` when the folder exists, the disk refuses, or the data do not fit the format.
    """
    if flavour not in SEPARATORS:
        raise InputError(f"unknown flavour {flavour!r}: choose one of {', '.join(SEPARATORS)}")
    with new_folder(folder, may_be_empty=True) as unfinished:
        _write(task, unfinished, flavour)


def _write(task: Task, folder: Path, flavour: Flavour) -> None:
    names = [BLANK] * task.spec.num_puzzles
    is_arc = task.spec.num_puzzles > 1 and detect(task.spec.vocab_size, task.spec.seq_len) == "arc"
    grids: dict[str, dict[str, list[Any]]] = {}
    for split in get_args(Split):
        (folder / split).mkdir()
        with (  # kept open: rows go into both as they come, and the headers are written again at the end
            open(folder / split / f"{SET}__inputs.npy", "wb") as inputs,
            open(folder / split / f"{SET}__labels.npy", "wb") as labels,
        ):
            writer = SplitWriter(inputs, labels, task.spec)
            for group in task.groups(split):
                writer.write(group)
                for puzzle in group:
                    if task.spec.num_puzzles > 1:
                        names[puzzle.puzzle_id] = write_name(puzzle.name, flavour)
                    if is_arc and flavour == "trm" and read_variant_name(puzzle.name)[0] == puzzle.name:
                        grids.setdefault(puzzle.name, {})[split] = _as_grids(puzzle)
            writer.finish(folder / split, flavour)
    _write_json(folder / IDENTIFIERS, names)
    if is_arc and flavour == "trm":
        _write_json(folder / TEST_PUZZLES, {name: pairs for name, pairs in grids.items() if "test" in pairs})


class SplitWriter:
    """One split: rows go to the disk as they come, the rest when it is finished."""

    def __init__(self, inputs: BinaryIO, labels: BinaryIO, spec: TaskSpec) -> None:
        self.files, self.spec = (inputs, labels), spec
        self.dtype = np.dtype(np.uint8 if spec.vocab_size <= 256 else np.uint16)
        self.ids: list[int] = []
        self.puzzle_starts, self.group_starts = [0], [0]
        self._write_headers()

    def write(self, group: list[StoredPuzzle]) -> None:
        """Append a group."""
        for puzzle in group:
            if not 0 <= puzzle.puzzle_id < self.spec.num_puzzles:
                raise InputError(
                    f"puzzle {puzzle.name}: id {puzzle.puzzle_id}, but the task has {self.spec.num_puzzles}"
                )
            labels = puzzle.labels
            if (labels == NO_LABEL).any():
                raise InputError(f"puzzle {puzzle.name}: a label is token {NO_LABEL}, which means 'no label' here")
            sides = puzzle.inputs, np.where(labels == IGNORE_LABEL, NO_LABEL, labels)
            for file, rows in zip(self.files, sides, strict=True):
                file.write(self._as_stored(rows, puzzle).tobytes())
            self.ids.append(puzzle.puzzle_id)
            self.puzzle_starts.append(self.puzzle_starts[-1] + len(puzzle.inputs))
        self.group_starts.append(len(self.ids))

    def finish(self, folder: Path, flavour: Flavour) -> None:
        """The end of a split: the arrays of rows completed; ids, offsets and ``dataset.json`` written."""
        num_puzzles = len(self.ids)
        if not num_puzzles:
            raise InputError(f"the task has no puzzles for {folder.name}")
        self._write_headers()
        for what, values in (
            ("puzzle_identifiers", self.ids),
            ("puzzle_indices", self.puzzle_starts),
            ("group_indices", self.group_starts),
        ):
            np.save(folder / f"{SET}__{what}.npy", np.array(values, dtype=np.int32))
        metadata = {  # in the published order
            "pad_id": NO_LABEL,
            "ignore_label_id": NO_LABEL,
            "blank_identifier_id": 0,
            "vocab_size": self.spec.vocab_size,
            "seq_len": self.spec.seq_len,
            "num_puzzle_identifiers": self.spec.num_puzzles,
            "total_groups": len(self.group_starts) - 1,
            "mean_puzzle_examples": self.puzzle_starts[-1] / num_puzzles,
            **({"total_puzzles": num_puzzles} if flavour == "trm" else {}),
            "sets": [SET],
        }
        _write_json(folder / DATASET, metadata)

    def _as_stored(self, rows: NDArray[np.integer], puzzle: StoredPuzzle) -> NDArray[np.integer]:
        V, S = self.spec.vocab_size, self.spec.seq_len
        if rows.shape != (len(puzzle.inputs), S):
            raise InputError(f"puzzle {puzzle.name}: rows of shape {rows.shape}, the task has {S} cells")
        if rows.min() < 0 or rows.max() >= V:
            raise InputError(f"puzzle {puzzle.name}: tokens from {rows.min()} to {rows.max()}, the task has {V}")
        return rows.astype(self.dtype)

    def _write_headers(self) -> None:
        """Headers of arrays with as many rows as there are now: numpy leaves room, so the length is always the same."""
        shape = (self.puzzle_starts[-1], self.spec.seq_len)
        header = {"descr": npy.dtype_to_descr(self.dtype), "fortran_order": False, "shape": shape}
        for file in self.files:
            file.seek(0)
            npy.write_array_header_1_0(file, header)


def _as_grids(puzzle: StoredPuzzle) -> list[dict[str, list[list[int]]]]:
    canvas = round(puzzle.inputs.shape[1] ** 0.5)
    return [
        {"input": grid_on(inputs, canvas).tolist(), "output": grid_on(labels, canvas).tolist()}
        for inputs, labels in zip(puzzle.inputs, puzzle.labels, strict=True)
    ]


def _write_json(path: Path, values: Any) -> None:
    write_synced(path, json.dumps(values).encode())

"""A small folder in the published format, of our own making: 2 x 2 boards, two sets, groups of several puzzles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

METADATA = {
    "pad_id": 0,
    "ignore_label_id": 0,
    "blank_identifier_id": 0,
    "vocab_size": 5,
    "seq_len": 4,
    "num_puzzle_identifiers": 7,
    "total_groups": 5,
    "mean_puzzle_examples": 1.5,
    "sets": ["one", "two"],
}


def write_set(split: Path, name: str, ids: list[int], puzzle_starts: list[int], group_starts: list[int]) -> None:
    """Row r of the set has the inputs (1 + r // 4, 1 + r % 4, 1, 1) and their reverse as labels."""
    rows = np.arange(puzzle_starts[-1])
    inputs = np.stack([1 + rows // 4, 1 + rows % 4, rows * 0 + 1, rows * 0 + 1], axis=1).astype(np.uint8)
    labels = inputs[:, ::-1].copy()
    labels[:, 0] = 0  # no label there
    arrays: dict[str, Any] = {
        "inputs": inputs,
        "labels": labels,
        "puzzle_identifiers": np.array(ids, np.int32),
        "puzzle_indices": np.array(puzzle_starts, np.int32),
        "group_indices": np.array(group_starts, np.int32),
    }
    for what, array in arrays.items():
        np.save(split / f"{name}__{what}.npy", array)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    for split in ("train", "test"):
        (path / split).mkdir(parents=True)
        (path / split / "dataset.json").write_text(json.dumps(METADATA))
        # Set one: groups of 2 puzzles with 2 rows each, and of 1 puzzle with 3. Set two: three groups of one row.
        write_set(path / split, "one", [1, 2, 3], [0, 2, 4, 7], [0, 2, 3])
        write_set(path / split, "two", [4, 5, 6], [0, 1, 2, 3], [0, 1, 2, 3])
    names = ["<blank>", "a", "a_t3_0213456789", "b", "c", "d", "e"]
    (path / "identifiers.json").write_text(json.dumps(names))
    return path

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.tasks.published.folder import StoredSplit, read_json, read_metadata
from hrm.types import IGNORE_LABEL


def test_rows_ids_and_groups_are_read_as_they_are(folder: Path) -> None:
    stored = StoredSplit(folder / "train")
    assert stored.num_rows == 10
    assert stored.puzzle_ids.tolist() == [1, 2, 3, 4, 5, 6]
    assert stored.puzzle_starts.tolist() == [0, 2, 4, 7, 8, 9, 10]
    assert stored.group_starts.tolist() == [0, 2, 3, 4, 5, 6]
    rows = np.array([8, 6, 0, 5])
    read = stored.read(rows)
    assert read.inputs.tolist() == [[1, 2, 1, 1], [2, 3, 1, 1], [1, 1, 1, 1], [2, 2, 1, 1]]
    assert read.labels.tolist() == [
        [IGNORE_LABEL, 1, 2, 1],
        [IGNORE_LABEL, 1, 3, 2],
        [IGNORE_LABEL, 1, 1, 1],
        [IGNORE_LABEL, 1, 2, 2],
    ]
    assert stored.ids_of(rows).tolist() == [5, 3, 1, 3]


def test_rows_stay_on_the_disk(folder: Path) -> None:
    stored = StoredSplit(folder / "train")
    assert all(isinstance(array, np.memmap) for array in (*stored._inputs, *stored._labels))


def test_without_an_ignored_label_every_cell_has_one(folder: Path) -> None:
    change_json("ignore_label_id", None)(folder)
    assert StoredSplit(folder / "train").read(np.array([0])).labels.tolist() == [[0, 1, 1, 1]]


def change_json(key: str, value: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "train/dataset.json"
        values = json.loads(path.read_text())
        values[key] = value
        path.write_text(json.dumps({k: v for k, v in values.items() if v != "gone"}))

    return change


def replace_array(what: str, array: Any) -> Callable[[Path], None]:
    return lambda folder: np.save(folder / f"train/one__{what}.npy", np.array(array))


def truncate(what: str, size: int) -> Callable[[Path], None]:
    return lambda folder: os.truncate(folder / f"train/one__{what}.npy", size)


def write(name: str, content: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "train" / name).write_text(content)

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "train" / name).unlink()


SEVEN = np.ones((7, 4), np.uint8)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (remove("dataset.json"), "train/dataset.json: no such file"),
        (write("dataset.json", "{"), "train/dataset.json: not JSON"),
        (write("dataset.json", "[]"), "train/dataset.json: it must hold an object"),
        (change_json("seq_len", "gone"), "dataset.json: no key 'seq_len'"),
        (change_json("vocab_size", "gone"), "dataset.json: no key 'vocab_size'"),
        (
            change_json("num_puzzle_identifiers", 0),
            "num_puzzle_identifiers is 0, it must be a whole number",
        ),
        (change_json("seq_len", 4.0), "seq_len is 4.0"),
        (change_json("ignore_label_id", "0"), "ignore_label_id is '0'"),
        (change_json("sets", "all"), "sets is 'all', it must be a list of names"),
        (change_json("sets", []), "sets is []"),
        (change_json("sets", ["three"]), "three__inputs.npy: no such file"),
        (change_json("seq_len", 9), "one__inputs.npy: 4 cells, but dataset.json says 9"),
        (remove("one__labels.npy"), "one__labels.npy: no such file"),
        (replace_array("inputs", SEVEN[0]), "one__inputs.npy: shape (4,), it must have 2 dimension"),
        (replace_array("inputs", SEVEN.astype(float)), "one__inputs.npy: float64 instead of whole numbers"),
        (replace_array("inputs", np.array([["a"]])), "instead of whole numbers"),
        (replace_array("inputs", np.array([[{}]])), "one__inputs.npy: truncated, or not an array"),
        (replace_array("labels", SEVEN[:6]), "one__labels.npy: shape (6, 4), but the inputs have (7, 4)"),
        (truncate("inputs", 140), "one__inputs.npy: truncated, or not an array"),
        (truncate("labels", 20), "one__labels.npy: truncated, or not an array"),
        (truncate("puzzle_identifiers", 130), "one__puzzle_identifiers.npy: truncated, or not an array"),
        (truncate("group_indices", 0), "one__group_indices.npy: truncated, or not an array"),
        (write("one__inputs.npy", "nonsense"), "one__inputs.npy: truncated, or not an array"),
        (
            replace_array("puzzle_identifiers", [1, 2, 7]),
            "puzzle 2: id 7, but dataset.json says num_puzzle_id",
        ),
        (replace_array("puzzle_identifiers", [-1, 2, 3]), "one__puzzle_identifiers.npy, puzzle 0: id -1"),
        (replace_array("puzzle_identifiers", [1, 2]), "one__puzzle_indices.npy: 4 offsets, there must be 3"),
        (replace_array("puzzle_indices", [0, 2, 4, 8]), "one__puzzle_indices.npy: from 0 to 8, but there are 7 rows"),
        (replace_array("puzzle_indices", [0, 4, 4, 7]), "one__puzzle_indices.npy, offset 2: 4 after 4; it must grow"),
        (replace_array("group_indices", [1, 3]), "one__group_indices.npy: from 1 to 3, but there are 3 puzzles"),
        (replace_array("group_indices", [3]), "one__group_indices.npy: 1 offsets, there must be 2 or more"),
        (replace_array("group_indices", [0, 4, 3]), "one__group_indices.npy, offset 2: 3 after 4"),
        (replace_array("group_indices", [[0, 3]]), "shape (1, 2), it must have 1 dimension"),
    ],
)
def test_what_does_not_fit_is_told_with_file_place_and_reason(
    spoil: Callable[[Path], None], message: str, folder: Path
) -> None:
    spoil(folder)
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        StoredSplit(folder / "train")
    assert str(raised.value).startswith(str(folder / "train"))


def test_tokens_outside_the_vocabulary_are_found_when_they_are_read(folder: Path) -> None:
    bad = SEVEN.copy()
    bad[6, 2] = 5
    np.save(folder / "train/one__labels.npy", bad)
    stored = StoredSplit(folder / "train")
    assert stored.read(np.array([0, 9])).inputs.shape == (2, 4)
    with pytest.raises(InputError, match=r"one__labels\.npy, row 6, cell 2: token 5, but .* vocab_size 5"):
        stored.read(np.array([9, 6]))


@pytest.mark.parametrize("name", ["dataset.json", "one__inputs.npy", "one__group_indices.npy"])
def test_what_must_not_be_read(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the operating system says it; tests may run as a user who may read everything."""
    real = os.open if name.endswith("json") else open
    forbidden = folder / "train" / name

    def refuse(path: Any, *args: Any, **options: Any) -> Any:
        if os.fspath(path) == str(forbidden):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **options)

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("io.open", refuse)
    with pytest.raises(InputError, match=re.escape(f"{forbidden}: cannot be read (Permission denied)")):
        StoredSplit(folder / "train")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_a_folder_without_permission(folder: Path) -> None:
    (folder / "train").chmod(0)
    try:
        with pytest.raises(InputError, match="Permission denied"):
            StoredSplit(folder / "train")
    finally:
        (folder / "train").chmod(0o755)


def test_a_folder_same_size_as_a_file(folder: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_json(folder)


def test_json_that_is_nested_beyond_measure(tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match=r"dataset\.json: not JSON \(too deeply nested\)"):
        read_json(tmp_path / "dataset.json")


@pytest.mark.parametrize("name", ["../../all", "/all", ""])
def test_a_set_that_is_called_like_another_place(folder: Path, name: str) -> None:
    path = folder / "train/dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "sets": [name]}))
    with pytest.raises(InputError, match="cannot be the name of a file"):
        read_metadata(folder / "train")

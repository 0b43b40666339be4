from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.tasks.base import StoredPuzzle, Task
from hrm.tasks.grid import GridConfig
from hrm.tasks.published import Flavour, Published, PublishedConfig, write_folder
from hrm.types import IGNORE_LABEL


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    ("name", "flavour"), [("official_maze", "hrm"), ("official_arc_hrm", "hrm"), ("official_arc_trm", "trm")]
)
def test_a_folder_written_again_is_the_same_to_the_byte(
    shared: Path, tmp_path: Path, name: str, flavour: Flavour
) -> None:
    source = shared / "fixtures" / name
    write_folder(PublishedConfig(folder=source).build(), tmp_path / "again", flavour)
    assert files(tmp_path / "again") == files(source)


def test_published_sudoku_is_the_same_but_for_the_width_of_its_integers(shared: Path, tmp_path: Path) -> None:
    source = shared / "fixtures/official_sudoku"
    write_folder(PublishedConfig(folder=source).build(), tmp_path / "again")
    before, after = files(source), files(tmp_path / "again")
    assert before.keys() == after.keys()
    widened = {"train/all__inputs.npy", "train/all__labels.npy"}
    assert {name for name in before if before[name] != after[name]} == widened
    for name in widened:
        stored, written = np.load(source / name), np.load(tmp_path / "again" / name)
        assert (stored.dtype, written.dtype) == (np.int64, np.uint8)
        assert (stored == written).all()


def test_one_flavour_becomes_the_other(shared: Path, tmp_path: Path) -> None:
    source = shared / "fixtures/official_arc_trm"
    write_folder(PublishedConfig(folder=source).build(), tmp_path / "hrm", "hrm")
    assert not (tmp_path / "hrm/test_puzzles.json").exists()
    names = json.loads((tmp_path / "hrm/identifiers.json").read_text())
    assert names[2] == "00d62c1b_t2_0614732958"
    assert "total_puzzles" not in json.loads((tmp_path / "hrm/train/dataset.json").read_text())
    write_folder(PublishedConfig(folder=tmp_path / "hrm").build(), tmp_path / "trm", "trm")
    assert files(tmp_path / "trm") == files(source)


def test_sets_become_one(folder: Path, tmp_path: Path) -> None:
    task = PublishedConfig(folder=folder).build()
    write_folder(task, tmp_path / "out")
    again = PublishedConfig(folder=tmp_path / "out").build()
    assert json.loads((tmp_path / "out/train/dataset.json").read_text())["sets"] == ["all"]
    for one, other in zip(task.groups("train"), again.groups("train"), strict=True):
        for puzzle, same in zip(one, other, strict=True):
            assert (puzzle.puzzle_id, puzzle.name) == (same.puzzle_id, same.name)
            assert (puzzle.inputs == same.inputs).all()
            assert (puzzle.labels == same.labels).all()


def test_pairs_of_your_own_can_be_exported(tmp_path: Path) -> None:
    lines = [{"input": [[i, j]], "output": [[j, i]]} for i in range(4) for j in range(4)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    task: Task = GridConfig(data=tmp_path / "pairs.jsonl").build()
    write_folder(task, tmp_path / "out")
    again = PublishedConfig(folder=tmp_path / "out").build()
    assert json.loads((tmp_path / "out/identifiers.json").read_text()) == ["<blank>"]
    assert [len(list(again.groups(split))) for split in ("train", "test")] == [14, 2]
    for (one,), (other,) in zip(task.groups("train"), again.groups("train"), strict=True):
        assert (one.inputs == other.inputs).all()
        assert (one.labels == other.labels).all()
    assert [again.spec.symbols[token] for token in (1, 2)] == ["0", "1"]


class Changed(Published):
    """A task whose training puzzles are what a test makes of them."""

    def __init__(self, task: Published, change: Callable[[StoredPuzzle], StoredPuzzle | None]) -> None:
        super().__init__(task.config)
        self.change = change

    def groups(self, split: Any) -> Iterator[list[StoredPuzzle]]:
        for group in super().groups(split):
            changed = [self.change(puzzle) for puzzle in group]
            yield [puzzle for puzzle in changed if puzzle is not None]


def interrupted(puzzle: StoredPuzzle) -> StoredPuzzle:
    if puzzle.puzzle_id == 5:
        raise OSError(28, "No space left on device")
    return puzzle


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p._replace(puzzle_id=7), "puzzle a: id 7, but the task has 7"),
        (lambda p: p._replace(labels=p.labels * 0), "puzzle a: a label is token 0, which means 'no label'"),
        (lambda p: p._replace(inputs=p.inputs + 4), "puzzle a: tokens from 5 to 6, the task has 5"),
        (lambda p: p._replace(inputs=p.inputs[:, :3]), "puzzle a: rows of shape (2, 3), the task has 4 cells"),
        (lambda p: p._replace(labels=p.labels[:1]), "puzzle a: rows of shape (1, 4)"),
        (lambda p: None, "the task has no puzzles for train"),
        (interrupted, "out: No space left on device"),
    ],
)
def test_what_the_format_cannot_say_is_refused_and_nothing_stays(
    change: Callable[[StoredPuzzle], StoredPuzzle | None], message: str, folder: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    task = Changed(PublishedConfig(folder=folder).build(), change)
    with pytest.raises(InputError, match=re.escape(message)):
        write_folder(task, tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == before


def test_cells_without_a_label_are_zeros(folder: Path, tmp_path: Path) -> None:
    unlabelled = Changed(
        PublishedConfig(folder=folder).build(),
        lambda puzzle: puzzle._replace(labels=np.full_like(puzzle.labels, IGNORE_LABEL)),
    )
    write_folder(unlabelled, tmp_path / "out")
    assert not np.load(tmp_path / "out/test/all__labels.npy").any()


def test_folders_in_the_way(folder: Path, tmp_path: Path) -> None:
    task = PublishedConfig(folder=folder).build()
    with pytest.raises(InputError, match="exists already"):
        write_folder(task, folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="exists already"):
        write_folder(task, tmp_path / "file")
    with pytest.raises(InputError, match="cannot write"):
        write_folder(task, tmp_path / "file/out")
    with pytest.raises(InputError, match="unknown flavour 'urm'"):
        write_folder(task, tmp_path / "out", "urm")  # type: ignore[arg-type]
    (tmp_path / "out").mkdir()  # an empty folder is filled
    write_folder(task, tmp_path / "out")
    assert (tmp_path / "out/train/dataset.json").exists()
    assert not list(tmp_path.glob(".out*")), "nothing unfinished stays"

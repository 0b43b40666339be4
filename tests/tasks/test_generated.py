from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hrm.errors import Notice
from hrm.tasks import generated as module
from hrm.tasks.generated import CACHE, Arrays, generated
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig


class Maker:
    """Something that makes arrays and counts how often."""

    def __init__(self) -> None:
        self.num_calls = 0

    def __call__(self) -> Arrays:
        self.num_calls += 1
        return np.arange(6, dtype=np.uint8).reshape(2, 3), np.array([[True], [False]])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache in which everything is worth a file."""
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    monkeypatch.setattr(module, "LONG", -1.0)
    return tmp_path / "cache"


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.npz"))


def test_what_was_made_is_there_the_next_time(folder: Path) -> None:
    make = Maker()
    first, again = (generated(make, 2, 9, {"seed": 1}) for _ in range(2))
    assert make.num_calls == 1
    for one, other in zip(first, again, strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    for num, size, asked in ((3, 9, {"seed": 1}), (2, 4, {"seed": 1}), (2, 9, {"seed": 2}), (2, 9, {"seed": "1"})):
        before = make.num_calls
        generated(make, num, size, asked)
        assert make.num_calls == before + 1, "something else was asked for"
    assert len(kept(folder)) == 5


def test_other_code_makes_other_puzzles(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Maker()
    generated(make, 2, 9, {})
    monkeypatch.setattr(module, "code", lambda: "changed")
    generated(make, 2, 9, {})
    assert make.num_calls == 2


@pytest.mark.parametrize("damage", [lambda file: b"", lambda file: file[:40], lambda file: file[:-30] + bytes(30)])
def test_a_damaged_file_is_made_anew(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    make = Maker()
    generated(make, 2, 9, {})
    (file,) = kept(folder)
    file.write_bytes(damage(file.read_bytes()))
    assert len(generated(make, 2, 9, {})) == 2
    assert make.num_calls == 2
    generated(make, 2, 9, {})
    assert make.num_calls == 2, "and is whole again"


@pytest.mark.parametrize("place", ["", "cache", "/dev/null/x", "~nobody-of-that-name"])
def test_a_cache_that_cannot_be_changes_nothing(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CACHE, place)
    assert len(generated(Maker(), 2, 9, {})) == 2
    assert list(tmp_path.iterdir()) == []


def test_without_a_home_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(CACHE)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(module.os.path, "expanduser", lambda path: path)
    assert len(generated(Maker(), 2, 9, {})) == 2
    assert list(tmp_path.iterdir()) == []


def test_short_work_and_large_puzzles_are_not_worth_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(module, "MOST_BYTES", 7)
        generated(Maker(), 2, 9, {})
    monkeypatch.setattr(module, "LONG", 60.0)
    generated(Maker(), 2, 9, {})
    assert kept(folder) == []


def test_what_takes_long_is_said_before_it_begins_and_only_then(folder: Path) -> None:
    with pytest.warns(Notice, match="generating 1,000 puzzles of 16 x 16") as said:
        generated(Maker(), 1000, 16, {})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        generated(Maker(), 1000, 16, {})
        generated(Maker(), 12, 9, {})
    assert len(said) == 1


@pytest.mark.parametrize(
    "config",
    [
        SudokuConfig(num_train=20, num_test=10),
        MazeConfig(size=7, num_train=20, num_test=10),
    ],
)
def test_puzzles_are_the_same_from_the_cache(folder: Path, config: Any) -> None:
    def arrays() -> list[Any]:
        task = config.build()
        return [side for made in (task.train_examples, task.test_examples) for side in (made.inputs, made.labels)]

    made = arrays()
    assert len(kept(folder)) == 2, "training and held-out puzzles"
    for one, other in zip(made, arrays(), strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)

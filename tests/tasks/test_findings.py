"""What is said about training data before a model is trained on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrm.tasks.findings import findings, num_train
from hrm.tasks.grid import GridConfig
from hrm.tasks.sudoku import SudokuConfig

Pair = tuple[str, str]
TEST_PAIR: Pair = ("abab", "baba")


def made(folder: Path, pairs: list[Pair]) -> list[str]:
    """The findings on a file that trains on ``pairs``."""
    for name, content in (("data", pairs), ("test", [TEST_PAIR])):
        lines = [json.dumps({"input": [a[:2], a[2:]], "output": [b[:2], b[2:]]}) for a, b in content]
        (folder / f"{name}.jsonl").write_text("\n".join(lines))
    return findings(GridConfig(data=folder / "data.jsonl", test=folder / "test.jsonl").build())


def different(num: int) -> list[Pair]:
    boards = ["".join("abcd"[i // 4**k % 4] for k in range(4)) for i in range(1, num + 1)]
    return [(board, board[::-1] if board[::-1] != board else "dddd") for board in boards]


def test_nothing_is_said_of_good_data(tmp_path: Path) -> None:
    assert made(tmp_path, different(40)) == []


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda pairs: pairs[:19], "19 puzzles to train on: of fewer than 20 little can be learned or measured"),
        (lambda pairs: pairs[:1], "1 puzzle to train on: of fewer than 20 little can be learned or measured"),
        (lambda pairs: pairs + pairs[:3], "3 of 43 puzzles occur twice or more"),
        (
            lambda pairs: [*pairs, (pairs[0][0], "cccc"), (pairs[1][0], "cccc")],
            "2 inputs have several different outputs: a model can give only one",
        ),
        (lambda pairs: [(a, a if i < 7 else b) for i, (a, b) in enumerate(pairs)], "7 of 40 outputs equal their input"),
        (lambda pairs: [(a, "abcd") for a, _ in pairs if a != "abcd"], "all 40 outputs are the same"),
    ],
)
def test_what_may_spoil_a_run_is_said(tmp_path: Path, spoil, sentence: str) -> None:  # type: ignore[no-untyped-def]
    assert made(tmp_path, spoil(different(40))) == [sentence]


def test_puzzles_are_counted_as_they_are_trained_on() -> None:
    task = SudokuConfig(size=4, num_train=30, num_test=5).build()
    assert num_train(task) == 30
    assert num_train(task, most=7) == 7

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pytest

from hrm.tasks.base import Split, StoredPuzzle, Task
from hrm.tasks.check import NUM_NAMED, check
from hrm.tasks.sudoku import SudokuConfig
from hrm.types import IGNORE_LABEL, TaskSpec

Pair = tuple[list[int], list[int]]


class Sums:
    """A task of two cells: the answer is the input, each cell one more. Its one symmetry exchanges the cells."""

    spec = TaskSpec(vocab_size=10, seq_len=2, num_puzzles=3, grid_shape=(1, 2), symbols=tuple("0123456789"))

    def __init__(self, train: list[Any], test: list[Any] = ()) -> None:  # type: ignore[assignment]
        self.data: dict[Split, list[Any]] = {"train": train, "test": list(test)}
        self.rules = self.symmetries = self

    def groups(self, split: Split) -> Iterator[list[StoredPuzzle]]:
        for number, group in enumerate(self.data[split]):
            yield [
                StoredPuzzle(
                    puzzle_id, f"{split[1]}{number}.{index}", *(np.array(side) for side in zip(*pairs, strict=True))
                )
                for index, (puzzle_id, pairs) in enumerate(group)
            ]

    def problems(self, inputs: np.ndarray, labels: np.ndarray) -> list[str | None]:
        return [None if right else "wrong sum" for right in ((inputs + 1 == labels) | (labels < 0)).all(axis=1)]

    def keys(self, inputs: np.ndarray, labels: np.ndarray) -> list[bytes]:
        cells = np.stack([inputs, labels], axis=2).tolist()  # per example: [input, label] of each cell
        return [str(sorted(example)).encode() for example in cells]


def alone(*pairs: Pair) -> list[Any]:
    """Groups of one puzzle with one pair each."""
    return [[(0, [pair])] for pair in pairs]


def found(train: list[Any], test: list[Any] = (), **options: Any) -> dict[tuple[str, str], tuple[int, list[str]]]:  # type: ignore[assignment]
    report = check(cast(Task, Sums(train, test)), **options)
    return {(finding.split, finding.kind): (finding.count, finding.first) for finding in report.findings}


def test_good_data_have_no_findings() -> None:
    assert found(alone(([1, 2], [2, 3]), ([1, 3], [2, 4])), alone(([1, 5], [2, 6]))) == {}


def test_everything_is_counted() -> None:
    pair = ([1, 2], [2, 3])
    unknown = ([4, 5], [IGNORE_LABEL, IGNORE_LABEL])
    task = Sums([[(1, [pair, unknown]), (2, [([7, 7], [8, 8])])], [(0, [([5, 1], [6, 2])])]])
    report = check(cast(Task, task))
    counts = report.counts["train"]
    assert (counts.groups, counts.puzzles, counts.examples, counts.without_answer) == (2, 3, 4, 1)
    assert report.counts["test"].examples == 0
    assert report.findings == (), "an example without an answer is no fault"


def test_what_an_example_shows_by_itself() -> None:
    train = alone(([1, 2], [2, 4]), ([3, 3], [3, 3]), ([9, 1], [10, 2]), ([-1, 2], [0, 3]), ([2, 3], [3, IGNORE_LABEL]))
    assert found([*train, [(3, [([0, 5], [1, 6])])]]) == {
        ("train", "by the rules: wrong sum"): (2, ["r0.0", "r1.0"]),
        ("train", "the input is its own answer"): (1, ["r1.0"]),
        ("train", "a token or a puzzle id out of range"): (3, ["r2.0", "r3.0", "r5.0"]),
    }


def test_duplicates_and_leaks() -> None:
    train = alone(([1, 2], [2, 3]), ([5, 6], [6, 7]), ([2, 1], [3, 2]), ([5, 6], [6, 7]))
    test = alone(([6, 5], [7, 6]), ([8, 1], [9, 2]), ([8, 1], [9, 2]), ([1, 2], [2, 3]))
    assert found(train, test) == {
        ("train", "a duplicate up to symmetry"): (1, ["r2.0 = r0.0"]),
        ("train", "a duplicate"): (1, ["r3.0 = r1.0"]),
        ("test", "in the training set, up to symmetry"): (2, ["e0.0 = r1.0", "e3.0 = r0.0"]),
        ("test", "a duplicate"): (1, ["e2.0 = e1.0"]),
    }
    assert ("test", "a duplicate") in found(train, test, splits=("test",))
    assert not any("training" in kind for _, kind in found(train, test, splits=("test",)))


def test_two_answers_to_one_question() -> None:
    other = ([1, 2], [2, 9])
    kind = ("train", "the same question with another answer")
    assert found([[(0, [([1, 2], [2, 3])])], [(0, [other])]])[kind] == (1, ["r1.0 = r0.0"])
    assert kind not in found([[(0, [([1, 2], [2, 3])])], [(1, [other])]]), "another puzzle id asks something else"


def test_variants_in_a_group_may_coincide_but_pairs_of_a_puzzle_may_not() -> None:
    pair, mirrored = ([1, 2], [2, 3]), ([2, 1], [3, 2])
    assert found([[(0, [pair]), (1, [pair]), (2, [mirrored])]]) == {}
    assert found([[(0, [pair, mirrored, pair])]]) == {("train", "a duplicate"): (1, ["r0.0, pair 3 = r0.0, pair 1"])}


def test_only_the_first_findings_are_named_and_a_limit_is_kept() -> None:
    wrong = alone(*(([a, b], [b, a]) for a in range(4) for b in range(4, 9)))
    count, first = found(wrong)[("train", "by the rules: wrong sum")]
    assert (count, first) == (20, [f"r{i}.0" for i in range(NUM_NAMED)])
    seen: list[tuple[str, int]] = []
    found(wrong, wrong, limit=3, on_progress=lambda split, num: seen.append((split, num)))
    assert seen == [("train", 3), ("test", 3)]


def test_generated_sudokus_are_in_order() -> None:
    report = check(SudokuConfig(num_train=60, num_test=40).build())
    assert report.findings == ()
    assert [counts.examples for counts in report.counts.values()] == [60, 40]


@pytest.mark.parametrize("size", [4, 6])
def test_small_sudokus_leak_only_up_to_symmetry(size: int) -> None:
    """Of 4x4 there are two grids up to symmetry: no split can keep their puzzles apart, and check says so."""
    kinds = {finding.kind for finding in check(SudokuConfig(size=size, num_train=150, num_test=150).build()).findings}
    assert not any(kind.startswith("by the rules") for kind in kinds)
    assert ("in the training set, up to symmetry" in kinds) == (size == 4)


def test_the_shared_puzzles_do_not_leak(shared: Any) -> None:
    train, test = (shared / "data" / "sudoku" / f"{split}.csv.gz" for split in ("train", "test"))
    if not (train.is_file() and test.is_file()):
        pytest.skip(f"no {train} or {test}")
    task = SudokuConfig(train=train, test=test, num_train=0, num_test=0).build()
    keys = [
        {key for start in range(0, len(puzzles), 10_000) for key in keys_of(task, puzzles, start)}
        for puzzles in (task.train_examples, task.test_examples)
    ]
    assert len(keys[1]) == 9892, "27 of 9,919 are duplicates, 13 of them to the letter"
    assert keys[0].isdisjoint(keys[1])


def keys_of(task: Any, puzzles: Any, start: int) -> list[bytes]:
    rows = slice(start, start + 10_000)
    return task.symmetries.keys(puzzles.inputs[rows], puzzles.labels[rows])

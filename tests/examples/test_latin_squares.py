from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from conftest import REPOSITORY

from hrm.errors import InputError
from hrm.puzzles.base import is_solved
from hrm.tasks import TASKS
from hrm.tasks.base import Task

FILE = REPOSITORY / "examples/latin_squares.py"


@pytest.fixture(scope="module")
def example() -> Iterator[ModuleType]:
    before = dict(TASKS)
    spec = importlib.util.spec_from_file_location("latin_squares", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["latin_squares"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["latin_squares"]
    TASKS.clear()
    TASKS.update(before)


@pytest.fixture(scope="module")
def task(example: ModuleType) -> Any:
    return example.LatinSquaresConfig(num_train=60, num_test=20).build()


def test_the_page_shows_the_file_as_it_is() -> None:
    page = (REPOSITORY / "docs/tutorials/own-puzzle.md").read_text()
    assert f"```python\n{FILE.read_text()}```" in page


def test_the_page_names_the_whole_protocol() -> None:
    page = (REPOSITORY / "docs/tutorials/own-puzzle.md").read_text()
    members = [name for name in vars(Task) if not name.startswith("_")]
    assert len(members) > 10
    assert [name for name in members if f"`{name}" not in page] == []


def test_validation_puzzles_are_not_trained_on(task: Any) -> None:
    rest, validation = task.split_validation(15)
    keys = [
        {key for (puzzle,) in part.groups(split) for key in task.symmetries.keys(puzzle.inputs, puzzle.labels)}
        for part, split in ((rest, "train"), (validation, "test"), (task, "train"))
    ]
    assert [len(k) for k in keys] == [45, 15, 60]
    assert keys[0] | keys[1] == keys[2]
    with pytest.raises(InputError, match="num_validation is 60"):
        task.split_validation(60)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_labels_solve_their_inputs_and_nothing_is_wrong(example: ModuleType, size: int) -> None:
    task = example.LatinSquaresConfig(size=size, num_train=2 if size == 3 else 10, num_test=1).build()
    for split in ("train", "test"):
        for (puzzle,) in task.groups(split):
            assert task.rules.are_solved(puzzle.inputs, puzzle.labels).all()
            assert task.rules.problems(puzzle.inputs, puzzle.labels) == [None]
            assert (puzzle.inputs == 1).any()
    batch = task.train_batch(3, 32, seed=1)
    inputs, labels = batch.inputs.numpy(), batch.labels.numpy()
    assert task.rules.are_solved(inputs, labels).all()
    assert not task.rules.are_solved(inputs, inputs).any()
    again = replace(task.config).build().train_batch(3, 32, seed=1)
    assert (again.inputs.numpy() == inputs).all()


def test_no_held_out_puzzle_is_a_symmetry_of_a_training_puzzle(task: Any) -> None:
    keys = [task.variant_keys(examples) for examples in (task.train_examples, task.test_examples)]
    assert [len(set(part)) for part in keys] == [60, 20]
    assert set(keys[0]).isdisjoint(keys[1])
    batch = task.train_batch(0, 60, seed=0)  # an epoch, augmented
    assert set(task.symmetries.keys(batch.inputs.numpy(), batch.labels.numpy())) == set(keys[0])


def test_problems_are_named(task: Any) -> None:
    inputs, labels = task.test_examples.inputs[:1], task.test_examples.labels[:1]
    empty = np.ones_like(inputs)
    assert task.rules.problems(empty, labels) == ["the answer is not forced"]
    assert task.rules.problems(inputs, labels[:, ::-1]) == ["the answer breaks the rules"]
    assert not is_solved(task.rules, inputs[0], np.full(25, 2))


def test_typed_puzzles(task: Any, tmp_path: Path) -> None:
    inputs, labels = task.test_examples.inputs[0], task.test_examples.labels[0]
    line = "".join(task.spec.symbols[token] for token in inputs)
    assert (task.text.parse(line).inputs == inputs).all()
    assert task.render(inputs, labels).count("\n") == 4
    (tmp_path / "squares.txt").write_text(f"{line}\n{line}\n")
    (batch,) = task.with_test(tmp_path / "squares.txt").eval_batches(10)
    assert (batch.labels.numpy() == labels).all()
    with pytest.raises(InputError, match=r"none\.txt"):
        next(task.with_test(tmp_path / "none.txt").eval_batches(1))


def test_settings_that_cannot_work(example: ModuleType) -> None:
    with pytest.raises(InputError, match="size is 2"):
        example.LatinSquaresConfig(size=2).build()
    with pytest.raises(InputError, match="there are not as many as 120 different puzzles of size 3"):
        example.LatinSquaresConfig(size=3, num_train=20).build().train_batch(0, 1, 0)


def test_it_trains_and_its_model_can_be_loaded(
    example: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = replace(
        example.RUN,
        task=example.LatinSquaresConfig(num_train=60, num_test=20),
        training=replace(example.RUN.training, steps=4, report_every=2, batch_size=8),
    )
    solved = example.train_and_measure(quick, tmp_path / "run")
    assert 0 <= solved <= 1
    assert "step 4: loss" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_it_learns_what_the_page_says(example: ModuleType, tmp_path: Path) -> None:
    assert example.train_and_measure(example.RUN, tmp_path / "run") > 0.9


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_held_out_puzzles_are_read_in_either_encoding(task: Any, tmp_path: Path, encoding: str) -> None:
    inputs = task.test_examples.inputs
    file = tmp_path / "squares.txt"
    file.write_text("".join(".12345"[t - 1] for t in inputs[0].tolist()) + "\n", encoding=encoding)
    assert (task.with_test(file).test_examples.inputs == inputs[:1]).all()


def test_a_file_that_is_no_text_is_refused(task: Any, tmp_path: Path) -> None:
    (tmp_path / "squares.txt").write_bytes(b"\xff1234")
    with pytest.raises(InputError, match="not a text file"):
        task.with_test(tmp_path / "squares.txt").load("test")

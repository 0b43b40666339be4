from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mazes import FIRST, LONG, MAZE, OTHER, RING, SHORT, cells, flat

from hrm.errors import InputError
from hrm.puzzles.base import is_solved, required
from hrm.puzzles.maze.rules import are_paths, path_lengths
from hrm.puzzles.maze.symmetry import canonical_keys
from hrm.puzzles.maze.tokens import WALL
from hrm.puzzles.symmetry import INVERSE_MOVES, move
from hrm.tasks.base import Task
from hrm.tasks.maze import Maze, MazeConfig, is_held_out_grid
from hrm.types import Batch


@pytest.fixture(scope="module")
def task() -> Maze:
    return MazeConfig(size=7, longer_than=9, num_train=50, num_test=30).build()


@pytest.fixture
def file_of_two(tmp_path: Path) -> Path:
    path = tmp_path / "two.csv"
    path.write_text(f"question,answer,rating\n{flat(MAZE)},{flat(FIRST)},10\n{flat(RING)},{flat(SHORT)},4\n")
    return path


def equal(one: Batch, other: Batch) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_spec_is_that_of_maze_hard() -> None:
    task: Task = MazeConfig().build()
    assert (task.spec.vocab_size, task.spec.seq_len, task.spec.num_puzzles) == (6, 900, 1)
    assert task.spec.grid_shape == (30, 30)
    assert "".join(task.spec.symbols[1:]) == "# SGo"
    assert task.rules is not None


@pytest.mark.parametrize("settings", [{}, {"kind": "perfect"}, {"ties": "random"}, {"augment": False}])
def test_labels_solve_their_inputs(settings: dict[str, Any]) -> None:
    task = MazeConfig(size=7, num_train=20, num_test=9, **settings).build()
    for batch in [task.train_batch(3, 32, seed=0), *task.eval_batches(4)]:
        inputs, labels = batch.inputs.numpy(), batch.labels.numpy()
        assert batch.inputs.dtype == batch.labels.dtype == batch.puzzle_ids.dtype == torch.int64
        assert task.rules.are_solved(inputs, labels).all()
        assert not task.rules.are_solved(inputs, inputs).any()
        assert (batch.puzzle_ids == 0).all()


def test_a_batch_is_a_function_of_step_and_seed(task: Maze) -> None:
    batch = task.train_batch(7, 32, seed=1)
    again = MazeConfig(size=7, longer_than=9, num_train=50).build()
    again.train_batch(2, 8, seed=5)  # what was asked before plays no part
    assert equal(batch, again.train_batch(7, 32, seed=1))
    assert not equal(batch, task.train_batch(8, 32, seed=1))
    assert not equal(batch, task.train_batch(7, 32, seed=2))


def test_every_epoch_visits_every_maze_once_whatever_way_it_is_turned(task: Maze) -> None:
    inputs = torch.cat([task.train_batch(step, 20, seed=3).inputs for step in range(5)]).numpy()
    expected = sorted(canonical_keys(task.train_examples.inputs))
    assert sorted(canonical_keys(inputs[:50])) == sorted(canonical_keys(inputs[50:])) == expected
    assert not (inputs[:50] == inputs[50:]).all()
    plain = MazeConfig(size=7, longer_than=9, num_train=50, augment=False).build()
    assert sorted(canonical_keys(plain.train_batch(0, 50, seed=3).inputs.numpy())) == expected
    stored = {maze.tobytes() for maze in plain.train_examples.inputs.astype(np.int64)}
    assert {maze.tobytes() for maze in plain.train_batch(0, 50, seed=3).inputs.numpy()} == stored


def test_labels_of_turned_mazes_follow_the_rule_of_typed_ones(task: Maze) -> None:
    batch = task.train_batch(0, 40, seed=0)
    for inputs, labels in zip(batch.inputs.numpy(), batch.labels.numpy(), strict=True):
        typed = task.text.parse("".join(task.spec.symbols[token] for token in inputs))
        assert (typed.inputs == inputs).all()
        assert (typed.labels == labels).all()


@pytest.mark.parametrize("ties", ["random", "file"])
def test_other_labels_turn_with_their_mazes(ties: str, file_of_two: Path) -> None:
    path = file_of_two if ties == "file" else None
    task = MazeConfig(size=5, ties="random", longer_than=6, num_train=2, train=path, augment=True).build()
    mazes = task.train_examples
    pairs = {
        move(np.stack([maze, label]).reshape(2, 5, 5), k).astype(np.int64).tobytes()
        for maze, label in zip(mazes.inputs, mazes.labels, strict=True)
        for k in range(8)
    }
    batch = task.train_batch(0, 64, seed=0)
    drawn = {pair.tobytes() for pair in torch.stack([batch.inputs, batch.labels], dim=1).numpy()}
    assert drawn <= pairs
    assert len(drawn) > 8


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**20), k=st.integers(0, 7))
def test_a_turned_answer_stays_right_and_turns_back(task: Maze, seed: int, k: int) -> None:
    batch = task.train_batch(0, 4, seed)
    pair = torch.stack([batch.inputs, batch.labels]).numpy().reshape(2, 4, 7, 7)
    turned = move(pair, k)
    assert task.rules.are_solved(*turned.reshape(2, 4, 49)).all()
    assert (move(turned, INVERSE_MOVES[k]) == pair).all()


def test_files_are_published_without_augmentation(file_of_two: Path) -> None:
    task = MazeConfig(size=5, train=file_of_two, test=file_of_two, num_train=1, num_test=0).build()
    assert task.train_examples.inputs.shape == (1, 25)
    assert len(np.unique(task.train_batch(0, 32, seed=0).inputs.numpy(), axis=0)) == 1
    (batch,) = task.eval_batches(10)
    assert (batch.inputs.numpy() == np.stack([cells(MAZE), cells(RING)])).all()
    assert (batch.labels.numpy() == np.stack([cells(FIRST), cells(SHORT)])).all()
    chosen = {
        int(MazeConfig(size=5, train=file_of_two, num_train=1, data_seed=seed).build().train_examples.names[0])
        for seed in range(10)
    }
    assert chosen == {0, 1}


def test_another_file_to_hold_out(task: Maze, file_of_two: Path) -> None:
    held_out = MazeConfig(size=5, num_test=7).build().with_test(file_of_two)
    assert len(held_out.test_examples) == 2
    assert held_out.spec == MazeConfig(size=5).build().spec
    with pytest.raises(InputError, match="question has 25 cells, a 7x7 maze 49"):
        next(task.with_test(file_of_two).eval_batches(1))


def test_held_out_mazes_stay_the_same(task: Maze) -> None:
    batches = list(task.eval_batches(20))
    assert [len(batch.inputs) for batch in batches] == [20, 10]
    again = list(MazeConfig(size=7, longer_than=9, num_train=1, num_test=30).build().eval_batches(20))
    assert all(equal(one, other) for one, other in zip(batches, again, strict=True))
    other = next(MazeConfig(size=7, longer_than=9, num_test=20, data_seed=1).build().eval_batches(20))
    assert not equal(batches[0], other)


@pytest.mark.parametrize("kind", ["hard", "perfect"])
def test_no_walls_are_both_for_training_and_held_out(kind: Any) -> None:
    # So small that chance alone would repeat walls.
    task = MazeConfig(size=5, kind=kind, longer_than=4, num_train=300, num_test=300).build()
    training, held_out = (canonical_keys(mazes.inputs == WALL) for mazes in (task.train_examples, task.test_examples))
    assert set(training).isdisjoint(held_out)
    assert is_held_out_grid(task.test_examples.inputs == WALL).all()
    assert not is_held_out_grid(task.train_examples.inputs == WALL).any()


def test_the_bound_and_the_kind_reach_the_generator() -> None:
    mazes = MazeConfig(size=9, kind="perfect", longer_than=20, num_train=30).build().train_examples.inputs
    assert path_lengths(mazes).min() > 20
    sparse = MazeConfig(size=9, walls=(0.05, 0.1), longer_than=3, num_train=50).build().train_examples.inputs
    assert (sparse == WALL).mean() < 0.12


def test_random_ties_are_other_shortest_paths_for_the_same_mazes() -> None:
    first, other = (
        MazeConfig(size=9, longer_than=9, num_train=50, ties=ties).build().train_examples
        for ties in ("first", "random")
    )
    assert (first.inputs == other.inputs).all()
    assert 0.3 < (first.labels != other.labels).any(axis=1).mean() < 1


def test_solved_means_a_shortest_path(task: Maze) -> None:
    five = MazeConfig(size=5).build()
    assert is_solved(five.rules, cells(MAZE), cells(FIRST))
    assert is_solved(five.rules, cells(MAZE), cells(OTHER))
    assert not is_solved(five.rules, cells(RING), cells(LONG))
    rows = five.rules.are_solved(np.stack([cells(MAZE)] * 2), np.stack([cells(MAZE), cells(OTHER)]))
    assert rows.tolist() == [False, True]


def test_the_data_as_they_are(file_of_two: Path) -> None:
    task = MazeConfig(size=5, train=file_of_two, num_train=0, longer_than=8, num_test=3).build()
    (maze,), (ring,) = task.groups("train")
    assert (maze.puzzle_id, maze.name, maze.rating) == (0, "0", 10)
    assert (ring.name, ring.rating) == ("1", 4)
    assert (maze.inputs[0] == cells(MAZE)).all()
    assert (maze.labels[0] == cells(FIRST)).all()
    held_out = [puzzle for (puzzle,) in task.groups("test")]
    assert (np.concatenate([puzzle.inputs for puzzle in held_out]) == task.test_examples.inputs).all()
    assert [puzzle.rating for puzzle in held_out] == path_lengths(task.test_examples.inputs).tolist()


def test_problems_and_symmetries_of_data(task: Maze) -> None:
    inputs, labels = np.stack([cells(RING)] * 2), np.stack([cells(SHORT), cells(LONG)])
    five = MazeConfig(size=5).build()
    assert five.rules.problems(inputs, labels) == [None, "the label is longer than the shortest path"]
    one, other = five.symmetries.keys(inputs, labels)
    assert one == other, "another label, the same maze"
    mazes = task.train_examples
    turned = move(np.stack([mazes.inputs, mazes.labels]).reshape(2, -1, 7, 7), 6).reshape(2, -1, 49)
    assert task.symmetries.keys(*turned) == task.symmetries.keys(mazes.inputs, mazes.labels)
    assert task.rules.problems(*turned) == [None] * 50


def test_scores_tell_exact_from_optimal(task: Maze) -> None:
    mazes = task.test_examples
    other = MazeConfig(size=7, longer_than=9, num_test=30, ties="random").build().test_examples.labels
    figures = task.scores(other[:20], np.zeros(20)).figures
    assert figures["puzzles"] == 20
    assert figures["exact"] == (other[:20] == mazes.labels[:20]).all(axis=1).mean() < 1
    assert figures["valid"] == figures["optimal"] == 1
    assert are_paths(mazes.inputs, other).all()


def test_a_typed_maze_has_its_first_shortest_path() -> None:
    task = MazeConfig(size=5).build()
    example = task.text.parse(MAZE)
    assert (example.inputs == cells(MAZE)).all()
    assert (example.labels == cells(FIRST)).all()
    assert example.inputs.dtype == np.int64
    assert len(task.text.parse_many(f"{flat(MAZE)}\n{flat(RING)}\n")) == 2
    with pytest.raises(InputError, match="line 2: 24 cells found"):
        required(task.text.parse_many(f"{flat(MAZE)}\n{flat(MAZE)[1:]}\n"))


def test_typed_mazes_need_no_training_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hrm.tasks.maze.generate", lambda *_args, **_options: pytest.fail("generated"))
    task = MazeConfig(size=5, test=tmp_path / "none.csv").build()
    assert "│" in task.render(task.text.parse(MAZE).inputs, cells(FIRST), cells(OTHER))
    with pytest.raises(InputError, match="no such file"):
        next(task.eval_batches(1))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 4}, "size 4 is not supported: a maze has a side of at least 5"),
        ({"longer_than": 0}, "longer_than is 0: give a number of steps from 1 to 898"),
        ({"longer_than": 899}, "longer_than is 899"),
        ({"walls": (0.5, 0.3)}, "give the least and the greatest share"),
        ({"walls": (0.5, 1.0)}, "from 0 to below 1"),
        ({"num_train": 0}, "num_train is 0: generated puzzles need a number of at least 1"),
        ({"num_test": -1, "test": Path("x")}, "num_test is -1"),
        ({"data_seed": -1}, "a seed is 0 or more"),
    ],
)
def test_settings_that_cannot_work_are_input_errors(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MazeConfig(**settings).build()


def test_published_mazes_are_drawn_the_same_way(shared: Path) -> None:
    folder = shared / "fixtures" / "official_maze" / "test"
    inputs, labels = (np.load(folder / f"all__{name}.npy") for name in ("inputs", "labels"))
    task = MazeConfig(size=9).build()
    assert task.rules.are_solved(inputs, labels).all()
    for maze in inputs:
        assert (task.text.parse("".join(task.spec.symbols[token] for token in maze)).inputs == maze).all()

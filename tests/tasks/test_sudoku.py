from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import REPOSITORY

from hrm.errors import InputError
from hrm.puzzles.base import is_solved, required
from hrm.puzzles.sudoku.generator import generate, is_held_out_grid, reveal
from hrm.puzzles.sudoku.rules import BOXES
from hrm.puzzles.sudoku.solver import solve
from hrm.puzzles.sudoku.tokens import encode
from hrm.tasks.base import Task
from hrm.tasks.seeds import Stream, rng
from hrm.tasks.sources import draw_rows
from hrm.tasks.sudoku import Sudoku, SudokuConfig
from hrm.types import Batch

QUESTION = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
ANSWER = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"


@pytest.fixture(scope="module")
def task() -> Sudoku:
    return SudokuConfig(num_train=50, num_test=30).build()


@pytest.fixture
def file_of_two(tmp_path: Path) -> Path:
    turned = [text[::-1] for text in (QUESTION, ANSWER)]  # a half turn of the board
    path = tmp_path / "two.csv"
    path.write_text(f"question,answer,rating\n{QUESTION},{ANSWER},1\n{turned[0]},{turned[1]},2\n")
    return path


def equal(one: Batch, other: Batch) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("size", BOXES)
def test_the_spec_of_every_size(size: int) -> None:
    task: Task = SudokuConfig(size=size).build()
    assert task.spec.vocab_size == len(task.spec.symbols) == size + 2
    assert task.spec.seq_len == size**2
    assert task.spec.grid_shape == (size, size)
    assert task.spec.num_puzzles == 1
    assert task.spec.symbols[1:3] == (".", "1")
    assert task.spec.symbols[-1] == {4: "4", 6: "6", 9: "9", 16: "G"}[size]


@pytest.mark.parametrize("size", BOXES)
def test_labels_solve_their_inputs(size: int) -> None:
    task = SudokuConfig(size=size, num_train=6, num_test=3).build()
    fewest, most = task.givens
    for batch in [task.train_batch(3, 16, seed=0), *task.eval_batches(2)]:
        inputs, labels = batch.inputs.numpy(), batch.labels.numpy()
        assert batch.inputs.dtype == batch.labels.dtype == batch.puzzle_ids.dtype == torch.int64
        assert task.rules.are_solved(inputs, labels).all()
        num_givens = (inputs > 1).sum(axis=1)
        assert (num_givens >= fewest).all()
        assert (num_givens <= most).all()
        assert (batch.puzzle_ids == 0).all()


def test_a_batch_is_a_function_of_step_and_seed(task: Sudoku) -> None:
    batch = task.train_batch(7, 32, seed=1)
    again = SudokuConfig(num_train=50).build()
    again.train_batch(2, 8, seed=5)  # what was asked before plays no part
    assert equal(batch, again.train_batch(7, 32, seed=1))
    assert not equal(batch, task.train_batch(8, 32, seed=1))
    assert not equal(batch, task.train_batch(7, 32, seed=2))


def test_every_epoch_visits_every_puzzle_once(task: Sudoku) -> None:
    plain = SudokuConfig(num_train=50, augment=False).build()
    # Batches of 20 do not divide an epoch of 50: five batches are two epochs.
    labels = torch.cat([plain.train_batch(step, 20, seed=3).labels for step in range(5)]).numpy() - 1
    epochs = [[grid.tobytes() for grid in part.astype(np.uint8)] for part in (labels[:50], labels[50:])]
    expected = sorted(grid.tobytes() for grid in plain.train_examples.labels - 1)
    assert [sorted(epoch) for epoch in epochs] == [expected, expected]
    assert epochs[0] != epochs[1]
    assert len(plain.train_batch(0, 130, seed=0).inputs) == 130  # one batch over three epochs


@pytest.mark.parametrize("num", [0, 3])
def test_a_fixed_number_of_copies(num: int) -> None:
    task = SudokuConfig(num_train=2, num_copies=num).build()
    seen = {row.tobytes() for step in range(40) for row in task.train_batch(step, 8, seed=1).inputs.numpy()}
    assert len(seen) == 2 * (1 + num), "each puzzle itself, and its copies, again and again"
    assert seen == {row.tobytes() for step in range(40) for row in task.train_batch(step, 8, seed=2).inputs.numpy()}
    plain = SudokuConfig(num_train=2, num_copies=0).build().train_batch(0, 2, seed=0).inputs.numpy()
    assert {row.tobytes() for row in plain} <= seen
    batch = task.train_batch(3, 8, seed=1)
    assert task.rules.are_solved(batch.inputs.numpy(), batch.labels.numpy()).all()


def test_augmentation_shows_a_puzzle_differently_each_time(file_of_two: Path) -> None:
    task = SudokuConfig(train=file_of_two).build()
    batch = task.train_batch(0, 64, seed=0)
    assert len(np.unique(batch.labels.numpy(), axis=0)) > 60
    assert ((batch.inputs > 1).sum(dim=1) == 30).all()  # nothing is revealed of puzzles from files
    plain = SudokuConfig(train=file_of_two, augment=False).build().train_batch(0, 64, seed=0)
    assert len(np.unique(plain.labels.numpy(), axis=0)) == 2


def test_revealed_cells_keep_the_solution_unique() -> None:
    puzzles, solutions = generate(40, max_givens=28)
    revealed = reveal(puzzles, solutions, (28, 40), np.random.default_rng(0))
    assert (revealed[puzzles > 0] == puzzles[puzzles > 0]).all()
    assert ((revealed == 0) | (revealed == solutions)).all()
    num_givens = (revealed > 0).sum(axis=1)
    assert num_givens.min() >= 28
    assert num_givens.max() <= 40
    assert len(set(num_givens)) > 5
    found = solve(SudokuConfig().build().layout, revealed)
    assert (found.num_solutions == 1).all()
    assert (found.solutions[:, 0] == solutions).all()


def test_training_puzzles_may_be_harder_than_the_held_out_ones() -> None:
    easy, hard = (SudokuConfig(num_train=20, num_test=20, train_givens=range_).build() for range_ in (None, (26, 29)))
    num_givens = (hard.train_batch(0, 200, 0).inputs > 1).sum(1)
    assert (int(num_givens.min()), int(num_givens.max())) == (26, 29)
    for one, other in zip(easy.eval_batches(20), hard.eval_batches(20), strict=True):
        assert torch.equal(one.inputs, other.inputs)


def test_training_puzzles_of_a_file_may_be_shown_with_more_cells_and_held_out_ones_never_are(file_of_two: Path) -> None:
    as_they_are = SudokuConfig(train=file_of_two, test=file_of_two, augment=False)
    more = replace(as_they_are, easier_givens=(10, 60))
    plain, revealed = (config.build().train_batch(0, 100, 0) for config in (as_they_are, more))
    own, shown = ((batch.inputs > 1).sum(1) for batch in (plain, revealed))
    assert (shown >= own).all(), "10 are fewer than any has: it keeps its own"
    assert int(shown.max()) <= 60
    assert len(set(shown.tolist())) > 20
    assert torch.equal(plain.labels, revealed.labels)
    assert ((revealed.inputs == plain.inputs) | (plain.inputs == 1) & (revealed.inputs == revealed.labels)).all()
    for one, other in zip(as_they_are.build().eval_batches(2), more.build().eval_batches(2), strict=True):
        assert torch.equal(one.inputs, other.inputs)


def test_what_is_said_of_generated_puzzles_does_not_touch_those_of_a_file(file_of_two: Path) -> None:
    config = SudokuConfig(train=file_of_two, test=file_of_two, augment=False)
    assert equal(
        config.build().train_batch(0, 8, 0), replace(config, train_givens=(60, 70)).build().train_batch(0, 8, 0)
    )


def test_every_number_of_givens_is_drawn_equally_often() -> None:
    puzzles, solutions = generate(1, max_givens=30)
    many = reveal(puzzles.repeat(4000, axis=0), solutions.repeat(4000, axis=0), (30, 33), np.random.default_rng(0))
    counts = np.bincount((many > 0).sum(axis=1))[30:]
    assert len(counts) == 4
    assert counts.min() > 900
    assert (many > 0).any(axis=0).all()  # and every cell is revealed at times


def test_held_out_puzzles_stay_the_same(task: Sudoku) -> None:
    batches = list(task.eval_batches(20))
    assert [len(batch.inputs) for batch in batches] == [20, 10]
    again = list(SudokuConfig(num_train=1, num_test=30).build().eval_batches(20))
    assert all(equal(one, other) for one, other in zip(batches, again, strict=True))
    other_seed = next(SudokuConfig(num_test=20, data_seed=1).build().eval_batches(20))
    assert not equal(batches[0], other_seed)


@pytest.mark.parametrize("size", [4, 6, 9])
def test_no_solution_grid_is_both_for_training_and_held_out(size: int) -> None:
    task = SudokuConfig(size=size, num_train=100, num_test=100).build()
    training = {grid.tobytes() for grid in task.train_examples.labels}
    assert training.isdisjoint(grid.tobytes() for grid in task.test_examples.labels)


def test_whether_a_grid_is_held_out_does_not_depend_on_the_names_of_digits() -> None:
    _, solutions = generate(400, size=6, max_givens=36)
    held_out = is_held_out_grid(solutions)
    assert 0.15 < held_out.mean() < 0.35
    names = np.array([0, 4, 2, 6, 1, 3, 5], dtype=np.uint8)
    assert (is_held_out_grid(names[solutions]) == held_out).all()


def test_files_for_training_and_evaluation(file_of_two: Path) -> None:
    task = SudokuConfig(train=file_of_two, test=file_of_two, num_train=1, num_test=0).build()
    assert task.train_examples.inputs.shape == (1, 81)
    (batch,) = task.eval_batches(10)
    assert batch.inputs.shape == (2, 81)
    assert task.test_examples.ratings.tolist() == [1, 2]
    assert task.spec.symbols[batch.inputs[0, 0]] == "5"
    chosen = {
        float(SudokuConfig(train=file_of_two, num_train=1, data_seed=seed).build().train_examples.ratings[0])
        for seed in range(10)
    }
    assert chosen == {1, 2}


def test_solved_means_givens_kept_and_rules_obeyed(task: Sudoku) -> None:
    example = task.text.parse(QUESTION)
    assert example.labels is not None
    solution = example.labels
    assert is_solved(task.rules, example.inputs, solution)
    for wrong in (
        example.inputs,
        np.zeros(81, np.int64),
        solution[::-1],
        np.where(solution == 2, 3, solution),
    ):
        assert not is_solved(task.rules, example.inputs, wrong)
    exchanged = np.array([0, 1, 3, 2, *range(4, 11)])[solution]  # obeys the rules, but 1 and 2 changed places
    assert not is_solved(task.rules, example.inputs, exchanged)
    assert is_solved(task.rules, np.ones(81, np.int64), exchanged)
    rows = task.rules.are_solved(np.stack([example.inputs] * 2), np.stack([solution, exchanged]))
    assert rows.tolist() == [True, False]


def test_a_typed_puzzle_is_encoded_with_its_solution(task: Sudoku) -> None:
    example = task.text.parse(QUESTION)
    assert example.inputs[:5].tolist() == [6, 4, 1, 1, 8]
    assert example.labels is not None
    assert "".join(task.spec.symbols[token] for token in example.labels) == ANSWER
    many = task.text.parse_many(f"{QUESTION}\n# again\n{QUESTION}\n")
    assert len(many) == 2
    with pytest.raises(InputError, match="line 2: 80 cells found"):
        required(task.text.parse_many(f"{QUESTION}\n{QUESTION[1:]}\n"))


def test_the_label_is_missing_where_the_search_gave_up(task: Sudoku) -> None:
    task.text.budget = 1
    example = task.text.parse("8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..")
    assert example.labels is None


def test_typed_puzzles_need_no_training_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hrm.tasks.sudoku.generate", lambda *_args, **_options: pytest.fail("generated"))
    task = SudokuConfig(test=tmp_path / "none.csv").build()
    assert is_solved(
        task.rules, task.text.parse(QUESTION).inputs, encode(np.array([[int(digit) for digit in ANSWER]]))[0]
    )
    assert "│" in task.render(task.text.parse(QUESTION).inputs)
    with pytest.raises(InputError, match="no such file"):
        next(task.eval_batches(1))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 5}, "size 5 is not supported"),
        ({"givens": (16, 20)}, "from 22 to 81 for size 9"),
        ({"train_givens": (16, 20)}, "train_givens"),
        ({"easier_givens": (16, 20)}, "easier_givens is for puzzles of a file"),
        ({"easier_givens": (16, 82), "train": Path("x")}, r"easier_givens \(16, 82\).*from 0 to 81"),
        ({"givens": (40, 30)}, "give the fewest and the most"),
        ({"givens": (30, 82)}, "from 22 to 81"),
        ({"num_train": 0}, "num_train is 0: generated puzzles need a number of at least 1"),
        ({"num_test": None}, "num_test is None"),
        ({"num_test": -1, "test": Path("x")}, "num_test is -1"),
        ({"data_seed": -1}, "a seed is 0 or more"),
        ({"train_indices": Path("x")}, "generated puzzles are in no file"),
    ],
)
def test_settings_that_cannot_work_are_input_errors(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SudokuConfig(**settings).build()  # type: ignore[arg-type]


def test_the_1000_puzzles_of_sudoku_extreme_are_always_the_same() -> None:
    """A draw that changed with a version of numpy would change what a recipe means."""
    rows = draw_rows(Path("train.csv"), 3_831_994, 1000, rng(Stream.SUBSETS, 0, 0))
    assert len(set(rows)) == 1000
    stored = (REPOSITORY / "hrm/assets/sudoku-extreme-1k.txt").read_text()
    assert "".join(f"{row}\n" for row in rows) == stored


def test_a_list_of_rows_takes_the_place_of_the_draw(file_of_two: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.txt"
    for row in (0, 1):
        rows.write_text(f"{row}\n")
        task = SudokuConfig(train=file_of_two, test=file_of_two, num_test=0, train_indices=rows).build()
        assert task.train_examples.names.tolist() == [row]
        assert task.test_examples.names.tolist() == [0, 1], "held-out puzzles are not touched"
    rows.write_text("2\n")
    with pytest.raises(InputError, match=r"rows\.txt, line 1: row 2, but the data have rows 0 to 1 only"):
        SudokuConfig(train=file_of_two, train_indices=rows).build().train_batch(0, 1, 0)


def test_stored_puzzles_are_the_base_puzzles(task: Sudoku, file_of_two: Path) -> None:
    groups = list(task.groups("train"))
    assert len(groups) == 50
    assert len(list(task.groups("test"))) == 30
    (puzzle,) = groups[7]
    assert (puzzle.puzzle_id, puzzle.name) == (0, "7")
    assert np.isnan(puzzle.rating)
    assert (puzzle.inputs == task.train_examples.inputs[7:8]).all()
    assert (puzzle.labels == task.train_examples.labels[7:8]).all()
    held_out = np.concatenate([group[0].inputs for group in task.groups("test")])
    assert (held_out == torch.cat([batch.inputs for batch in task.eval_batches(7)]).numpy()).all()
    of_file = [group[0] for group in SudokuConfig(train=file_of_two, num_train=0).build().groups("train")]
    assert [(puzzle.name, puzzle.rating) for puzzle in of_file] == [("0", 1.0), ("1", 2.0)]


def test_what_batches_show_has_the_key_of_its_base_puzzle(file_of_two: Path) -> None:
    task = SudokuConfig(train=file_of_two).build()
    base = [task.symmetries.keys(puzzle.inputs, puzzle.labels)[0] for (puzzle,) in task.groups("train")]
    assert base[0] == base[1], "a half turn is a symmetry"
    batch = task.train_batch(0, 32, seed=3)
    assert set(task.symmetries.keys(batch.inputs.numpy(), batch.labels.numpy())) == {base[0]}


def test_broken_examples_are_compared_as_they_stand_and_have_a_problem(task: Sudoku) -> None:
    example = task.text.parse(QUESTION)
    assert example.labels is not None
    inputs, labels = np.stack([example.inputs] * 4), np.stack([example.labels] * 4)
    labels[1, 2] = labels[2, 2] = 9
    labels[3] = -100
    keys = task.symmetries.keys(inputs, labels)
    assert len(set(keys)) == 3
    assert keys[1] == keys[2]
    assert task.rules.problems(inputs, labels) == [None] + ["the answer is not a solution"] * 3
    assert task.rules.problems(np.full((1, 81), 99), labels[:1]) == [
        "the question has cells that are neither a digit nor blank"
    ]

"""Every family of boards keeps what the rest of the program takes for granted: a new one is asked all of this."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hrm.cli.data.generate import as_csv
from hrm.errors import InputError, Notice
from hrm.puzzles.base import is_solved
from hrm.puzzles.boards.making import are_held_out, make_boards
from hrm.puzzles.splitmix import random_states
from hrm.tasks import TASKS
from hrm.tasks.base import Task
from hrm.tasks.board import BoardConfig, BoardTask
from hrm.tasks.check import check
from hrm.types import Batch

FAMILIES = {name: config for name, config in TASKS.items() if issubclass(config, BoardConfig)}


@pytest.fixture(params=FAMILIES, scope="module")
def task(request: pytest.FixtureRequest) -> BoardTask:
    return FAMILIES[request.param](num_train=40, num_test=20).build()


def both(task: BoardTask) -> tuple[np.ndarray, np.ndarray]:
    return tuple(
        np.concatenate([getattr(boards, side) for boards in (task.train_examples, task.test_examples)]).astype(np.int64)
        for side in ("inputs", "labels")
    )


def equal(one: Batch, other: Batch) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_facts_agree_with_one_another(task: BoardTask) -> None:
    spec, family, protocol = task.spec, task.family, task
    _: Task = protocol
    assert spec.seq_len == spec.grid_shape[0] * spec.grid_shape[1]
    assert len(spec.symbols) == len(family.names) == spec.vocab_size == len(spec.answers)
    assert len(set(spec.symbols)) == len(set(family.names)) == spec.vocab_size
    assert all(len(symbol.encode("latin-1")) == 1 and symbol not in ",\"' " for symbol in spec.symbols)
    assert set(family.asked) | set(family.letters.values()) <= set(range(1, spec.vocab_size))
    assert len(family.page) in (0, spec.vocab_size)
    inputs, labels = both(task)
    assert np.isin(inputs, family.asked).all()
    for question, answer in zip(inputs.ravel(), labels.ravel(), strict=True):
        assert answer in spec.answers[question]


def test_the_statement_names_every_character_of_a_board(task: BoardTask) -> None:
    said = task.statement
    for character in task.spec.characters[1:]:
        told = {".": "dot"}.get(character, character)
        assert told in said or character.isdigit(), f"{character!r} in: {said}"
    assert str(task.spec.grid_shape[0]) in said


def test_labels_solve_their_questions_and_break_nothing(task: BoardTask) -> None:
    inputs, labels = both(task)
    assert task.rules.are_solved(inputs, labels).all()
    assert not task.family.broken(inputs, labels).any()
    assert not (inputs == labels).all(axis=1).any(), "who copies would look good"
    assert task.rules.problems(inputs, labels) == [None] * len(inputs)
    for question, label in zip(inputs, labels, strict=True):
        assert (task.family.solve(question) == label).all()


def test_wrong_answers_are_told_from_right_ones(task: BoardTask) -> None:
    inputs, labels = both(task)
    draws = np.random.default_rng(0)
    for token in range(-1, task.spec.vocab_size + 1):
        answers = labels.copy()
        cells = draws.integers(task.spec.seq_len, size=len(answers))
        answers[np.arange(len(answers)), cells] = token
        solved = task.rules.are_solved(inputs, answers)
        same = (answers == labels).all(axis=1)
        assert solved[same].all()
        if task.family.is_unique or token in (-1, 0, task.spec.vocab_size):
            assert not solved[~same].any()
        assert not (solved & task.family.broken(inputs, answers).any(axis=1)).any()
        assert len(task.rules.problems(answers, answers)) == len(answers), "any tokens may be asked about"
    assert not task.rules.are_solved(inputs, np.roll(labels, 1, axis=0)).all()


def test_symmetries_are_a_group_that_keeps_the_rules_and_the_keys(task: BoardTask) -> None:
    inputs, labels = both(task)
    symmetries, family = task.symmetries, task.family
    versions = {
        (cells.tobytes(), tokens.tobytes()) for cells, tokens in zip(symmetries.cells, symmetries.tokens, strict=True)
    }
    assert len(versions) == len(symmetries.cells)
    for cells, tokens in zip(symmetries.cells, symmetries.tokens, strict=True):
        turned, turned_labels = tokens[inputs][:, cells], tokens[labels][:, cells]
        for others, renamed in zip(symmetries.cells, symmetries.tokens, strict=True):
            assert (cells[others].tobytes(), renamed[tokens].tobytes()) in versions
        assert task.rules.are_solved(turned, turned_labels).all()
        assert symmetries.keys(turned, turned_labels) == symmetries.keys(inputs, labels)
        assert (are_held_out(family, turned, turned_labels) == are_held_out(family, inputs, labels)).all()
        if family.canonical is not None:
            turned_labels = family.canonical(turned, turned_labels)
        for question, label in zip(turned, turned_labels, strict=True):
            assert (family.solve(question) == label).all(), "the label follows one rule, however the puzzle is turned"


def test_no_puzzle_is_on_both_sides_nor_twice(task: BoardTask) -> None:
    report = check(task)
    assert report.findings == ()
    train, test = task.train_examples, task.test_examples
    assert not are_held_out(task.family, train.inputs, train.labels).any()
    assert are_held_out(task.family, test.inputs, test.labels).all()
    other = replace(task.config, data_seed=1).build().test_examples
    assert not (other.inputs == test.inputs).all()


def test_puzzles_are_a_function_of_the_seed_alone(task: BoardTask) -> None:
    again = replace(task.config, num_train=15).build().train_examples
    assert (again.inputs == task.train_examples.inputs[:15]).all()
    assert (again.labels == task.train_examples.labels[:15]).all()


def test_where_there_are_not_so_many_puzzles_all_are_taken_and_that_is_told() -> None:
    task = FAMILIES["lights-out"](size=2, num_train=100).build()
    with pytest.warns(Notice, match=r"lights-out with these settings has \d different training puzzles, not 100: all"):
        found = list(task.groups("train"))
    assert 1 <= len(found) < 5  # 15 patterns, of 5 kinds
    assert sum(1 for _ in FAMILIES["lights-out"](size=2, num_train=len(found)).build().groups("train")) == len(found)
    family = FAMILIES["lights-out"](size=4).family()
    inputs, _ = make_boards(family, 10, lambda index: random_states([0], index), is_held_out=False)
    assert inputs.shape == (10, 16)


def test_a_batch_is_a_function_of_step_and_seed(task: BoardTask) -> None:
    batch = task.train_batch(7, 16, seed=1)
    again = replace(task.config).build()
    again.train_batch(2, 8, seed=5)
    assert equal(batch, again.train_batch(7, 16, seed=1))
    assert not equal(batch, task.train_batch(8, 16, seed=1))
    assert not equal(batch, task.train_batch(7, 16, seed=2))
    inputs, labels = batch.inputs.numpy(), batch.labels.numpy()
    assert task.rules.are_solved(inputs, labels).all()
    for question, label in zip(inputs, labels, strict=True):
        assert (task.family.solve(question) == label).all()


def test_every_epoch_visits_every_puzzle_once(task: BoardTask) -> None:
    batches = [task.train_batch(step, 20, seed=3) for step in range(2)]
    inputs, labels = (np.concatenate([getattr(b, side).numpy() for b in batches]) for side in ("inputs", "labels"))
    stored = task.train_examples
    assert sorted(task.symmetries.keys(inputs, labels)) == sorted(task.symmetries.keys(stored.inputs, stored.labels))
    plain = replace(task.config, augment=False).build().train_batch(0, 40, seed=3)
    assert {row.tobytes() for row in plain.inputs.numpy()} == {row.tobytes() for row in stored.inputs.astype(np.int64)}


def test_typed_drawn_and_listed_boards_are_the_same(task: BoardTask) -> None:
    rows, columns = task.spec.grid_shape
    inputs, labels = both(task)
    for question, label in zip(inputs[:5], labels[:5], strict=True):
        line = "".join(task.spec.symbols[token] for token in question)
        lines = "\n".join(line[first : first + columns] for first in range(0, len(line), columns))
        for text in (line, lines, task.render(question)):
            example = task.text.parse(text)
            assert (example.inputs == question).all()
            assert (example.labels == label).all()
            assert not example.is_given
        answer = "".join(task.spec.symbols[token] for token in label)
        for value in ({"question": line, "answer": answer}, [{"puzzle": lines.splitlines(), "solution": answer}]):
            (example,) = task.text.parse_values(value)
            assert example.is_given
            assert (example.labels == label).all()
    text = "\n".join("".join(task.spec.symbols[token] for token in question) for question in inputs[:5])
    assert len(task.text.parse_many(text)) == 5
    bad = task.text.parse_many(text + "\n" + text[: columns * rows - 1] + "%")
    assert isinstance(bad[-1], InputError)
    assert str(bad[-1]).startswith("line 6: '%' in row ")
    with pytest.raises(InputError, match=f"1 cells found, but {task.family.title} of {rows} x {columns} has"):
        task.text.parse(task.spec.symbols[task.family.asked[0]])
    with pytest.raises(InputError, match="the text is empty"):
        task.text.parse(" \n ")


def test_files_are_read_as_they_were_written(task: BoardTask, tmp_path: Path) -> None:
    path = tmp_path / "boards.csv"
    path.write_bytes(as_csv(task, "test"))
    again = task.with_test(path)
    assert (again.test_examples.inputs == task.test_examples.inputs).all()
    assert (again.test_examples.labels == task.test_examples.labels).all()
    assert (again.test_examples.ratings == task.test_examples.ratings).all()
    trained = replace(task.config, train=path, num_train=0).build()
    inputs, labels = (side.numpy() for side in trained.train_batch(0, 20, seed=0)[:2])
    assert trained.rules.are_solved(inputs, labels).all()
    rows = list(csv.DictReader(path.read_text().splitlines()))
    wrong = rows[0]["answer"].translate({ord(c): d for c, d in zip(rows[0]["answer"][-1:], "?", strict=True)})
    for answer in (rows[0]["question"], wrong):
        path.write_text(f"question,answer\n{rows[0]['question']},{answer}\n")
        with pytest.raises(InputError, match=r"line 2: (the answer does not solve|answer has)"):
            next(task.with_test(path).eval_batches(1))


def test_validation_takes_training_puzzles(task: BoardTask) -> None:
    rest, held = task.split_validation(5)
    assert len(held.test_examples) == 5
    assert len(rest.train_examples) <= 35
    one, other = (
        set(task.family.keys_apart(boards.inputs, boards.labels))
        for boards in (rest.train_examples, held.test_examples)
    )
    assert one.isdisjoint(other)
    assert (rest.test_examples.inputs == task.test_examples.inputs).all()


def test_scores_count_right_and_nearly_right_answers(task: BoardTask) -> None:
    labels = task.test_examples.labels.astype(np.int64)
    answers = labels.copy()
    answers[:4, 0] = 0  # no cell is ever this
    scores = task.scores(answers, np.zeros(20))
    assert scores.figures["puzzles"] == 20
    assert scores.figures["solved"] == scores.figures["exact"] == 0.8
    assert scores.figures["near"] == 0.2
    for name in task.family.measures:
        assert sum(part["puzzles"] for part in scores.figures[f"by_{name}"]) == 20
    assert len(scores.tables) == 1 + len(task.family.measures)
    (puzzle,) = next(task.groups("test"))
    assert puzzle.rating == next(iter(task.family.measures.values()))(puzzle.inputs, puzzle.labels)[0]


def test_a_drawing_tells_givens_answers_changes_and_faults_apart(task: BoardTask) -> None:
    question, label = (side[0] for side in both(task))
    wrong = label.copy()
    open_cell = int(np.flatnonzero(question != label)[0])
    wrong[open_cell] = question[open_cell]
    assert "\x1b[36m" in task.render(question, label)
    assert "\x1b[31m" not in task.render(question, label)
    assert "\x1b[30;43m" in task.render(question, label, wrong)
    assert not is_solved(task.rules, question, wrong)
    assert task.render(question, np.zeros_like(label)).count("\x1b[31m") == len(label), "no cell is ever a pad"


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(
    ("changed", "message"),
    [({"size": 1}, "size"), ({"num_train": 0}, "num_train"), ({"data_seed": -1}, "data_seed|seed")],
)
def test_settings_that_cannot_work_are_input_errors(name: str, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        FAMILIES[name](**changed).build()

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hrm.config import from_dict, to_dict
from hrm.errors import InputError
from hrm.puzzles.base import is_solved
from hrm.tasks.base import Task, required_text
from hrm.tasks.published import Published, PublishedConfig
from hrm.types import IGNORE_LABEL

KINDS = {"official_sudoku": "sudoku", "official_maze": "maze", "official_arc_hrm": "arc", "official_arc_trm": "arc"}


@pytest.fixture
def task(folder: Path) -> Published:
    return PublishedConfig(folder=folder).build()


def load(shared: Path, name: str, split: str, what: str) -> np.ndarray:
    return np.load(shared / f"fixtures/{name}/{split}/all__{what}.npy")


@pytest.mark.parametrize("name", KINDS)
def test_published_folders_are_read_exactly(shared: Path, name: str) -> None:
    task: Task = PublishedConfig(folder=shared / "fixtures" / name).build()
    assert task.config.kind == KINDS[name]
    facts = json.loads((shared / f"fixtures/{name}/train/dataset.json").read_text())
    assert task.spec.vocab_size == facts["vocab_size"]
    assert task.spec.seq_len == facts["seq_len"]
    assert task.spec.num_puzzles == facts["num_puzzle_identifiers"]
    names = json.loads((shared / f"fixtures/{name}/identifiers.json").read_text())
    for split in ("train", "test"):
        groups = list(task.groups(split))
        puzzles = [puzzle for group in groups for puzzle in group]
        group_sizes = np.diff(load(shared, name, split, "group_indices"))
        puzzle_sizes = np.diff(load(shared, name, split, "puzzle_indices"))
        assert [len(group) for group in groups] == group_sizes.tolist()
        assert [len(puzzle.inputs) for puzzle in puzzles] == puzzle_sizes.tolist()
        assert [puzzle.puzzle_id for puzzle in puzzles] == load(shared, name, split, "puzzle_identifiers").tolist()
        assert [puzzle.name for puzzle in puzzles] == [names[puzzle.puzzle_id] for puzzle in puzzles]
        labels = np.concatenate([puzzle.labels for puzzle in puzzles])
        expected = load(shared, name, split, "labels").astype(np.int64)
        assert (np.concatenate([puzzle.inputs for puzzle in puzzles]) == load(shared, name, split, "inputs")).all()
        assert (labels == np.where(expected == 0, IGNORE_LABEL, expected)).all()


@pytest.mark.parametrize("name", KINDS)
def test_evaluation_shows_every_test_row_in_order(shared: Path, name: str) -> None:
    task = PublishedConfig(folder=shared / "fixtures" / name).build()
    batches = list(task.eval_batches(7))
    inputs = torch.cat([batch.inputs for batch in batches])
    assert (inputs.numpy() == load(shared, name, "test", "inputs")).all()
    sizes = np.diff(load(shared, name, "test", "puzzle_indices"))
    ids = np.repeat(load(shared, name, "test", "puzzle_identifiers"), sizes)
    assert (torch.cat([batch.puzzle_ids for batch in batches]).numpy() == ids).all()


@pytest.mark.parametrize("name", KINDS)
def test_training_batches_are_rows_of_the_folder(shared: Path, name: str) -> None:
    task = PublishedConfig(folder=shared / "fixtures" / name).build()
    batch = task.train_batch(5, 40, seed=1)
    assert batch.inputs.dtype == batch.labels.dtype == batch.puzzle_ids.dtype == torch.int64
    sizes = np.diff(load(shared, name, "train", "puzzle_indices"))
    stored = {
        (i, row.tobytes(), label.tobytes())
        for i, row, label in zip(
            np.repeat(load(shared, name, "train", "puzzle_identifiers"), sizes),
            load(shared, name, "train", "inputs").astype(np.uint8),
            load(shared, name, "train", "labels").astype(np.uint8),
            strict=True,
        )
    }
    labels = torch.where(batch.labels == IGNORE_LABEL, 0, batch.labels)
    for puzzle_id, row, label in zip(batch.puzzle_ids, batch.inputs, labels, strict=True):
        assert (int(puzzle_id), *(t.numpy().astype(np.uint8).tobytes() for t in (row, label))) in stored
    again = PublishedConfig(folder=shared / "fixtures" / name).build().train_batch(5, 40, seed=1)
    assert all(torch.equal(one, other) for one, other in zip(batch, again, strict=True))
    assert not torch.equal(batch.inputs, task.train_batch(5, 40, seed=2).inputs)
    assert not torch.equal(batch.inputs, task.train_batch(6, 40, seed=1).inputs)


def test_sudoku_has_its_rules(shared: Path) -> None:
    task = PublishedConfig(folder=shared / "fixtures/official_sudoku").build()
    assert task.rules is not None
    (batch,) = task.eval_batches(100)
    inputs, labels = batch.inputs.numpy(), batch.labels.numpy()
    assert task.rules.are_solved(inputs, labels).all()
    assert not task.rules.are_solved(inputs, inputs).any()
    assert is_solved(task.rules, inputs[0], labels[0])
    text = "".join(task.spec.symbols[token] for token in inputs[0])
    example = task.text.parse(text)
    assert (example.inputs == inputs[0]).all()
    assert example.labels is not None
    assert (example.labels == labels[0]).all()
    assert len(task.text.parse_many(f"{text}\n{text}")) == 2
    assert "│" in task.render(inputs[0], labels[0])
    assert task.rules.problems(inputs[:2], labels[:2]) == [None, None]
    turned = task.symmetries.draw(2, np.random.default_rng(0))
    assert task.symmetries.keys(inputs[:2], labels[:2]) == task.symmetries.keys(
        turned.apply(inputs[:2]), turned.apply(labels[:2])
    )


def test_without_rules_only_labels_tell(task: Published) -> None:
    assert (task.kind, task.rules, task.symmetries) == ("grid", None, None)
    (batch,) = task.eval_batches(100)
    inputs, labels = batch.inputs.numpy(), batch.labels.numpy()
    assert is_solved(task.rules, inputs[0], labels[0]) is None
    assert task.scores(inputs, np.zeros(10)).figures == {}
    assert task.text.parse("0103").inputs.tolist() == [1, 2, 1, 4]
    assert len(task.text.parse_many("0103\n0000\n")) == 2
    assert task.render(inputs[0]).count("0") >= 4


def test_an_arc_grid_alone_is_no_puzzle(shared: Path) -> None:
    task = PublishedConfig(folder=shared / "fixtures/official_arc_trm").build()
    with pytest.raises(InputError, match=r"cannot be typed in.*hrm eval"):
        required_text(task)
    assert len(task.render(next(task.eval_batches(1)).inputs[0].numpy()).splitlines()) == 30


def test_what_was_found_is_enough_without_the_folder(task: Published, tmp_path: Path) -> None:
    saved = json.loads(json.dumps(to_dict(replace(task.config, folder=tmp_path / "gone"))))
    again = from_dict(PublishedConfig, saved).build()
    assert again.spec == task.spec
    with pytest.raises(InputError, match="no such file"):
        again.train_batch(0, 1, 0)


def test_the_test_puzzles_of_another_folder(task: Published, folder: Path, tmp_path: Path) -> None:
    other = folder.rename(tmp_path / "other")
    for path in (other, other / "train"):  # a folder with test/ in it, or a split itself
        assert len(next(task.with_test(path).eval_batches(100)).inputs) == 10
    values = json.loads((other / "test/dataset.json").read_text())
    (other / "test/dataset.json").write_text(json.dumps({**values, "vocab_size": 6}))
    with pytest.raises(InputError, match=r"dataset\.json: vocab_size is 6, this task has 5"):
        next(task.with_test(other).eval_batches(1))
    (other / "test/dataset.json").write_text(json.dumps({**values, "num_puzzle_identifiers": 9}))
    np.save(other / "test/two__puzzle_identifiers.npy", np.array([4, 8, 5]))
    with pytest.raises(InputError, match="puzzle id 8, this task has 7"):
        next(task.with_test(other).eval_batches(1))


def test_names_must_be_there_when_they_are_needed(task: Published, folder: Path) -> None:
    (folder / "identifiers.json").write_text('["<blank>"]')
    assert len(task.train_batch(0, 4, 0).inputs) == 4
    with pytest.raises(InputError, match=r"identifiers\.json: it must list a name for each of 7"):
        next(task.groups("train"))


def test_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--data FOLDER"):
        PublishedConfig().build()
    with pytest.raises(InputError, match=r"train/dataset\.json: no such file; is this a folder in"):
        PublishedConfig(folder=tmp_path).build()


def test_a_kind_that_does_not_fit(folder: Path) -> None:
    with pytest.raises(InputError, match="4 cells and 5 tokens are no maze"):
        PublishedConfig(folder=folder, kind="maze").build()


def test_no_puzzles_are_held_out_by_itself(task: Published) -> None:
    with pytest.raises(InputError, match="a folder in the published format is trained on whole"):
        task.split_validation(1)

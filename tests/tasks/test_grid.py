from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hrm.config import from_dict, to_dict
from hrm.errors import InputError
from hrm.models.equivariant import EquivariantConfig
from hrm.puzzles.base import is_solved
from hrm.tasks.arc import ArcConfig
from hrm.tasks.base import Task
from hrm.tasks.grid import Grid, GridConfig
from hrm.tasks.sudoku import SudokuConfig

HEADER = {"header": True, "symmetries": ["dihedral"], "rename": "12"}


def fall(grid: np.ndarray) -> np.ndarray:
    """Each 1 and 2 becomes the other, each 0 stays: a rule that every symmetry of the header keeps."""
    return np.array([0, 2, 1])[grid]


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    grids = rng.integers(0, 3, (60, 3, 3))
    lines = [HEADER, *({"input": grid.tolist(), "output": fall(grid).tolist()} for grid in grids)]
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def task(pairs_file: Path) -> Grid:
    return GridConfig(data=pairs_file, held_out_share=0.2).build()


def test_everything_is_found_in_the_file(task: Grid) -> None:
    assert task.spec.symbols == ("∅", "0", "1", "2")
    assert (task.spec.vocab_size, task.spec.seq_len, task.spec.grid_shape) == (4, 9, (3, 3))
    assert (task.spec.num_puzzles, task.rules) == (1, None)
    assert task.spec.interchangeable == (2, 3), "the renamed symbols 1 and 2"
    assert task.config == replace(
        GridConfig(data=task.config.data, held_out_share=0.2),
        symmetries=("dihedral",),
        rename="12",
        symbols="012",
        shape=(3, 3),
    )


def test_what_was_found_is_enough_without_the_file(task: Grid, pairs_file: Path) -> None:
    saved = to_dict(task.config)
    pairs_file.unlink()
    again: Task = from_dict(GridConfig, json.loads(json.dumps(saved))).build()
    assert again.spec == task.spec
    assert again.text.parse("012012012").inputs.tolist() == [1, 2, 3] * 3
    with pytest.raises(InputError, match="no such file"):
        again.train_batch(0, 1, 0)


def test_batches_keep_the_rule_under_every_symmetry(task: Grid) -> None:
    batch = task.train_batch(3, 64, seed=0)
    assert batch.inputs.dtype == batch.labels.dtype == batch.puzzle_ids.dtype == torch.int64
    assert (fall(batch.inputs.numpy() - 1) == batch.labels.numpy() - 1).all()
    again = GridConfig(data=task.config.data, held_out_share=0.2).build().train_batch(3, 64, seed=0)
    assert torch.equal(batch.inputs, again.inputs)
    assert not torch.equal(batch.inputs, task.train_batch(4, 64, seed=0).inputs)
    assert not torch.equal(batch.inputs, task.train_batch(3, 64, seed=1).inputs)


def test_without_augmentation_an_epoch_is_the_file(task: Grid) -> None:
    plain = replace(task.config, augment=False).build()
    num = len(plain.train_examples)
    epoch = plain.train_batch(2, num, seed=0).inputs.numpy()
    assert sorted(map(tuple, epoch)) == sorted(map(tuple, plain.train_examples.inputs.tolist()))
    many = len(np.unique(task.train_batch(0, 40 * num, seed=0).inputs.numpy(), axis=0))
    assert many > 2 * len(np.unique(epoch, axis=0))


def test_training_and_held_out_pairs_share_nothing(task: Grid) -> None:
    keys = {
        split: {task.symmetries.keys(puzzle.inputs, puzzle.labels)[0] for (puzzle,) in task.groups(split)}
        for split in ("train", "test")
    }
    assert keys["train"].isdisjoint(keys["test"])
    num_train, num_test = (len(list(task.groups(split))) for split in ("train", "test"))
    assert num_train + num_test == 60
    assert num_test >= 12
    batches = list(task.eval_batches(5))
    assert sum(len(batch.inputs) for batch in batches) == num_test
    assert max(len(batch.inputs) for batch in batches) == 5
    names = [puzzle.name for (puzzle,) in task.groups("train")]
    assert len(set(names)) == num_train
    assert all(name.startswith("line ") for name in names)


def test_held_out_files(task: Grid, tmp_path: Path) -> None:
    test = tmp_path / "test.jsonl"
    test.write_text('{"input": ["012", "000", "000"], "output": ["021", "000", "000"]}\n')
    (batch,) = task.with_test(test).eval_batches(10)
    assert batch.inputs[0].tolist() == [1, 2, 3, *[1] * 6]
    given = GridConfig(data=task.config.data, test=test).build()
    assert len(given.train_examples) == 60
    assert len(given.test_examples) == 1
    test.write_text('{"input": ["01x", "000", "000"], "output": ["021", "000", "000"]}\n')
    with pytest.raises(InputError, match=r"test\.jsonl, line 1: 'x' in the input is no symbol"):
        next(task.with_test(test).eval_batches(1))
    test.write_text('{"input": ["0"], "output": ["1"]}\n')
    with pytest.raises(InputError, match="the grids are 1 x 1, this task's are 3 x 3"):
        next(task.with_test(test).eval_batches(1))


def test_the_test_list_of_an_arc_task_is_held_out(tmp_path: Path) -> None:
    path = tmp_path / "007bbfb7.json"
    train = [{"input": [[number]], "output": [[0]]} for number in range(1, 4)]
    path.write_text(json.dumps({"train": train, "test": [{"input": [[4]], "output": [[0]]}]}, indent=2))
    task = GridConfig(data=path).build()
    assert task.train_examples.inputs.tolist() == [[2], [3], [4]]
    assert task.test_examples.inputs.tolist() == [[5]]


def test_a_file_of_copies_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "copies.jsonl"
    path.write_text('{"input": [[1]], "output": [[1]]}\n{"input": [[2]], "output": [[2]]}\n')
    copies = GridConfig(data=path).build()
    for use in (lambda: copies.train_batch(0, 1, 0), lambda: next(copies.eval_batches(1))):
        with pytest.raises(InputError, match=r"copies\.jsonl: every output equals its input"):
            use()


def test_one_input_cannot_be_split(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text('{"input": [[1]], "output": [[2]]}\n' * 3)
    with pytest.raises(InputError, match="all inputs are one and the same"):
        GridConfig(data=path).build().train_batch(0, 1, 0)


def test_the_command_line_overrides_the_header(pairs_file: Path) -> None:
    task = GridConfig(data=pairs_file, symmetries=(), rename="", symbols="2103").build()
    assert task.spec.symbols == ("∅", "2", "1", "0", "3")
    assert task.symmetries is None
    with pytest.raises(InputError, match=r"line 2: '[012]' in the input is no symbol"):
        replace(task.config, symbols="34").build().train_batch(0, 1, 0)
    with pytest.raises(InputError, match="the grids are 3 x 3, this task's are 3 x 4"):
        replace(task.config, shape=(3, 4)).build().train_batch(0, 1, 0)


def test_parse_and_render_agree(task: Grid) -> None:
    (example,) = task.text.parse_many("012\n012\n210\n")
    plain = task.render(example.inputs).replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert plain == "0 1 2\n0 1 2\n2 1 0"
    assert (task.text.parse(plain).inputs == example.inputs).all()
    assert task.scores(example.inputs[None], np.zeros(1)).figures == {}
    assert is_solved(task.rules, example.inputs, example.inputs) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "name their file with --data pairs.jsonl"),
        ({"held_out_share": 0.0}, "held_out_share is 0.0"),
        ({"held_out_share": 1.0}, "held_out_share is 1.0"),
        ({"data_seed": -1}, "a seed is 0 or more"),
        ({"symbols": "aa", "shape": (1, 1), "symmetries": (), "rename": ""}, "must name each symbol once"),
        ({"symbols": "", "shape": (1, 1), "symmetries": (), "rename": ""}, "must name each symbol once"),
        ({"symbols": "ab", "shape": (0, 1), "symmetries": (), "rename": ""}, "shape is 0: it must be at least 1"),
        ({"symbols": "ab", "shape": (1, 1), "symmetries": ("spin",), "rename": ""}, "unknown symmetry 'spin'"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        GridConfig(**settings).build()  # type: ignore[arg-type]


def test_an_equivariant_model_is_one_of_the_symbols_that_a_file_renames(task: Grid) -> None:
    torch.manual_seed(0)
    model = EquivariantConfig(hidden_size=16, L_layers=1).build(task.spec).eval()
    batch = task.train_batch(0, 4, seed=0)
    renamed = torch.tensor([0, 1, 3, 2])  # 1 and 2 change places
    _, plain = model(model.initial_carry(4), batch)
    _, other = model(model.initial_carry(4), batch._replace(inputs=renamed[batch.inputs]))
    torch.testing.assert_close(other.logits, plain.logits[..., renamed])
    assert not torch.allclose(other.logits, plain.logits)


@pytest.mark.parametrize("name", ["sudoku", "arc", "grid"])
def test_what_the_symmetries_of_a_task_rename_a_model_may_exchange(name: str, task: Grid, tmp_path: Path) -> None:
    """The kind of fault: a task that augments by renaming and keeps it from the model."""
    (tmp_path / "t.json").write_text('{"train": [{"input": [[1]], "output": [[2]]}], "test": [{"input": [[3]]}]}')
    made: dict[str, Task] = {
        "sudoku": SudokuConfig(size=4).build(),
        "arc": ArcConfig(test=(tmp_path,), canvas=3).build(),
        "grid": task,
    }
    assert made[name].symmetries is not None
    drawn = made[name].symmetries.draw(200, np.random.default_rng(0)).tokens
    changed = {token for token in range(drawn.shape[1]) if (drawn[:, token] != token).any()}
    assert changed == set(made[name].spec.interchangeable)

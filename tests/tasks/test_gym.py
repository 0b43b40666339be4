from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hrm.config import from_dict, to_dict
from hrm.errors import InputError, Notice
from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.models.hrm import HRMConfig
from hrm.puzzles.base import is_solved
from hrm.puzzles.gym import library
from hrm.puzzles.gym.scorer import Scorer
from hrm.runtime import RuntimeConfig, resolve
from hrm.tasks.base import Split
from hrm.tasks.check import check
from hrm.tasks.gym import Gym, GymConfig
from hrm.tasks.gym_entries import GymEntries

pytest.importorskip("reasoning_gym", reason="reasoning-gym is the extra 'gym': pip install 'hrm-lab[gym]'")

GCD = GymConfig(dataset="gcd", num_train=60, num_test=20)


@pytest.fixture(scope="module")
def task() -> Gym:
    return GCD.build()


def questions(task: Gym, split: Split) -> list[str]:
    made = task.train_examples if split == "train" else task.test_examples
    return [task.render(question) for question in made.inputs]


def test_held_out_questions_are_no_training_questions(task: Gym) -> None:
    assert len(questions(task, "train")) == 60
    assert len(questions(task, "test")) == 20
    assert len({*questions(task, "train"), *questions(task, "test")}) == 80
    report = check(task)
    assert report.findings == ()
    other = replace(GCD, data_seed=1).build()
    assert not {*questions(task, "train")} & {*questions(other, "train")}


def test_batches_are_a_function_of_their_arguments(task: Gym) -> None:
    batch = task.train_batch(3, 16, seed=0)
    assert torch.equal(batch.inputs, GCD.build().train_batch(3, 16, seed=0).inputs)
    assert not torch.equal(batch.inputs, task.train_batch(4, 16, seed=0).inputs)
    assert batch.inputs.shape == (16, task.spec.seq_len)
    epoch = torch.cat([task.train_batch(step, 20, seed=0).inputs for step in range(3)])
    assert len(torch.unique(epoch, dim=0)) == 60


def test_every_label_is_right_for_the_scorer(task: Gym) -> None:
    assert isinstance(task.rules, Scorer)
    for made in (task.test_examples, task.train_examples):
        answers = np.maximum(0, made.labels)
        assert task.rules.are_solved(made.inputs, answers).all()
        answers[:, -1] = 1 + (answers[:, -1] % 3)
        assert not task.rules.are_solved(made.inputs, answers).any()
    right = np.maximum(0, task.test_examples.labels)
    assert task.scores(right, np.ones(20)).figures == {"mean_score": 1.0}


def test_the_configuration_alone_is_enough_for_a_typed_question(task: Gym, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = json.loads(json.dumps(to_dict(task.config)))
    assert saved["library"] == library.version()
    again = from_dict(GymConfig, saved).build()
    assert again.spec == task.spec
    monkeypatch.setattr(GymEntries, "_made", None)  # no question is made
    example = again.text.parse(
        "Find the Greatest Common Divisor (GCD) of these numbers: 12, 18. Give only the GCD as your final answer."
    )
    assert again.layout.question_of(example.inputs) == "12, 18."


def test_a_question_that_nobody_made_is_not_judged(task: Gym) -> None:
    known, unknown = task.test_examples.inputs[0], task.text.parse("1, 1.").inputs
    right = np.maximum(0, task.test_examples.labels[0])
    assert is_solved(task.rules, known, right) is True
    assert is_solved(task.rules, unknown, right) is None


def test_another_version_of_the_library_is_told(task: Gym) -> None:
    with pytest.warns(Notice, match=r"made with reasoning-gym 0\.0\.1, and here is"):
        replace(task.config, library="0.0.1").build()


def test_a_file_of_questions_is_compared_with_its_answers(task: Gym, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text('question,answer\n"12, 18.",6\n"7, 9.",\n')
    own = task.with_test(file)
    assert own.rules is None
    assert own.spec == task.spec
    (batch,) = own.eval_batches(10)
    assert (batch.labels >= 0).any(dim=1).tolist() == [True, False]
    file.write_text('question,answer\n"12, 18.",66666\n')
    with pytest.raises(InputError, match=r"mine.csv: line 2: the answer has 5 characters, and this model"):
        list(task.with_test(file).eval_batches(10))


def test_validation_takes_training_questions(task: Gym) -> None:
    rest, held = task.split_validation(10)
    assert rest.config == held.config == task.config
    assert not {*questions(rest, "train")} & {*questions(held, "test")}
    assert {*questions(rest, "train")} | {*questions(held, "test")} == {*questions(task, "train")}
    made = held.test_examples
    assert held.rules is not None
    assert held.rules.are_solved(made.inputs, np.maximum(0, made.labels)).all()


def test_a_model_is_measured_by_the_scorer(task: Gym) -> None:
    torch.manual_seed(0)
    model = HRMConfig(hidden_size=16, num_heads=2, puzzle_embedding_size=0).build(task.spec)
    table = concatenate(list(evaluate(model, task, resolve(RuntimeConfig(device="cpu")), max_segments=2)))
    assert summarize(table)["with_verdict"] == 20
    assert not (table.exact & ~table.solved).any(), "what equals the label is right"


def test_a_grid_is_drawn_as_one(task: Gym) -> None:
    grids = GymConfig(dataset="mini_sudoku", num_train=5, num_test=3).build()
    assert grids.spec.grid_shape == (4, 4)
    assert grids.render(grids.test_examples.inputs[0]).count("\n") == 3
    assert "->" in task.render(task.test_examples.inputs[0], np.maximum(0, task.test_examples.labels[0]))
    (group,) = list(grids.groups("test"))[:1]
    assert group[0].inputs.shape == (1, 16)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dataset": "mini_sudocu"}, "did you mean 'mini_sudoku'"),
        ({"options": ("max_valeu=1",)}, "did you mean 'max_value'"),
        ({"max_question": 3}, "the questions take up to . positions, more than task.max_question"),
        ({"max_answer": 1}, "the answers take up to . positions, more than task.max_answer"),
        ({"form": "cells"}, "task.form is cells"),
        ({"form": "grid"}, "form is 'grid': give one of text, cells"),
        ({"num_test": 0}, "num_test is 0"),
        ({"data_seed": -1}, "data_seed is -1"),
    ],
)
def test_bad_settings_are_refused_in_a_line(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        replace(GCD, **changes).build()
    assert "\n" not in str(caught.value)


def test_a_data_set_whose_questions_are_all_alike() -> None:
    options = ("min_numbers=2", "max_numbers=2", "min_value=1", "max_value=2")
    with (
        pytest.warns(Notice, match="gives .* different training questions"),
        pytest.warns(Notice, match="different held-out questions"),
    ):
        GymConfig(dataset="gcd", options=options, num_train=20, num_test=10).build()

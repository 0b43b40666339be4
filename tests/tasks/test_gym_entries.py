from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable
from dataclasses import replace

import pytest

from hrm.errors import Notice
from hrm.tasks.gym import GymConfig, entries_of
from hrm.tasks.gym_entries import HELD_OUT_SHARE

pytest.importorskip("reasoning_gym", reason="reasoning-gym is the extra 'gym': pip install 'hrm-lab[gym]'")


def sides(config: GymConfig) -> tuple[set[str], set[str]]:
    """The questions of training, and the held-out ones."""
    entries = entries_of(config)
    return {entry.question for entry in entries.train}, {entry.question for entry in entries.test}


def test_of_few_questions_each_is_on_one_side_however_many_are_trained_on() -> None:
    """A coin has few questions: how many of them are asked for changes how many there are, not where they are."""
    config = GymConfig(dataset="coin_flip", num_train=400, num_test=100, options=("max_trials=9",))
    with pytest.warns(Notice, match="different held-out questions, not 100"):
        train, test = sides(config)
    assert train
    assert test
    assert not train & test
    assert len(test) / len(train | test) == pytest.approx(HELD_OUT_SHARE, abs=0.15)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Notice)
        train, again = sides(replace(config, num_train=300))
    assert again == test
    assert not train & test


def test_held_out_questions_do_not_depend_on_those_of_training() -> None:
    few, many = entries_of(GymConfig(num_train=2, num_test=5)), entries_of(GymConfig(num_train=9, num_test=5))
    assert few.test == many.test
    assert not few.has_train
    assert len(few.train) == 2
    assert few.has_train


def test_answers_are_scored_as_texts() -> None:
    entries = entries_of(GymConfig(num_train=2, num_test=2))
    one, other = entries.test
    assert entries.scorer.is_right(one, one.answer)
    assert not entries.scorer.is_right(one, other.answer)


def without_spaces(answer: str) -> str:
    return json.dumps(json.loads(answer), separators=(",", ":"))


@pytest.mark.parametrize(
    ("dataset", "another"),
    [
        ("jugs", without_spaces),
        ("group_anagrams", lambda answer: json.dumps(json.loads(answer)[::-1])),
        ("number_sorting", lambda answer: json.dumps(ast.literal_eval(answer))),
        (
            "graph_color",
            lambda answer: json.dumps({key: {1: 2, 2: 1}.get(one, one) for key, one in json.loads(answer).items()}),
        ),
        ("rubiks_cube", lambda answer: f"{answer} R R'"),
    ],
)
def test_another_right_answer_is_right(dataset: str, another: Callable[[str], str]) -> None:
    entries = entries_of(GymConfig(dataset=dataset, num_train=1, num_test=2))
    for entry in entries.test:
        given = another(entry.answer)
        assert given != entry.answer
        assert entries.scorer.is_right(entry, given)

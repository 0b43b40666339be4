from __future__ import annotations

import warnings
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


def test_of_few_questions_each_is_on_one_side_whatever_is_asked_for() -> None:
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

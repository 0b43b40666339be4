from __future__ import annotations

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.boards.making import are_held_out, make_boards
from hrm.puzzles.lights_out import lights_out
from hrm.puzzles.splitmix import random_states


def test_one_in_four_is_held_out_and_none_is_made_twice() -> None:
    family = lights_out(5)
    made = {}
    for is_held_out in (False, True):
        inputs, labels = make_boards(family, 300, lambda index: random_states([3], index), is_held_out=is_held_out)
        assert inputs.dtype == labels.dtype == np.uint8
        assert (are_held_out(family, inputs, labels) == is_held_out).all()
        made[is_held_out] = family.symmetries.keys(inputs, labels)
        assert len(set(made[is_held_out])) == 300
    assert not set(made[True]) & set(made[False])
    draws = np.random.default_rng(0)
    some = np.stack([puzzle.inputs for _ in range(2000) if (puzzle := family.make(draws)) is not None])
    assert 0.15 < are_held_out(family, some, some).mean() < 0.35  # those of few presses come again and again


def test_all_there_are_can_be_had_and_no_more() -> None:
    family = lights_out(2)  # 15 patterns, of 5 kinds
    states = {False: 0, True: 0}
    for is_held_out in states:
        for num in range(1, 7):
            try:
                make_boards(family, num, lambda index: random_states([0], index), is_held_out=is_held_out)
            except InputError:
                break
            states[is_held_out] = num
    assert sum(states.values()) <= 5
    with pytest.raises(InputError, match="ask for fewer"):
        make_boards(family, 6, lambda index: random_states([0], index), is_held_out=False)

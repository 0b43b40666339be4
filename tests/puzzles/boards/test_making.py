from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.boards.family import Family
from hrm.puzzles.boards.making import HELD_OUT_ONE_IN, are_held_out, make_boards
from hrm.puzzles.delivery import delivery
from hrm.puzzles.futoshiki import futoshiki
from hrm.puzzles.hitori import hitori
from hrm.puzzles.lights_out import lights_out
from hrm.puzzles.queens import queens
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
    family = queens(5)
    sides = [
        make_boards(family, 50, lambda index: random_states([0], index), is_held_out=is_held_out)[0]
        for is_held_out in (False, True)
    ]
    assert [*map(len, sides)] == [16, 3]
    for inputs, is_held_out in zip(sides, (False, True), strict=True):
        few, _ = make_boards(family, len(inputs), lambda index: random_states([0], index), is_held_out=is_held_out)
        assert (few == inputs).all()
    with pytest.raises(InputError, match=r"there are no (training|held-out) puzzles of these settings: try"):
        make_boards(
            replace(family, held_out_keys=lambda inputs, _: [b"\x02"] * len(inputs)),
            5,
            lambda index: random_states([0], index),
            is_held_out=blake2b(b"\x02", digest_size=8).digest()[0] % HELD_OUT_ONE_IN != 0,
        )


def test_settings_that_no_board_has_are_told_as_such() -> None:
    def refusal(family: Family) -> str:
        with pytest.raises(InputError) as raised:
            make_boards(family, 5, lambda index: random_states([0], index), is_held_out=False)
        return str(raised.value)

    no_board = "of 2,048 random boards with these settings 0 could be used as a"
    said = refusal(futoshiki(4, signs=(0, 0), givens=(0, 2)))
    assert said.startswith(f"{no_board} Futoshiki board: try more task.signs or more task.givens")
    assert "larger" not in said
    walled = replace(delivery(9, 3, walls=(0.5, 0.5)), make=lambda _: None)
    assert "try fewer task.walls, fewer task.parcels or a larger task.size" in refusal(walled)
    few = lights_out(2)  # five kinds come, and then nothing
    draws = iter(range(300))
    said = refusal(replace(few, make=lambda state: few.make(state) if next(draws, None) is not None else None))
    assert said.startswith("of 10,240 random boards with these settings 44 could be used")
    assert said.endswith("try other task.presses")


def test_a_board_of_the_greatest_size_is_not_to_be_larger() -> None:
    assert "larger" in lights_out(11).if_few
    assert "larger" not in lights_out(12).if_few
    assert "larger" in hitori(8).if_few
    assert hitori(9).if_few == "another task.data_seed"

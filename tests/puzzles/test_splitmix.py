from __future__ import annotations

import numpy as np
import pytest

from hrm.puzzles.splitmix import GOLDEN, cell_words, mix, next_words, random_states


def test_the_first_words_of_splitmix64_from_seed_0() -> None:
    # The sequence that the reference implementation (Vigna, splitmix64.c) prints for x = 0.
    states = np.arange(1, 4, dtype=np.uint64) * GOLDEN
    assert [hex(word) for word in mix(states)] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]


def test_different_words_stay_different() -> None:
    assert len(np.unique(mix(np.arange(10_000, dtype=np.uint64)))) == 10_000


def test_a_state_depends_on_its_number_alone() -> None:
    few, many = random_states([3, 4], np.arange(5)), random_states([3, 4], np.arange(100))
    assert (many[:5] == few).all()
    assert len(np.unique(many)) == 100
    assert (random_states([3, 4], np.array([4])) == few[4]).all()
    assert not (random_states([3, 5], np.arange(5)) == few).any()


def test_words_of_cells_differ_and_leave_the_states_alone() -> None:
    states = random_states([0], np.arange(50))
    before = states.copy()
    words = cell_words(81, states)
    assert words.shape == (81, 50)
    assert len(np.unique(words)) == 81 * 50
    assert (states == before).all()
    assert (next_words(states) != next_words(states)).all(), "the states move on"
    assert (words > np.uint64(2**63)).mean() == pytest.approx(0.5, abs=0.03)

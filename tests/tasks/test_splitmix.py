from __future__ import annotations

import numpy as np

from hrm.tasks.splitmix import GOLDEN, mix


def test_the_first_words_of_splitmix64_from_seed_0() -> None:
    # The sequence that the reference implementation (Vigna, splitmix64.c) prints for x = 0.
    states = np.arange(1, 4, dtype=np.uint64) * GOLDEN
    assert [hex(word) for word in mix(states)] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]


def test_different_words_stay_different() -> None:
    assert len(np.unique(mix(np.arange(10_000, dtype=np.uint64)))) == 10_000

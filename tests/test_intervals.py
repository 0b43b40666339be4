from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrm.intervals import count, mean_interval, paired_interval, shares, wilson_interval


@pytest.mark.parametrize(
    ("successes", "trials", "expected"),
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0.0, 0.1611)), (29, 29, (0.8830, 1.0))],
)
def test_published_examples(successes: int, trials: int, expected: tuple[float, float]) -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    assert wilson_interval(successes, trials) == pytest.approx(expected, abs=1e-4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_holds_the_share_and_stays_inside(successes: int, trials: int) -> None:
    successes = min(successes, trials)
    low, high = wilson_interval(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1


def test_shares_of_outcomes() -> None:
    outcomes = {"right": np.arange(263) < 81, "wrong": np.zeros(263, dtype=bool)}
    figures, cells = shares(outcomes)
    assert (figures["puzzles"], figures["right"], figures["wrong"]) == (263, 81 / 263, 0)
    assert figures["right_95"] == pytest.approx([0.2553, 0.3662], abs=1e-4)
    assert cells == ("263", "30.8 % [25.5, 36.6]", "0.0 % [0.0, 1.4]")
    assert shares({"right": np.zeros(0, dtype=bool)})[0] == {"puzzles": 0, "right": 0, "right_95": [0, 1]}


def test_nothing_tried_nothing_known() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_the_interval_of_a_mean_is_students() -> None:
    """The sleep data of Student's own paper (Biometrika 6, 1908): drug 2 minus drug 1."""
    gains = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    assert mean_interval(gains) == pytest.approx((0.7001142, 2.4598858), abs=1e-3)


def test_more_values_than_the_table_has() -> None:
    low, high = mean_interval([0.0, 1.0] * 15)  # t of 29 degrees of freedom: 2.0452
    assert high - low == pytest.approx(2 * 2.0452 * (30 * 0.25 / 29) ** 0.5 / 30**0.5, abs=1e-4)
    assert (low + high) / 2 == pytest.approx(0.5)


@pytest.mark.parametrize("trials", [1, 3, 7, 10, 100, 333, 1000, 12345, 10**6])
def test_an_interval_holds_its_share_to_the_bit(trials: int) -> None:
    assert wilson_interval(0, trials)[0] == 0.0
    assert wilson_interval(trials, trials)[1] == 1.0
    for successes in {0, 1, trials // 3, trials // 2, trials - 1, trials}:
        low, high = wilson_interval(successes, trials)
        assert 0 <= low <= successes / trials <= high <= 1


def test_a_count_has_its_plural() -> None:
    assert [count(1), count(0), count(1200, "cell")] == ["1 segment", "0 segments", "1,200 cells"]
    assert [count(1, "guess", "guesses"), count(2, "guess", "guesses")] == ["1 guess", "2 guesses"]


@pytest.mark.parametrize(
    "counts", [(20, 12, 2, 16), (1, 1, 0, 1), (0, 5, 0, 0), (20, 0, 0, 0), (0, 0, 0, 9), (3, 1, 9, 400)]
)
def test_a_paired_interval_holds_the_difference_and_turns_with_its_sides(counts: tuple[int, int, int, int]) -> None:
    both, one, other, neither = counts
    low, high = paired_interval(*counts)
    assert -1 <= low <= (one - other) / sum(counts) <= high <= 1
    assert low < high  # few trials are never certain
    assert paired_interval(both, other, one, neither) == pytest.approx((-high, -low))
    assert paired_interval(neither, one, other, both) == pytest.approx((low, high))  # counting failures


def test_a_paired_interval_is_right_as_often_as_it_says() -> None:
    draws = np.random.default_rng(0)
    for often in ([0.5, 0.2, 0.1, 0.2], [0.05, 0.05, 0.3, 0.6], [0.9, 0.04, 0.02, 0.04]):
        intervals = [paired_interval(*counts) for counts in draws.multinomial(40, often, size=2000).tolist()]
        holds = np.mean([low <= often[1] - often[2] <= high for low, high in intervals])
        assert holds >= 0.93
    assert paired_interval(0, 0, 0, 0) == (-1, 1)

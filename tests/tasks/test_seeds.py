from __future__ import annotations

import itertools

import numpy as np

from hrm.tasks.seeds import Stream, rng, states, words

NUMBERS = [(), (0,), (1,), (0, 1), (1, 0), (1, 1, 1), (2**32,), (0, 2**32), (1, 2**32), (2**32 + 1,), (2**64 - 1, 5)]


def first(generator: np.random.Generator) -> int:
    return int(generator.integers(2**62))


def test_no_two_streams_are_one() -> None:
    drawn = {}
    for stream, numbers in itertools.product(Stream, NUMBERS):
        whole = (stream, *numbers, *[0] * (3 - len(numbers)))  # a missing number is 0
        assert drawn.setdefault(first(rng(stream, *numbers)), whole) == whole
    different = {(*numbers, *[0] * (3 - len(numbers))) for numbers in NUMBERS}
    assert len(drawn) == len(Stream) * len(different)
    assert len(set(Stream)) == len(Stream.__members__), "no number stands twice"


def test_words_are_counted() -> None:
    assert {len(words(Stream.COPIES, *numbers)) for numbers in [(), (1,), (1, 2), (1, 2, 3)]} == {4}
    assert len(words(Stream.COPIES, 2**32)) == 7


def test_a_number_above_the_bound_would_be_another_one_in_four_words() -> None:
    assert words(Stream.OWN, 2**64 + 5)[:4] == words(Stream.OWN, 5)[:4], "the bits above 32 stand in the three after"
    assert len(words(Stream.OWN, 2**64 + 5)) == 7
    assert words(Stream.OWN, 2**64 - 1)[4:] == [2**32 - 1, 0, 0], "the greatest number fills its two words"


def test_streams_of_models_that_exist_have_the_numbers_that_they_had() -> None:
    assert first(rng(Stream.BATCHES, 7, 3)) == first(np.random.default_rng([1, 7, 3]))
    assert first(rng(Stream.SPLIT, 7)) == first(np.random.default_rng([5, 7]))
    assert first(rng(Stream.VARIANTS, 0, 99)) == first(np.random.default_rng([6, 0, 99]))


def test_states_are_those_of_each_puzzle_alone() -> None:
    assert (states(Stream.TIES, 3, np.arange(10))[4:] == states(Stream.TIES, 3, np.arange(4, 10))).all()
    assert (states(Stream.TIES, 3, np.arange(10)) != states(Stream.TIES, 4, np.arange(10))).all()

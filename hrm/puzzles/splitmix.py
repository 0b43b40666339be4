"""splitmix64 on whole arrays: unrelated 64-bit words from neighbouring ones, the same on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
"""64-bit words: random ones, the states that they come from, or hashes."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""The increment of splitmix64 (Steele, Lea, Flood 2014); the other constants are in ``mix``."""


def mix(words: Words) -> Words:
    """splitmix64's finaliser: neighbouring words become unrelated ones, and different words stay different."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def random_states(entropy: list[int], index: NDArray[np.integer]) -> Words:
    """The random state (N,) of each puzzle by its number (N,): a function of ``entropy`` and that number alone."""
    start = np.random.SeedSequence(entropy).generate_state(1, np.uint64)
    return mix(mix(start + GOLDEN * (index.astype(np.uint64) + np.uint64(1))))


def next_words(states: Words) -> Words:
    """The next word (N,) of every state; the states move on in place."""
    states += GOLDEN
    return mix(states)


def cell_words(num_cells: int, states: Words) -> Words:
    """A word for every cell (S, N), without moving the states on."""
    return mix(states[None, :] ^ mix(np.arange(1, num_cells + 1, dtype=np.uint64) * GOLDEN)[:, None])


def generator_of(state: np.uint64) -> np.random.Generator:
    """numpy's generator, for one puzzle whose random state is ``state``."""
    return np.random.default_rng(int(state))

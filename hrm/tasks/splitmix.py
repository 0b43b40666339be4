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

"""Random streams of tasks: each use of random numbers has a name here, so that none serves two purposes.

Random numbers elsewhere have no name here:

- The generators know no tasks: ``[seed, 0]`` and ``[seed, 1]`` in puzzles/maze/generator.py, ``[seed, attempt,
  draw]`` in puzzles/sudoku/generator.py. Their puzzles are for good, too, so the words stay as they are, though those
  of a data seed such as 10 can be the ones of a stream (10: COPIES): a coincidence that tells nothing.
- An attempt at a puzzle (inference/attempts.py) draws its symmetry or, in inference/queue.py, its noise or start from
  ``(attempt_seed, attempt, checksum of the puzzle)``; ``vary`` is one of them, so nothing is drawn twice.
- An analysis (analysis/subject.py, settle.py, mixer.py) draws its bootstraps, starts and relabelled cells from the seed
  that it is given, each from its beginning: they are looked at one by one.
- torch has a generator of its own: for weights (training/run.py, and where untrained models are measured), and for
  exploration, starts and noise (training/loop.py), seeded by the seed of the run.

A stream is drawn from by numbers: seeds, steps, rows. They make one seed of always as many words, since numpy takes
``[6, s]`` and ``[6, s, 0]`` for the same. Numbers of the names are for good: what a model was trained on, which of its
puzzles were held out and what its puzzle ids mean follow from them.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.splitmix import Words, random_states

MOST_NUMBERS = 3
"""Numbers that a stream is drawn from by, at most: with its name they are the four words of numpy's pool of entropy."""


class Stream(IntEnum):
    """Purposes of random numbers, and the numbers by which they are drawn. A task of your own takes OWN."""

    BATCHES = 1  # augmentation of a training batch: seed, step
    ORDERS = 2  # of the puzzles in an epoch: seed, epoch
    SUBSETS = 3  # rows of a file: data seed, 1 for held-out ones
    REVEALS = 4  # cells that are shown of held-out Sudokus: data seed, 1 for those of validation
    SPLIT = 5  # pairs of a file that are held out: data seed
    VARIANTS = 6  # of an ARC task: data seed, checksum of its name
    VISITS = 7  # of ARC tasks in an epoch: seed, epoch
    OFFSETS = 8  # of ARC grids in a training batch: seed, step
    STORED_OFFSETS = 9  # of ARC grids when they are written: data seed, task
    COPIES = 10  # fixed copies of a Sudoku: data seed, row, copy
    TIES = 11  # which of several shortest paths: seed of the mazes
    VALIDATION = 12  # training puzzles that validate: data seed
    ROWS = 13  # of a published folder in an epoch: seed, epoch
    OWN = 14
    PAGE = 15  # symmetries for further attempts in a page: number of the draw
    BOARDS = 16  # puzzles of a family of boards: seed of the set, number of the draw


def rng(stream: Stream, *numbers: int) -> np.random.Generator:
    """The random numbers of ``stream`` for up to three numbers, each from 0 to 2**64 - 1."""
    return np.random.default_rng(words(stream, *numbers))


def states(stream: Stream, number: int, index: NDArray[np.integer]) -> Words:
    """The random states (N,) of ``stream`` for puzzles by their number (N,), see puzzles/splitmix.py."""
    return random_states(words(stream, number), index)


def words(stream: Stream, *numbers: int) -> list[int]:
    """The seed: four words of 32 bits, and three more where a number needs them."""
    assert len(numbers) <= MOST_NUMBERS
    whole = [*map(int, numbers), *[0] * (MOST_NUMBERS - len(numbers))]
    high = [number >> 32 for number in whole]
    return [int(stream), *(number & 0xFFFFFFFF for number in whole), *(high if any(high) else [])]

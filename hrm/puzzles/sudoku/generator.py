"""Random Sudoku puzzles with exactly one solution, many at a time.

A random full grid is filled by random guesses and singles; then its givens are taken away in a random order,
each for good when the solution is still the only one. A search proves that, so puzzles are not restricted to
what singles can solve (of 9x9 puzzles with 30 givens about 15 % need more, with 24 about half). All boards go
in lock step through ``solver.py``. Every puzzle has random numbers of its own (a counter through
splitmix64), so puzzle number i depends on the seed and i alone, on any machine and in any company.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.splitmix import Words, cell_words, next_words, random_states
from hrm.puzzles.sudoku.rules import Digits, Layout, digit_bits
from hrm.puzzles.sudoku.solver import NUM_BITS, Masks, search, tighten

MAX_GIVENS = {4: 5, 6: 11, 9: 30, 16: 110}
"""Size -> givens of a generated puzzle unless told otherwise: few, yet nearly every grid gets there soon. Chosen by
hand; how hard generated puzzles are depends on it."""

GIVENS = {4: (5, 9), 6: (11, 20), 9: (30, 45), 16: (110, 160)}
"""Size -> fewest and most givens of generated puzzles, unless told otherwise: ``MAX_GIVENS``; over half, by hand."""

HELD_OUT_ONE_IN = 4
"""One in so many solution grids, told by a hash, is generated only for held-out puzzles, the others never: a quarter,
as of the mazes."""

FEWEST_GIVENS = {4: 4, 6: 9, 9: 22, 16: 96}
"""Size -> what digging reaches in reasonable time: a 9x9 puzzle with 22 givens takes half a second (3 % of the grids
get there), one with 26 or more a few milliseconds. Puzzles with 17 exist, but have to come from a file."""

PROOF_BUDGET = {4: 1000, 6: 1000, 9: 1000, 16: 100}
"""Boards a proof may open; beyond that the given stays, so a hard proof costs time and never correctness. Chosen by
hand; other numbers give other puzzles."""

MAX_FAILURES = 2000
"""Grids dug in a row without a puzzle before the number of givens counts as out of reach. Chosen by hand: where 3 % of
the grids get there, so many in a row fail once in 10**26 times."""

BLOCK = 512
"""Puzzles in lock step: the masks of a 9x9 block take 83 kB and stay in the cache."""


def generate(
    num: int,
    *,
    size: int = 9,
    max_givens: int | None = None,
    seed: int = 0,
    accept: Callable[[Digits], NDArray[np.bool_]] | None = None,
) -> tuple[Digits, Digits]:
    """Puzzles and solutions, (num, S) each: one solution, and at most ``max_givens`` givens.

    ``accept`` maps solution grids (N, S) to (N,): only grids it accepts are used; it must accept some.
    The first 100 of 1,000 are the same as generating 100. Raises ``InputError`` for so few givens that no
    puzzle is found.
    """
    layout = Layout(size=size)
    max_givens = MAX_GIVENS[size] if max_givens is None else max_givens
    if not FEWEST_GIVENS[size] <= max_givens <= layout.num_cells:
        raise InputError(
            f"{size}x{size} puzzles with at most {max_givens} givens cannot be made: "
            f"give a number from {FEWEST_GIVENS[size]} to {layout.num_cells}"
        )
    puzzles = np.zeros((num, layout.num_cells), dtype=np.uint8)
    solutions = np.zeros_like(puzzles)
    for start in range(0, num, BLOCK):
        pending = np.arange(start, min(start + BLOCK, num))
        attempt = failures = 0
        while pending.size:
            grids, states = _accepted_grids(layout, seed, pending, attempt, accept)
            given = dig(layout, grids, max_givens, states)
            enough = given.sum(axis=1) <= max_givens
            solutions[pending[enough]] = grids[enough]
            puzzles[pending[enough]] = np.where(given, grids, 0)[enough]
            failures = 0 if enough.any() else failures + pending.size
            if failures >= MAX_FAILURES:
                raise InputError(
                    f"no {size}x{size} puzzle with at most {max_givens} givens found "
                    f"in {failures} random grids: allow more givens"
                )
            pending, attempt = pending[~enough], attempt + 1
    return puzzles, solutions


def _accepted_grids(
    layout: Layout,
    seed: int,
    index: NDArray[np.int64],
    attempt: int,
    accept: Callable[[Digits], NDArray[np.bool_]] | None,
) -> tuple[Digits, Words]:
    """An accepted grid (N, S) and a random state (N,) for this attempt at each puzzle."""
    grids = np.zeros((index.size, layout.num_cells), dtype=np.uint8)
    states = np.zeros(index.size, dtype=np.uint64)
    lane, draw = np.arange(index.size), 0
    while lane.size:
        states[lane] = random_states([seed, attempt, draw], index[lane])
        grids[lane] = _digits(fill(layout, states[lane]))
        lane, draw = lane[:0] if accept is None else lane[~accept(grids[lane])], draw + 1
    return grids, states


def reveal(
    questions: NDArray[np.integer], answers: NDArray[np.integer], givens: tuple[int, int], rng: np.random.Generator
) -> Digits:
    """Questions (B, S) with more cells of the answer shown: the number of givens is uniform in ``givens``.

    A superset of the givens of a puzzle with one solution has the same one solution.
    """
    fewest, most = givens
    wanted = rng.integers(fewest, most + 1, size=(len(questions), 1))
    # The order in which cells are shown: those given anyway come first.
    # 0.1: any number above 0.
    order = np.argsort(np.where(questions > 0, 0.0, 0.1 + rng.random(questions.shape)), axis=1)
    shown = np.zeros(questions.shape, dtype=bool)
    np.put_along_axis(shown, order, np.arange(questions.shape[1]) < wanted, axis=1)
    return np.where(shown | (questions > 0), answers, 0).astype(np.uint8)


def is_held_out_grid(grids: Digits) -> NDArray[np.bool_]:
    """True (N,) where a solution, a full grid (N, S), may only be generated for the held-out set.

    The hash is of the grid with its digits renamed so that the first row counts up: renaming changes nothing. A
    transposition or permuted rows do, so augmentation may show training a symmetry of a held-out solution: of 6.7e21
    grids of 9x9 that is not to be expected, of the few of 4x4 and 6x6 it is (``hrm data check`` counts them).
    """
    size = round(grids.shape[1] ** 0.5)
    renamed = np.take_along_axis(np.argsort(grids[:, :size], axis=1), grids.astype(np.int64) - 1, axis=1)
    hashed = np.zeros(len(grids), dtype=np.uint64)
    for column in renamed.T:
        hashed = (hashed ^ column.astype(np.uint64)) * np.uint64(0x100000001B3)  # FNV-1
    return np.asarray((hashed >> np.uint64(40)) % np.uint64(HELD_OUT_ONE_IN) == 0)


def fill(layout: Layout, states: Words) -> Masks:
    """Random full grids as masks (S, N), one for each state (N,). Dead ends start again."""
    grids = np.zeros((layout.num_cells, states.size), dtype=np.uint16)
    masks = np.full_like(grids, layout.full_mask)
    states, lane = states.copy(), np.arange(states.size)
    while lane.size:
        tightened, impossible = tighten(layout, masks)
        stalled = (tightened == masks).all(axis=0) & ~impossible
        tightened[:, impossible] = layout.full_mask
        words = next_words(states)  # in every round, so that a board does not depend on its neighbours
        full = stalled & (NUM_BITS[tightened] == 1).all(axis=0)
        guessing = np.flatnonzero(stalled & ~full)
        tightened[:, guessing] = _guess(tightened[:, guessing], words[guessing])
        if full.any():
            grids[:, lane[full]] = tightened[:, full]
            tightened, states, lane = tightened[:, ~full], states[~full], lane[~full]
        masks = tightened
    return grids


def dig(layout: Layout, solutions: Digits, max_givens: int, states: Words) -> NDArray[np.bool_]:
    """The cells (N, S) of full grids (N, S) that stay as givens: all others can be blank with one solution left.

    Cells are taken away in a random order, several at once while that goes well, until ``max_givens`` are
    left or every cell was tried. The outcome is that of trying one by one: where many can go, so can each.
    """
    num_cells, num_boards = layout.num_cells, len(solutions)
    known = np.ascontiguousarray(digit_bits(layout, solutions).T)
    rank = np.argsort(np.argsort(cell_words(num_cells, states), axis=0, kind="stable"), axis=0, kind="stable")
    given = np.ones((num_cells, num_boards), dtype=bool)
    position = np.zeros(num_boards, dtype=np.int64)  # how many cells were tried
    stride = np.full(num_boards, num_cells // 3)  # how many are tried at once
    while True:
        num_givens = given.sum(axis=0)
        lane = np.flatnonzero((num_givens > max_givens) & (position < num_cells))
        if not lane.size:
            return given.T
        size = np.minimum(np.minimum(stride, num_givens - max_givens), num_cells - position)[lane]
        removed = (rank[:, lane] >= position[lane]) & (rank[:, lane] < position[lane] + size)
        trial = given[:, lane] & ~removed
        masks = np.where(trial, known[:, lane], layout.full_mask)
        # One cell alone: may it be anything else? A contradiction is found sooner than a solution.
        masks = np.where(removed & (size == 1), masks & ~known[:, lane], masks)
        found = search(layout, masks, limit=1, budget=PROOF_BUDGET[layout.size], known=known[:, lane])
        unique = (found.num_solutions == 0) & ~found.gave_up
        given[:, lane[unique]] = trial[:, unique]
        position[lane] += np.where(unique | (size == 1), size, 0)
        stride[lane] = np.where(unique, stride[lane], np.maximum(size // 2, 1))


def _guess(masks: Masks, words: Words) -> Masks:
    """Boards (S, N) with one undecided cell, of those with the fewest candidates, set to one at random."""
    if not words.size:
        return masks
    counts = NUM_BITS[masks].astype(np.uint64)
    tie = cell_words(len(masks), words) >> np.uint64(8)  # room for the count above a random tie-break
    cell = np.argmin(np.where(counts > 1, (counts << np.uint64(56)) | tie, np.uint64(2**64 - 1)), axis=0)
    board = np.arange(words.size)
    left = masks[cell, board]
    skip = words % NUM_BITS[left]
    for _ in range(
        int(skip.max())
    ):  # clear the lowest candidate as often as drawn; the lowest of the rest is the guess
        left = np.where(skip > 0, left & (left - np.uint16(1)), left)
        skip = skip - (skip > 0)
    masks[cell, board] = left & (~left + np.uint16(1))
    return masks


def _digits(masks: Masks) -> Digits:
    """Full grids as masks (S, N) -> digits (N, S)."""
    return np.ascontiguousarray((NUM_BITS[masks - np.uint16(1)] + np.uint8(1)).T)

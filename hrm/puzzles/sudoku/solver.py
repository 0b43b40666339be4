"""An exact Sudoku solver that works on many boards at once.

A board is a column of candidate masks (bit d - 1: the cell may be digit d), so one numpy operation serves
every board of the pool, and a puzzle's search tree is simply more columns. There is no recursion. Naked and
hidden singles are drawn to a fixed point; a board that stalls is split in two at a cell with the fewest
candidates.

Shapes: S cells, N boards in the pool; masks are (S, N), cells first, so that a cell of all boards is one run.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.sudoku.rules import Digits, Layout, digit_bits

Masks = NDArray[np.uint16]
"""Candidates of every cell, shape (S, N)."""

NUM_BITS = np.array([value.bit_count() for value in range(1 << 16)], dtype=np.uint8)
"""Mask -> how many candidates it holds (numpy 1.26 has no bitwise_count)."""

SEARCH_BUDGET = 200_000
"""Boards one puzzle may open before the search gives no verdict (seconds). Hard 9x9 puzzles open hundreds."""

WIDE, WIDE_BUDGET = 512, 1_000
"""Boards advanced together for many puzzles, and how many one may open before it is searched alone: above the hundreds
that hard 9x9 puzzles open. Chosen by hand."""

NARROW = 32
"""Boards advanced together for one puzzle: more would cost little time, but reach deep solutions later. Chosen by
hand."""


class SearchResult(NamedTuple):
    """The finds of a search for each of N puzzles."""

    num_solutions: NDArray[np.int64]  # (N,), at most the limit of the search
    solutions: Digits  # (N, limit, S), zeros where fewer were found
    gave_up: NDArray[np.bool_]  # (N,): the budget ran out, so there may be more solutions than counted


def solve(layout: Layout, puzzles: Digits, *, limit: int = 2, budget: int = SEARCH_BUDGET) -> SearchResult:
    """Solutions of each puzzle (N, S), up to ``limit``. The default tells none, one and several apart."""
    num_puzzles = len(puzzles)
    count = np.zeros(num_puzzles, dtype=np.int64)
    solutions = np.zeros((num_puzzles, limit, layout.num_cells), dtype=np.uint8)
    gave_up = np.ones(num_puzzles, dtype=bool)
    chunks = np.array_split(np.arange(num_puzzles), -(-num_puzzles // WIDE)) if num_puzzles > 1 else []
    for chunk in chunks:
        masks = candidates(layout, puzzles[chunk])
        found = search(layout, masks, limit=limit, budget=min(budget, WIDE_BUDGET), width=WIDE)
        count[chunk], solutions[chunk], gave_up[chunk] = found
    for index in np.flatnonzero(gave_up):
        masks = candidates(layout, puzzles[index : index + 1])
        found = search(layout, masks, limit=limit, budget=budget, width=NARROW)
        count[index], solutions[index], gave_up[index] = (column[0] for column in found)
    return SearchResult(count, solutions, gave_up)


def candidates(layout: Layout, puzzles: Digits) -> Masks:
    """Puzzles (N, S) -> masks (S, N): a given is its own only candidate, a blank may be anything."""
    bits = digit_bits(layout, puzzles)
    return np.ascontiguousarray(np.where(bits == 0, layout.full_mask, bits).T)


def tighten(layout: Layout, masks: Masks) -> tuple[Masks, NDArray[np.bool_]]:
    """One round of naked and hidden singles: new masks (S, N), and which boards (N,) turned out impossible.

    A board left unchanged and not impossible is solved if every cell has one candidate.
    """
    row, column, box = layout.unit_of
    # Naked singles: a digit that has its place leaves the other cells of the unit.
    fixed = np.where(masks & (masks - np.uint16(1)), np.uint16(0), masks)
    in_units = fixed[layout.units]  # (units, size, N)
    taken = np.bitwise_or.reduce(in_units, axis=1)
    # Two equal digits cancel in the exclusive or. Three do not; in time, missing digits give them away.
    impossible = (taken != np.bitwise_xor.reduce(in_units, axis=1)).any(axis=0)
    masks = np.where(fixed, masks, masks & ~(taken[row] | taken[column] | taken[box]))
    # Hidden singles: a digit with one place left in a unit goes there.
    once = np.zeros_like(taken)
    twice = np.zeros_like(taken)
    for cells in layout.units.T:
        here = masks[cells]
        twice |= once & here
        once |= here
    hidden = once & ~twice
    forced = (hidden[row] | hidden[column] | hidden[box]) & masks
    impossible |= (once != layout.full_mask).any(axis=0) | (masks == 0).any(axis=0)
    impossible |= (forced & (forced - np.uint16(1))).any(axis=0)  # two digits want one cell
    return np.where(forced, forced, masks), impossible


def search(
    layout: Layout,
    masks: Masks,
    *,
    limit: int,
    budget: int,
    width: int | None = None,
    known: Masks | None = None,
) -> SearchResult:
    """A search for up to ``limit`` solutions, opening at most ``budget`` boards per puzzle.

    ``width`` boards advance together, the deepest first; None advances all at once, and then what happens to
    one puzzle does not depend on its neighbours. ``known`` (S, N): a solution of each that does not count.
    """
    num_puzzles = masks.shape[1]
    count = np.zeros(num_puzzles, dtype=np.int64)
    opened = np.ones(num_puzzles, dtype=np.int64)
    solutions = np.zeros((num_puzzles, limit, layout.num_cells), dtype=np.uint8)
    stack = [(masks, np.arange(num_puzzles))]
    while stack:
        masks, owner = _pop(stack, width)
        alive = (count[owner] < limit) & (opened[owner] <= budget)
        if not alive.all():
            masks, owner = masks[:, alive], owner[alive]
        tightened, impossible = tighten(layout, masks)
        stalled = (tightened == masks).all(axis=0) & ~impossible
        going = ~stalled & ~impossible
        stuck, stuck_owner = tightened[:, stalled], owner[stalled]
        solved = (NUM_BITS[stuck] == 1).all(axis=0)
        for column, puzzle in zip(stuck[:, solved].T, stuck_owner[solved], strict=True):
            if count[puzzle] < limit and (known is None or (column != known[:, puzzle]).any()):
                solutions[puzzle, count[puzzle]] = NUM_BITS[column - np.uint16(1)] + np.uint8(1)
                count[puzzle] += 1
        split, split_owner = _split(stuck[:, ~solved], stuck_owner[~solved])
        opened += np.bincount(split_owner, minlength=num_puzzles)
        _push(
            stack,
            np.concatenate([tightened[:, going], split], axis=1),
            np.concatenate([owner[going], split_owner]),
        )
    return SearchResult(count, solutions, (opened > budget) & (count < limit))


def _pop(stack: list[tuple[Masks, NDArray[np.int64]]], width: int | None) -> tuple[Masks, NDArray[np.int64]]:
    """Up to ``width`` boards, taken off the end of the stack."""
    taken = [stack.pop()]
    while stack and (width is None or sum(part[1].size for part in taken) < width):
        taken.append(stack.pop())
    masks = np.concatenate([part[0] for part in reversed(taken)], axis=1) if len(taken) > 1 else taken[0][0]
    owner = np.concatenate([part[1] for part in reversed(taken)]) if len(taken) > 1 else taken[0][1]
    if width is not None and owner.size > width:
        _push(stack, masks[:, :-width], owner[:-width])
        masks, owner = masks[:, -width:], owner[-width:]
    return masks, owner


def _push(stack: list[tuple[Masks, NDArray[np.int64]]], masks: Masks, owner: NDArray[np.int64]) -> None:
    if owner.size:
        stack.append((masks, owner))


def _split(masks: Masks, owner: NDArray[np.int64]) -> tuple[Masks, NDArray[np.int64]]:
    """Every board becomes two: its cell with the fewest candidates is the lowest of them, or another."""
    if not owner.size:
        return masks, owner
    counts = NUM_BITS[masks]
    counts[counts == 1] = 99  # more than any board has candidates: decided cells are not chosen
    cell, board = counts.argmin(axis=0), np.arange(owner.size)
    lowest = masks[cell, board] & (~masks[cell, board] + np.uint16(1))
    others, first = masks.copy(), masks.copy()
    others[cell, board] ^= lowest
    first[cell, board] = lowest
    return np.concatenate([others, first], axis=1), np.concatenate([owner, owner])

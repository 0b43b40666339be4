"""One name for all puzzles that symmetries turn into one another: the canonical form of a puzzle with its solution.

A symmetry is decided by where it sends the rows and columns ("lines"); the digits follow. So a form is found by telling
the lines of a board apart by what no symmetry changes, and sorting them by that. Every line has a colour, a hash of
the colours of the lines it meets, through cells, digits and boxes, and of which cells are given (colour refinement,
the idea behind McKay's nauty). Where two lines keep one colour, each in turn is marked and the colours are refined
again; the least of the forms that come out is kept. Puzzles rarely need a mark, full grids two.

Nothing rests on hashes being different: every choice is made by colours alone, so symmetric puzzles get equal forms,
and a form is a whole board, so equal forms are symmetric puzzles. A collision would only cost another mark.

Shapes: S cells, N boards; arrays are (..., N), boards last, as in ``solver.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.splitmix import GOLDEN, Words, mix
from hrm.puzzles.sudoku.rules import Layout

CHUNK_CELLS = 20_000
"""Cells of the boards that are named together: what the colours of a pool need stays in the cache (160 kB for a number
of each cell)."""

ROUNDS = 2
"""Refinements between two looks at how many colours there are; by hand: any number tells the same puzzles apart."""

LARGEST = np.iinfo(np.uint64).max  # no sum of colours is above it

GIVEN = 128
"""The addend of a digit of a form that is given: a bit of the byte above every digit."""


class _Pool(NamedTuple):
    """Coloured boards. Several may be of one puzzle, with different lines marked."""

    owner: NDArray[np.int64]  # (N,): of which puzzle
    digits: NDArray[np.int64]  # (S, N), from 0
    given: NDArray[np.bool_]  # (S, N)
    cells: NDArray[np.int64]  # (S, N): the cells of digit 0, then of digit 1, ...
    lines: Words  # (2 * size, N): colours of rows, then of columns
    num_colours: NDArray[np.int64]  # (N,): how many different ones at the last look

    def take(self, boards: NDArray[np.integer] | NDArray[np.bool_]) -> _Pool:
        return _Pool._make(column[..., boards] for column in self)


def canonical_forms(layout: Layout, questions: NDArray[np.integer], answers: NDArray[np.integer]) -> list[bytes]:
    """The form of each puzzle (N, S) with its full solution (N, S), which keeps the givens.

    Two are equal when, and only when, one of the symmetries of ``symmetry.py`` turns one puzzle into the other.
    """
    forms: list[bytes] = []
    chunk = max(1, CHUNK_CELLS // layout.num_cells)
    for start in range(0, len(questions), chunk):
        rows = slice(start, start + chunk)
        forms += _forms(layout, _pool(layout, questions[rows], answers[rows]))
    return forms


def _pool(layout: Layout, questions: NDArray[np.integer], answers: NDArray[np.integer]) -> _Pool:
    """Boards before anything is known of their lines."""
    digits = np.ascontiguousarray(answers.T.astype(np.int64) - 1)
    given = np.ascontiguousarray(questions.T > 0)
    lines = np.zeros((2 * layout.size, len(questions)), dtype=np.uint64)
    if not _can_be_mirrored(layout):
        lines[layout.size :] = GOLDEN  # a row never becomes a column
    cells = np.argsort(digits, axis=0, kind="stable")
    num = np.arange(len(questions))
    return _Pool(num, digits, given, cells, lines, np.zeros_like(num))


def _forms(layout: Layout, pool: _Pool) -> list[bytes]:
    forms: list[bytes | None] = [None] * len(pool.owner)
    pools = [pool]
    while pools:
        pool = _refine(layout, pools.pop(), len(forms))
        ordered = np.sort(pool.lines, axis=0)
        num_colours = 1 + (ordered[1:] != ordered[:-1]).sum(axis=0)
        told_apart = num_colours == 2 * layout.size
        for owner, board in zip(pool.owner[told_apart], _write(layout, pool.take(told_apart)), strict=True):
            form, best = board.tobytes(), forms[owner]
            forms[owner] = form if best is None else min(form, best)
        is_stuck = ~told_apart & (num_colours == pool.num_colours)
        going = pool._replace(num_colours=num_colours).take(~told_apart & ~is_stuck)
        marked = _mark(pool.take(is_stuck))
        pools += _parts(_Pool._make(np.concatenate(both, axis=-1) for both in zip(going, marked, strict=True)))
    return [form for form in forms if form is not None]


def _parts(pool: _Pool) -> list[_Pool]:
    """The pool in two where it has grown too large, all boards of one puzzle together."""
    if pool.digits.size <= CHUNK_CELLS:
        return [pool] if pool.owner.size else []
    upper = pool.owner > (pool.owner.min() + pool.owner.max()) // 2
    return [*_parts(pool.take(~upper)), *_parts(pool.take(upper))] if upper.any() else [pool]


def _refine(layout: Layout, pool: _Pool, num_puzzles: int) -> _Pool:
    """The pool with colours refined; of the boards of one puzzle, those with the least sum of colours are enough."""
    for _ in range(ROUNDS):
        pool = pool._replace(lines=_met(layout, pool))
    sums = mix(pool.lines).sum(axis=0, dtype=np.uint64)
    least = np.full(num_puzzles, LARGEST)
    np.minimum.at(least, pool.owner, sums)
    return pool.take(sums == least[pool.owner])


def _met(layout: Layout, pool: _Pool) -> Words:
    """Colours (2 * size, N) of the lines, each now a hash of what the line meets."""
    row, column, box = layout.unit_of  # numbered through: columns from size on, boxes from 2 * size on
    size, (box_rows, box_columns) = layout.size, layout.box_shape
    lines = mix(pool.lines)
    # Sums, so that neither the order of the lines nor mirroring makes a difference.
    cells = mix(lines[row] + lines[column] + pool.given)
    by_digit = np.take_along_axis(cells, pool.cells, axis=0).reshape(size, size, -1)
    digits = mix(by_digit.sum(axis=1, dtype=np.uint64))
    in_boxes = cells.reshape(size // box_rows, box_rows, size // box_columns, box_columns, -1)
    boxes = mix(~in_boxes.sum(axis=(1, 3), dtype=np.uint64).reshape(size, -1))
    cells = mix(cells + np.take_along_axis(digits, pool.digits, axis=0) + boxes[box - 2 * size])
    grids = cells.reshape(size, size, -1)
    return lines + np.concatenate([grids.sum(axis=1, dtype=np.uint64), grids.sum(axis=0, dtype=np.uint64)])


def _mark(pool: _Pool) -> _Pool:
    """Every board becomes several: each line of its largest class of equal colours is marked in one of them.

    The largest, because a row and a column together tell far more than two rows.
    """
    lines = pool.lines
    num_equal = (lines[:, None] == lines).sum(axis=1)
    largest = num_equal == num_equal.max(axis=0)
    colour = np.where(largest, lines, LARGEST).min(axis=0)
    line, board = np.nonzero(largest & (lines == colour))
    marked = pool.take(board)
    marked.lines[line, np.arange(line.size)] += GOLDEN
    return marked


def _write(layout: Layout, pool: _Pool) -> NDArray[np.uint8]:
    """Boards (N, S) whose lines all have colours of their own, in the order of these colours; digits renamed by it."""
    size, num = layout.size, len(pool.owner)
    boards = (pool.digits + GIVEN * pool.given).T.reshape(num, size, size)
    rows, columns = pool.lines[:size].T, pool.lines[size:].T  # (N, size)
    if _can_be_mirrored(layout):
        mirrored = columns.min(axis=1, keepdims=True) < rows.min(axis=1, keepdims=True)
        boards = np.where(mirrored[..., None], boards.swapaxes(1, 2), boards)
        rows, columns = np.where(mirrored, columns, rows), np.where(mirrored, rows, columns)
    box_rows, box_columns = layout.box_shape
    boards = np.take_along_axis(boards, _order(rows, box_rows)[:, :, None], axis=1)
    boards = np.take_along_axis(boards, _order(columns, box_columns)[:, None, :], axis=2)
    flat = boards.reshape(num, size * size)
    new_names = np.argsort(boards[:, 0] % GIVEN, axis=1)  # the first row counts up
    return (np.take_along_axis(new_names, flat % GIVEN, axis=1) + flat // GIVEN * GIVEN).astype(np.uint8)


def _order(colours: Words, group_size: int) -> NDArray[np.int64]:
    """Lines (N, size) sorted by colour, but bands (or stacks) kept together; these by the least colour in them."""
    num, size = colours.shape
    groups = colours.reshape(num, size // group_size, group_size).min(axis=2)
    return np.lexsort((colours, groups.repeat(group_size, axis=1)), axis=1)


def _can_be_mirrored(layout: Layout) -> bool:
    return layout.box_shape[0] == layout.box_shape[1]

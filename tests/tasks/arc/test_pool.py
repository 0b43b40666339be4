from __future__ import annotations

import numpy as np
import pytest
from arc_tasks import FALL, SWAP, grid

from hrm.puzzles.arc.canvas import grid_on
from hrm.puzzles.arc.files import Pair
from hrm.puzzles.arc.variants import apply, draw_variants
from hrm.tasks.arc.pool import Pool
from hrm.types import IGNORE_LABEL

CANVAS = 4
TASKS = (SWAP, FALL)
VARIANTS = [draw_variants(task, 20, np.random.default_rng(0)) for task in TASKS]


@pytest.fixture
def pool() -> Pool:
    return Pool([task.demonstrations for task in TASKS], VARIANTS, CANVAS)


def test_pairs_are_shown_under_their_variants(pool: Pool) -> None:
    assert pool.sizes == (3, 2)
    assert pool.num_variants.tolist() == [21, 21]
    rng = np.random.default_rng(0)
    tasks, which = rng.integers(0, 2, 60), rng.integers(0, 21, 60)
    pairs = rng.integers(0, np.array(pool.sizes)[tasks])
    inputs, labels = pool.show(tasks, pairs, which, rng.random((60, 2)))
    for row in range(60):
        pair, variants = TASKS[tasks[row]].demonstrations[pairs[row]], VARIANTS[tasks[row]]
        move, colours = int(variants.moves[which[row]]), variants.colours[which[row]]
        for tokens, part in ((inputs[row], pair.input), (labels[row], pair.output)):
            assert part is not None
            assert (grid_on(tokens, CANVAS) == apply(part, move, colours)).all()


def corner(tokens: np.ndarray) -> list[int]:
    """Where the grid begins."""
    return [int(index.min()) for index in np.nonzero(tokens.reshape(CANVAS, CANVAS) >= 2)]


def test_both_grids_of_a_pair_stand_at_the_same_place_and_anywhere(pool: Pool) -> None:
    rng = np.random.default_rng(0)
    zeros = np.zeros(400, dtype=np.int64)
    inputs, labels = pool.show(zeros, zeros, zeros, rng.random((400, 2)))
    corners = [corner(tokens) for tokens in inputs]
    assert corners == [corner(tokens) for tokens in labels]
    assert {tuple(c) for c in corners} == {(row, column) for row in range(4) for column in range(3)}  # 1 x 2 cells
    still, _ = pool.show(zeros, zeros, zeros)
    assert corner(still[0]) == [0, 0]


def test_the_larger_grid_bounds_the_offset() -> None:
    pool = Pool([[Pair(grid("1"), grid("234"))]], [draw_variants(SWAP, 0, np.random.default_rng(0))], CANVAS)
    zeros = np.zeros(200, dtype=np.int64)
    inputs, _ = pool.show(zeros, zeros, zeros, np.random.default_rng(0).random((200, 2)))
    assert {tuple(corner(tokens)) for tokens in inputs} == {(row, column) for row in range(4) for column in range(2)}


def test_pads_and_unknown_answers_carry_no_label(pool: Pool) -> None:
    one = np.zeros(1, dtype=np.int64)
    inputs, labels = pool.show(one, one, one)
    assert inputs.reshape(4, 4)[:2, :3].tolist() == [[3, 4, 1], [1, 1, 0]]
    assert labels.reshape(4, 4)[:2, :3].tolist() == [[4, 3, 1], [1, 1, IGNORE_LABEL]]
    assert (labels.reshape(4, 4)[2:] == IGNORE_LABEL).all()
    unknown = Pool([[Pair(grid("12"), None)]], [draw_variants(SWAP, 0, np.random.default_rng(0))], CANVAS)
    inputs, labels = unknown.show(one, one, one)
    assert inputs.reshape(4, 4)[0, :2].tolist() == [3, 4]
    assert (labels == IGNORE_LABEL).all()

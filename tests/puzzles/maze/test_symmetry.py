from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.puzzles.maze.symmetry import canonical_keys, wall_hashes
from hrm.puzzles.symmetry import moved_cells


@settings(deadline=None, max_examples=20)
@given(size=st.integers(5, 8), seed=st.integers(0, 2**32))
def test_no_move_changes_keys_and_hashes(size: int, seed: int) -> None:
    maze = np.random.default_rng(seed).integers(1, 6, size**2)
    moved = maze[moved_cells(size)]
    assert len(set(canonical_keys(moved))) == 1
    assert len(set(wall_hashes(moved == 1).tolist())) == 1


def test_other_mazes_have_other_keys() -> None:
    mazes = np.random.default_rng(0).integers(1, 5, (300, 25))
    keys = canonical_keys(mazes)
    assert len(set(keys)) == 300
    assert canonical_keys(mazes[7:8]) == [keys[7]]
    shifted = np.roll(mazes.reshape(-1, 5, 5), 1, axis=2).reshape(-1, 25)
    assert set(canonical_keys(shifted)).isdisjoint(keys)
    assert len(keys[0]) == 25 * 8
    assert canonical_keys(mazes + 256) != keys, "tokens may be any integers"


def test_hashes_tell_grids_apart_and_are_even() -> None:
    walls = np.random.default_rng(0).random((4000, 81)) < 0.4
    hashes = wall_hashes(walls)
    assert len(np.unique(hashes)) == 4000
    assert np.abs(np.bincount((hashes % np.uint64(4)).astype(int)) / 1000 - 1).max() < 0.1

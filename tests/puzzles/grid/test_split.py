from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.grid.pairs import Header, Pairs
from hrm.puzzles.grid.split import held_out_share, store
from hrm.puzzles.symmetry_group import SymmetryGroup, grid_moves
from hrm.types import TaskSpec

SPEC = TaskSpec(vocab_size=4, seq_len=4, num_puzzles=1, grid_shape=(2, 2), symbols=("∅", ".", "1", "2"))
TURNS = SymmetryGroup(grid_moves((2, 2)), 4, np.array([2, 3]))


def test_pairs_become_bytes() -> None:
    pairs = Pairs(Header(), (2, 2), ["..12", "2..."], ["1112", "2222"], ["line 1", "line 2"], None)
    stored = store(pairs, Path("x"), SPEC)
    assert stored.inputs.tolist() == [[1, 1, 2, 3], [3, 1, 1, 1]]
    assert stored.labels.dtype == np.uint8
    assert stored.take(np.array([1])).names.tolist() == ["line 2"]


def test_other_sizes_and_symbols_are_refused() -> None:
    with pytest.raises(InputError, match="f: the grids are 1 x 4, this task's are 2 x 2"):
        store(Pairs(Header(), (1, 4), ["...."], ["...."], ["line 1"], None), Path("f"), SPEC)
    with pytest.raises(InputError, match="f, line 9: '7' in the output is no symbol of this task"):
        store(Pairs(Header(), (2, 2), ["...."], ["..7."], ["line 9"], None), Path("f"), SPEC)


@pytest.mark.parametrize("seed", range(5))
def test_no_input_straddles_the_split_under_a_symmetry(seed: int) -> None:
    inputs = np.random.default_rng(seed).integers(1, 4, (200, 4))
    held_out = held_out_share(inputs, 0.2, TURNS, np.random.default_rng(seed))
    assert held_out is not None
    keys = np.array(TURNS.keys(inputs))
    assert set(keys[held_out]).isdisjoint(keys[~held_out])
    assert 40 <= held_out.sum() < 200
    assert (held_out == held_out_share(inputs, 0.2, TURNS, np.random.default_rng(seed))).all()
    others = [held_out_share(inputs, 0.2, TURNS, np.random.default_rng(other)) for other in range(5, 8)]
    assert any((held_out != other).any() for other in others)


def test_the_share_is_met_where_inputs_are_distinct() -> None:
    inputs = np.stack(np.unravel_index(np.arange(81), (3,) * 4), axis=1) + 1
    plain = SymmetryGroup(grid_moves((2, 2), ()), 4, np.array([], dtype=np.int64))
    for share, num in ((0.1, 8), (0.001, 1), (0.999, 80)):  # at least one on either side
        held_out = held_out_share(inputs, share, plain, np.random.default_rng(0))
        assert held_out is not None
        assert held_out.sum() == num


def test_one_kind_of_input_cannot_be_split() -> None:
    assert held_out_share(np.array([[1, 2, 2, 2], [2, 2, 2, 1]]), 0.5, TURNS, np.random.default_rng(0)) is None

from __future__ import annotations

import pytest

from hrm.errors import InputError
from hrm.puzzles.grid import pairs
from hrm.puzzles.grid.symmetry import SYMMETRIES, group_of
from hrm.types import TaskSpec


def spec(rows: int, columns: int) -> TaskSpec:
    symbols = ("∅", ".", "1", "2", "3")
    return TaskSpec(vocab_size=5, seq_len=rows * columns, num_puzzles=1, grid_shape=(rows, columns), symbols=symbols)


@pytest.mark.parametrize(
    ("names", "square", "oblong"),
    [
        ((), 1, 1),
        (("dihedral",), 8, 4),
        (("rotations",), 4, 2),
        (("left-right",), 2, 2),
        (("left-right", "top-bottom"), 4, 4),
        (("rotations", "left-right"), 8, 4),
    ],
)
def test_how_many_moves_a_name_means(names: tuple[str, ...], square: int, oblong: int) -> None:
    assert len(group_of(names, "", spec(4, 4)).cells) == square
    assert len(group_of(names, "", spec(2, 3)).cells) == oblong


def test_symbols_to_rename_become_tokens() -> None:
    assert group_of((), "31", spec(2, 2)).renamed.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("names", "rename", "message"),
    [
        (("dihedrall",), "", "unknown symmetry 'dihedrall': did you mean 'dihedral'"),
        (("diagonal",), "", "'diagonal' needs square grids, these are 2 x 3"),
        ((), "1x", "rename: 'x' is no symbol of the task"),
        ((), "∅", "rename: '∅' is no symbol"),
    ],
)
def test_bad_names(names: tuple[str, ...], rename: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        group_of(names, rename, spec(2, 3))


def test_every_name_is_explained_where_files_are() -> None:
    assert pairs.__doc__ is not None
    assert [name for name in SYMMETRIES if name not in pairs.__doc__] == []

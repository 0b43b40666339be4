"""The symmetries that a file of pairs may name."""

from __future__ import annotations

import numpy as np

from hrm.errors import InputError, look_up
from hrm.puzzles.symmetry import NUM_MOVES
from hrm.puzzles.symmetry_group import SymmetryGroup, grid_moves
from hrm.types import TaskSpec

SYMMETRIES = {
    "dihedral": tuple(range(NUM_MOVES)),  # quarter turns and mirrorings
    "rotations": (0, 1, 2, 3),
    "left-right": (4,),
    "top-bottom": (5,),
    "diagonal": (6,),
}
"""Name -> moves of ``augment.move``. Several names mean all that they generate together."""


def group_of(names: tuple[str, ...], rename: str, spec: TaskSpec) -> SymmetryGroup:
    """The group that a header names. Raises ``InputError`` for an unknown name or symbol.

    In a grid that is not square, dihedral and rotations are those moves that keep its shape.
    """
    moves = tuple(k for name in names for k in look_up(SYMMETRIES, name, "symmetry"))
    rows, columns = spec.grid_shape
    if "diagonal" in names and rows != columns:
        raise InputError(f"symmetry 'diagonal' needs square grids, these are {rows} x {columns}")
    for symbol in rename:
        if symbol not in spec.symbols[1:]:
            raise InputError(f"rename: {symbol!r} is no symbol of the task ({' '.join(spec.symbols[1:])})")
    renamed = np.array(sorted({spec.symbols.index(symbol) for symbol in rename}), dtype=np.int64)
    return SymmetryGroup(grid_moves(spec.grid_shape, moves), spec.vocab_size, renamed)

from __future__ import annotations

import numpy as np

from hrm.puzzles.boards.symmetry import ListedSymmetries, square_symmetries
from hrm.puzzles.symmetry import move


def test_the_eight_moves_of_a_square() -> None:
    symmetries = square_symmetries(3, 4)
    board = np.array([1, 2, 0, 3, 3, 1, 0, 2, 2])
    for cells, k in zip(symmetries.cells, range(8), strict=True):
        assert (board[cells].reshape(3, 3) == move(board.reshape(3, 3), k)).all()
    drawn = symmetries.draw(200, np.random.default_rng(0))
    boards = np.tile(board, (200, 1))
    turned = drawn.apply(boards)
    assert len(np.unique(turned, axis=0)) == 8
    assert (drawn.inverse().apply(turned) == boards).all()
    assert len(set(symmetries.keys(turned, turned))) == 1


def test_tokens_are_renamed_with_the_cells() -> None:
    """Turning a board of two cells round exchanges 1 and 2."""
    symmetries = ListedSymmetries(np.array([[0, 1], [1, 0]]), np.array([[0, 1, 2], [0, 2, 1]]))
    inputs = np.array([[1, 0], [0, 2], [2, 0], [1, 2], [2, 1]])
    keys = symmetries.keys(inputs, inputs)
    assert keys[0] == keys[1] != keys[2]
    assert len(set(keys)) == 4
    assert symmetries.keys(np.array([[7, -1]]), inputs[:1]), "tokens that are none stay what they are"

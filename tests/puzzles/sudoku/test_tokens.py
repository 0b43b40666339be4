from __future__ import annotations

import numpy as np

from hrm.puzzles.sudoku.tokens import decode, encode, symbols_of


def test_tokens_are_those_of_sudoku_extreme() -> None:
    digits = np.array([[0, 1, 9]], dtype=np.uint8)
    assert encode(digits).tolist() == [[1, 2, 10]]
    assert (decode(encode(digits)) == digits).all()
    assert decode(np.array([0, 255], dtype=np.uint8)).tolist() == [-1, 254], "no cell becomes no digit"
    assert symbols_of(4) == (" ", ".", "1", "2", "3", "4")

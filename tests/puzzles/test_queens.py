from __future__ import annotations

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.boards.text import FamilyText
from hrm.puzzles.queens import EMPTY, QUEEN, all_boards, attacked, queens

BOARDS = {4: 2, 5: 10, 6: 4, 7: 40, 8: 92, 9: 352, 10: 724}
"""How many there are: OEIS A000170."""


@pytest.mark.parametrize("size", BOARDS)
def test_all_boards_are_listed_in_order_and_none_has_an_attack(size: int) -> None:
    boards = all_boards(size)
    assert len(boards) == len(np.unique(boards, axis=0)) == BOARDS[size]
    assert (boards.sum(axis=1) == size).all()
    assert not attacked(boards, size).any()
    columns = boards.reshape(-1, size, size).argmax(axis=2).tolist()
    assert columns == sorted(columns)


def test_an_attack_is_along_a_row_a_column_or_a_diagonal() -> None:
    for first, second, expected in ((0, 3, True), (0, 12, True), (1, 11, True), (3, 6, True), (0, 6, False)):
        board = np.zeros((1, 16), dtype=bool)
        board[0, [first, second]] = True
        assert (attacked(board, 4)[0] == board[0] * expected).all()


def test_any_completion_is_right_and_the_first_is_the_label() -> None:
    family = queens(6)
    empty = np.full(36, EMPTY)
    boards = np.where(all_boards(6), QUEEN, EMPTY)
    assert family.solved(np.tile(empty, (4, 1)), boards).all()
    assert (family.solve(empty) == boards[0]).all()
    placed = np.where(np.arange(36) == np.flatnonzero(boards[2] == QUEEN)[0], QUEEN, EMPTY)
    assert (family.solve(placed) == boards[2]).all()
    assert family.solved(placed[None], boards[2][None])[0]
    assert not family.solved(placed[None], boards[0][None])[0], "the queen that stood there is gone"
    assert not family.solved(empty[None], placed[None])[0], "too few"
    assert family.measures["answers"](np.stack([empty, placed]), boards[:2]).tolist() == [4, 1]
    assert family.measures["placed"](np.stack([empty, placed]), boards[:2]).tolist() == [0, 1]


def test_boards_that_cannot_be_completed_are_refused() -> None:
    text = FamilyText(queens(4))
    assert text.parse("....\n...q\n....\n....").labels is not None
    with pytest.raises(InputError, match="no 4 queens without attack have all of these among them"):
        text.parse("♛...\n....\n....\n....")


def test_as_many_stand_as_asked_for() -> None:
    draws = np.random.default_rng(0)
    made = [queens(8, (2, 3)).make(draws) for _ in range(50)]
    assert {int((puzzle.inputs == QUEEN).sum()) for puzzle in made if puzzle is not None} == {2, 3}


@pytest.mark.parametrize(
    ("settings", "message"), [((3, None), "size"), ((8, (1, 8)), "placed"), ((8, (3, 2)), "placed")]
)
def test_settings_that_cannot_be(settings: tuple[int, tuple[int, int] | None], message: str) -> None:
    with pytest.raises(InputError, match=message):
        queens(*settings)

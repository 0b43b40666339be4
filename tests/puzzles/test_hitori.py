from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.boards.drawing import draw_board
from hrm.puzzles.boards.family import GaveUpError
from hrm.puzzles.boards.text import FamilyText
from hrm.puzzles.hitori import GAVE_UP, MOST_GUESSES, ShadingSearch, hitori

SHADED = 5


def by_the_rules(board: np.ndarray, is_shaded: np.ndarray) -> bool:
    """The rules of Hitori once more, cell by cell."""
    size = len(board)
    cells = list(product(range(size), repeat=2))
    stays = {cell for cell in cells if not is_shaded[cell]}
    for one in cells:
        for other in cells:
            near = abs(one[0] - other[0]) + abs(one[1] - other[1]) == 1
            if near and is_shaded[one] and is_shaded[other]:
                return False
            in_line = one != other and (one[0] == other[0] or one[1] == other[1])
            if in_line and {one, other} <= stays and board[one] == board[other]:
                return False
    reached = {min(stays)} if stays else set()
    while True:
        more = {(i + di, j + dj) for i, j in reached for di, dj in ((0, 1), (1, 0), (0, -1), (-1, 0))} & stays - reached
        if not more:
            return reached == stays
        reached |= more


@pytest.mark.parametrize("seed", range(3))
def test_rules_and_search_agree_with_trying_every_shading(seed: int) -> None:
    draws = np.random.default_rng(seed)
    family = hitori(4)
    puzzle = next(made for _ in range(50) if (made := family.make(draws)) is not None)
    board = puzzle.inputs.reshape(4, 4)
    shadings = np.array([[bits >> cell & 1 for cell in range(16)] for bits in range(2**16)], dtype=bool)
    few = shadings[shadings.sum(axis=1) <= 7]
    answers = np.where(few, SHADED, puzzle.inputs)
    solved = family.solved(np.tile(puzzle.inputs, (len(few), 1)), answers)
    assert (answers[solved] == puzzle.labels).all()
    assert solved.sum() == 1, "one answer, as the search says"
    for index in draws.choice(len(few), 300, replace=False):
        assert by_the_rules(board, few[index].reshape(4, 4)) == solved[index]
    assert by_the_rules(board, (puzzle.labels == SHADED).reshape(4, 4))


def test_every_rule_has_its_cells() -> None:
    family = hitori(4)
    board = np.array([1, 2, 3, 4, 2, 1, 4, 3, 3, 4, 1, 2, 4, 3, 2, 1])  # a Latin square: nothing has to be shaded
    nothing = family.broken(board[None], board[None])[0]
    assert not nothing.any()

    def broken(question: list[int], shaded: list[int]) -> list[int]:
        asked = np.array(question)
        answer = asked.copy()
        answer[shaded] = SHADED
        return np.flatnonzero(family.broken(asked[None], answer[None])[0]).tolist()

    assert broken([1, 1, *board[2:]], []) == [0, 1, 5], "twice in the row; and 1 in the second column"
    assert broken(board.tolist(), [0, 1]) == [0, 1], "side by side"
    assert broken(board.tolist(), [1, 4]) == [2, 3, *range(5, 16)], "a corner is cut off: all but the first"
    other = board.copy()
    other[7] = 1
    assert np.flatnonzero(family.broken(board[None], other[None])[0]).tolist() == [7], "not its digit"


def test_shadings_cannot_grow_and_searches_give_up() -> None:
    search = ShadingSearch(6)
    for seed in range(20):
        is_shaded = search.random_shading(np.random.default_rng(seed))
        for cell in np.flatnonzero(~is_shaded):
            more = is_shaded.copy()
            more[cell] = True
            touches = (search.beside[cell] * is_shaded).any()
            assert touches or search.cut_off(~more[None]).any()
    assert len(search.shadings(np.tile(np.arange(1, 7), 6))) == 0, "columns of one digit"
    assert search.shadings([1] * 36, limit=10**9) is not GAVE_UP
    latin = (np.arange(36) % 6 + np.arange(36) // 6) % 6 + 1  # everything is open: too many answers to count
    assert search.shadings(latin, limit=10**9) is GAVE_UP
    assert len(search.shadings(latin)) == 2
    assert MOST_GUESSES >= 1000


def test_a_search_that_gives_up_says_after_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrm.puzzles.hitori.MOST_GUESSES", 0)
    with pytest.raises(GaveUpError, match="the search gave up after 0 guesses"):
        hitori(6).solve((np.arange(36) % 6 + np.arange(36) // 6) % 6 + 1)


def test_typed_boards_are_solved_or_refused_with_a_reason() -> None:
    family = hitori(4)
    text = FamilyText(family)
    made = next(m for seed in range(50) if (m := family.make(np.random.default_rng(seed))) is not None)
    line = "".join(map(str, made.inputs))
    example = text.parse(line)
    assert example.labels is not None
    assert (example.labels == made.labels).all()
    with pytest.raises(InputError, match="no shading leaves every digit once"):
        text.parse("1234" * 4)
    with pytest.raises(InputError, match="'5' in row 1, column 1 is no cell of a Hitori board: write 1 2 3 4"):
        text.parse("5" + line[1:])
    (empty,) = text.parse_values([[None, *made.inputs[1:].tolist()]])
    assert isinstance(empty, InputError), "a cell without a digit is none, not a 1"
    assert "in row 1, column 1 is no cell" in str(empty)
    drawn = draw_board(family, made.inputs)
    assert "\x1b[2m" not in drawn, "no digit is an empty cell"


def test_digits_may_be_renamed_and_nothing_else_is_the_same() -> None:
    family = hitori(5)
    keys = family.held_out_keys
    assert keys is not None
    draws = np.random.default_rng(3)
    made = [m for _ in range(30) if (m := family.make(draws)) is not None]
    inputs, labels = (np.stack(side) for side in zip(*made, strict=True))
    renamed = np.array([0, 3, 5, 1, 2, 4, 6])
    turned = renamed[inputs].reshape(-1, 5, 5)[:, :, ::-1].reshape(len(made), -1)
    assert keys(turned, labels) == keys(inputs, labels)
    assert len(set(keys(inputs, labels))) == len(made)
    assert family.solved(renamed[inputs], renamed[labels]).all()


@pytest.mark.parametrize("size", [3, 10])
def test_sizes_that_cannot_be(size: int) -> None:
    with pytest.raises(InputError, match="size"):
        hitori(size)

from __future__ import annotations

import numpy as np
import pytest
from arc_tasks import COLOURS, grid, grids
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.puzzles.arc.canvas import FIRST_COLOUR, answer_shapes, encode, grid_on, moved_shapes
from hrm.puzzles.arc.grids import Grid, Grids
from hrm.puzzles.arc.variants import apply

CANVAS = 7
PLAIN = np.arange(10, dtype=np.uint8)
MOVES = st.integers(0, 7)


def drawn_on(canvas: int, drawn: Grid, move: int = 0, colours: Grid = PLAIN, offset: tuple[int, int] = (0, 0)) -> Grid:
    tokens = encode(
        Grids.pack([grid("9"), drawn]),  # not the first one, so that starts count
        np.array([1]),
        np.array([move]),
        colours[None],
        np.array([offset], dtype=np.int32),
        canvas,
    )
    return tokens.reshape(canvas, canvas)


def plainly(drawn: Grid, offset: tuple[int, int], canvas: int) -> Grid:
    """The published encoding, cell by cell."""
    board = np.zeros((canvas, canvas), dtype=np.uint8)
    (top, left), (height, width) = offset, drawn.shape
    for row in range(height):
        for column in range(width):
            board[top + row, left + column] = drawn[row, column] + 2
    if top + height < canvas:
        board[top + height, left : left + width] = 1
    if left + width < canvas:
        board[top : top + height, left + width] = 1
    return board


def test_a_grid_in_the_corner_has_its_ends_but_no_end_in_the_angle() -> None:
    assert drawn_on(4, grid("12 30")).tolist() == [[3, 4, 1, 0], [5, 2, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]


def test_a_grid_as_large_as_the_canvas_has_no_ends() -> None:
    assert drawn_on(2, grid("12 30")).tolist() == [[3, 4], [5, 2]]


@settings(deadline=None, max_examples=200)
@given(drawn=grids(), move=MOVES, colours=COLOURS, data=st.data())
def test_moving_colouring_and_placing_at_once_is_doing_it_step_by_step(
    drawn: Grid, move: int, colours: Grid, data: st.DataObject
) -> None:
    moved = apply(drawn, move, colours)
    offset = tuple(data.draw(st.integers(0, CANVAS - side)) for side in moved.shape)
    assert moved_shapes(np.array([drawn.shape]), np.array([move])).tolist() == [list(moved.shape)]
    assert (drawn_on(CANVAS, drawn, move, colours, offset) == plainly(moved, offset, CANVAS)).all()


@settings(deadline=None, max_examples=50)
@given(grids(max_side=CANVAS))
def test_an_encoded_answer_is_read_back(drawn: Grid) -> None:
    tokens = drawn_on(CANVAS, drawn).reshape(1, -1)
    assert answer_shapes(tokens, CANVAS).tolist() == [list(drawn.shape)]


@settings(deadline=None, max_examples=50)
@given(drawn=grids(), row=st.integers(0, 1), column=st.integers(0, 1))
def test_a_grid_is_found_wherever_it_stands(drawn: Grid, row: int, column: int) -> None:
    tokens = drawn_on(CANVAS, drawn, offset=(row, column)).reshape(-1)
    assert (grid_on(tokens, CANVAS) == drawn).all()


@pytest.mark.parametrize(
    ("board", "shape"),
    [
        ("000 000 000", (0, 0)),
        ("122 222 222", (0, 0)),  # an end in the very corner
        ("222 221 221", (3, 2)),
        ("222 211 211", (1, 3)),  # as large as 3 x 1: the flattest
        ("221 221 222", (3, 2)),  # an end above: the last cell does not count
        ("210 210 210", (3, 1)),
        ("222 222 222", (3, 3)),
    ],
)
def test_the_answer_is_the_largest_rectangle_of_colours_in_the_corner(board: str, shape: tuple[int, int]) -> None:
    assert answer_shapes(grid(board).reshape(1, -1), 3).tolist() == [list(shape)]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32))
def test_no_larger_rectangle_is_missed(seed: int) -> None:
    tokens = np.random.default_rng(seed).choice(5, size=(4, 4), p=[0.05, 0.1, 0.3, 0.3, 0.25])
    full = [
        (height, width)
        for height in range(1, 5)
        for width in range(1, 5)
        if (tokens[:height, :width] >= FIRST_COLOUR).all()
    ]
    height, width = answer_shapes(tokens.reshape(1, -1), 4)[0]
    assert height * width == max((h * w for h, w in full), default=0)
    assert not full or (height, width) in full


def test_holes_and_emptiness_are_seen() -> None:
    assert grid_on(np.array([2, 1, 1, 5]), 2).tolist() == [[0, -1], [-1, 3]]
    assert grid_on(np.array([-100, 0, 1, 1]), 2).shape == (0, 0)

from __future__ import annotations

import numpy as np
import pytest
from mazes import FIRST, MAZE, RING, cells, flat

from hrm.errors import InputError
from hrm.puzzles.maze.board import draw_board
from hrm.puzzles.maze.text import read_maze, read_mazes


@pytest.mark.parametrize(
    "text",
    [
        MAZE,
        flat(MAZE),
        flat(MAZE) + "\n",
        MAZE.replace("\n", "\r\n"),
        MAZE.replace(" ", "."),
        flat(MAZE).replace(" ", "_").lower(),
        MAZE.replace("#", "█"),
        draw_board(cells(MAZE)),
        "  " + draw_board(cells(MAZE)).replace("\n", "  \n  ") + "\n\n",
    ],
)
def test_what_people_type_or_paste(text: str) -> None:
    maze = read_maze(text, 5)
    assert maze.dtype == np.uint8
    assert (maze == cells(MAZE)).all()


def test_rows_of_free_cells_are_rows() -> None:
    field = "     \n S G \n     \n     \n     "
    assert (read_maze(field, 5) == cells(field)).all()
    assert (read_mazes(f"{field}\n\n\n{field}\n", 5) == cells(field)).all()


def test_a_file_of_mazes() -> None:
    text = f"{flat(MAZE)}\n{flat(RING)}\n{MAZE}\n\n{RING}\n  \n{draw_board(cells(RING))}\n{draw_board(cells(MAZE))}"
    mazes = read_mazes(text, 5)
    assert (mazes == np.stack([cells(maze) for maze in (MAZE, RING, MAZE, RING, RING, MAZE)])).all()


BAD_MAZES = {
    "there is no maze: the text is empty": " \n\n",
    "line 1, column 3: '*' is neither a wall": MAZE.replace("#", "*"),
    "line 1, column 2: 'o' is a cell of a path": FIRST,
    "rows of 5 cells, but line 3 has 4 (spaces at the ends may have got lost": MAZE.replace(
        "  #  \n     ", "  # \n     "
    ),
    "24 cells found, but a 5x5 maze has 25": flat(MAZE)[:-1],
    "4 rows found, but a 5x5 maze has 5": MAZE.replace("     \n", ""),
    "this is a 4x4 maze, which needs a task of size 4; here the size is 5": "S...\n....\n....\n...G",
    "this is a 6x6 maze, which needs a task of size 6": "S" + "." * 34 + "G",
    "there is no start (S)": MAZE.replace("S", "."),
    "there is more than one start (S): r1c1, r1c2": MAZE.replace("S ", "SS"),
    "there is no goal (G)": MAZE.replace("G", "."),
    "no path leads from the start to the goal": MAZE.replace("     ", "..#..").replace("##  #", "#####"),
    "2 mazes found where one is wanted": f"{flat(MAZE)}\n{flat(MAZE)}",
}


@pytest.mark.parametrize("message", BAD_MAZES)
def test_what_is_no_maze_is_an_input_error(message: str) -> None:
    with pytest.raises(InputError) as error:
        read_maze(BAD_MAZES[message], 5)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (flat(MAZE).replace("S", "G"), "line 2: there is no start"),
        (flat(MAZE)[:-1], "line 2: 24 cells found"),
        ("\n" + MAZE.replace("G", "."), "lines 3 to 7: there is no goal"),
        ("\n" + MAZE.replace("#", "?"), "line 3, column 3: '[?]' is neither"),
    ],
)
def test_a_bad_maze_of_a_file_is_named_with_its_lines(bad: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_mazes(f"{flat(RING)}\n{bad}\n{flat(RING)}", 5)

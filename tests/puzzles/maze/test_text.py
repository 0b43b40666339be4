from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mazes import FIRST, MAZE, OTHER, RING, cells, flat

from hrm.errors import InputError
from hrm.puzzles.base import required
from hrm.puzzles.maze.board import draw_board
from hrm.puzzles.maze.text import MazeText

FIVE = MazeText(5)


def walled(maze: str) -> str:
    rows = [f"#{row}#" for row in maze.split("\n")]
    return "\n".join(["#######", *rows, "#######"])


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
        MAZE.replace("G", "E"),
        flat(MAZE).replace("G", "X"),
        MAZE.replace("#", "1").replace(" ", "0").replace("S", "2").replace("G", "3"),
        walled(MAZE),
        flat(walled(MAZE)),
        walled(MAZE).replace(" ", "."),
        "+-----+\n" + "\n".join(f"|{row}|" for row in MAZE.split("\n")) + "\n+-----+",
        "╔═════╗\n" + "\n".join(f"║{row}║" for row in MAZE.split("\n")) + "\n╚═════╝",
        f"# a small maze\n{MAZE}",
        json.dumps(MAZE.split("\n")),
        json.dumps([list(row) for row in MAZE.split("\n")]),
        f"question,answer\n{flat(MAZE)},{flat(FIRST)}\n",
        f"puzzle;rating\n{flat(MAZE)};7\n",
        "  " + draw_board(cells(MAZE)).replace("\n", "  \n  ") + "\n\n",
    ],
)
def test_what_people_type_or_paste(text: str) -> None:
    for example in (FIVE.parse(text), *required(FIVE.parse_many(text))):
        assert (example.inputs == cells(MAZE)).all()
        assert example.labels is not None
        assert (example.labels == cells(FIRST)).all()


def test_rows_of_free_cells_are_rows() -> None:
    field = "     \n S G \n     \n     \n     "
    assert (FIVE.parse(field).inputs == cells(field)).all()
    assert [one.inputs.tolist() for one in required(FIVE.parse_many(f"{field}\n\n\n{field}\n"))] == [
        cells(field).tolist()
    ] * 2


def test_a_file_of_mazes() -> None:
    text = f"{flat(MAZE)}\n{flat(RING)}\n{MAZE}\n\n{RING}\n  \n{draw_board(cells(RING))}\n{draw_board(cells(MAZE))}"
    mazes = np.stack([example.inputs for example in required(FIVE.parse_many(text))])
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
        FIVE.parse(BAD_MAZES[message])
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
        required(FIVE.parse_many(f"{flat(RING)}\n{bad}\n{flat(RING)}"))


def test_mazes_without_a_line_between() -> None:
    for text in (f"{MAZE}\n{RING}", f"{walled(MAZE)}\n{walled(RING)}", f"Maze 1\n{MAZE}\nMaze 2\n{walled(RING)}"):
        assert [one.inputs.tolist() for one in required(FIVE.parse_many(text))] == [
            cells(MAZE).tolist(),
            cells(RING).tolist(),
        ]


def test_the_answer_beside_a_maze_is_its_label() -> None:
    (example,) = required(FIVE.parse_many(f"question,answer\n{flat(MAZE)},{flat(OTHER)}\n"))
    assert example.labels is not None
    assert (example.labels == cells(OTHER)).all()
    for answer, message in ((RING, "of another maze"), (MAZE, "draws no path from S to G"), ("S", "1x1 maze")):
        with pytest.raises(InputError, match=f"line 2: .*{message}"):
            required(FIVE.parse_many(f"question,answer\n{flat(MAZE)},{flat(answer)}\n"))


def test_values() -> None:
    grid = np.array([list(row) for row in MAZE.split("\n")])
    numbers = (cells(MAZE).reshape(5, 5) == 1).astype(int)
    numbers[cells(MAZE).reshape(5, 5) == 3], numbers[cells(MAZE).reshape(5, 5) == 4] = 2, 3
    for value in (MAZE.split("\n"), grid, numbers, numbers.reshape(25).tolist(), [flat(MAZE)]):
        (example,) = required(FIVE.parse_values(value))
        assert (example.inputs == cells(MAZE)).all()
    with pytest.raises(InputError):
        FIVE.parse_values(7)


def test_a_maze_of_another_program(shared: Path) -> None:
    text = (shared / "cases/mz_E.txt").read_text()
    (example,) = required(MazeText(9).parse_many(text))
    assert (example.inputs.reshape(9, 9)[6, 4], example.inputs.reshape(9, 9)[4, 8]) == (4, 3)


def test_a_wall_that_is_not_all_around_is_no_frame() -> None:
    with pytest.raises(InputError, match="this is a 7x7 maze, which needs a task of size 7"):
        FIVE.parse(walled(MAZE).replace("#######", "### ###", 1))


def test_a_maze_of_lines_is_refused_once() -> None:
    text = "+--+--+--+\n|S    |  |\n+  +--+  +\n|       G|\n+--+--+--+"
    with pytest.raises(InputError, match=r"drawn with lines between its cells .* write one character for each cell"):
        MazeText(3).parse_many(text)

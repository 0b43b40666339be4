from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mazes import FIRST, LONG, MAZE, RING, cells, flat

from hrm.errors import InputError
from hrm.puzzles.maze.files import read_csv

HEADER = "source,question,answer,rating\n"
ROW = f"paper,{flat(MAZE)},{flat(FIRST)},10\n"


def write(folder: Path, text: str, name: str = "mazes.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    turned = f"x,{flat(MAZE)[::-1]},{flat(FIRST)[::-1]},\n"  # this row ends with spaces, and begins with G
    mazes = read_csv(write(tmp_path, HEADER + ROW + turned), 5)
    assert mazes.inputs.dtype == mazes.labels.dtype == np.uint8
    assert (mazes.inputs == np.stack([cells(MAZE), cells(MAZE)[::-1]])).all()
    assert (mazes.labels == np.stack([cells(FIRST), cells(FIRST)[::-1]])).all()
    assert mazes.ratings[0] == 10
    assert np.isnan(mazes.ratings[1])
    assert mazes.take(np.array([1])).names.tolist() == [1]


def test_free_cells_at_the_ends_of_a_text_are_kept(tmp_path: Path) -> None:
    maze = "   SG" + " " * 20
    mazes = read_csv(write(tmp_path, f"question,answer\n{maze},{maze}\n"), 5)
    assert (mazes.inputs[0] == cells(maze)).all()


def test_a_longer_path_is_left_to_the_check_of_labels(tmp_path: Path) -> None:
    mazes = read_csv(write(tmp_path, f"question,answer\n{flat(RING)},{flat(LONG)}\n"), 5)
    assert (mazes.labels[0] == cells(LONG)).all()


def changed(maze: str, old: str, new: str) -> str:
    return flat(maze).replace(old, new, 1)


BAD_ROWS = {
    "question has 24 cells, a 5x5 maze 25": f"x,{flat(MAZE)[1:]},{flat(FIRST)},1",
    "answer has 26 cells, a 5x5 maze 25": f"x,{flat(MAZE)},{flat(FIRST)}#,1",
    "question has 'x' at position 2: not a wall (#), space, S or G": f"x,{changed(MAZE, ' ', 'x')},{flat(FIRST)},1",
    "question has 'o' at position 2": f"x,{flat(FIRST)},{flat(FIRST)},1",
    "answer has '.' at position 6: not a wall (#), space, S, G or o": f"x,{flat(MAZE)},{changed(FIRST, ' ', '.')},1",
    "there is no start (S)": f"x,{changed(MAZE, 'S', ' ')},{flat(FIRST)},1",
    "there is more than one start (S): r1c1, r1c2": f"x,{changed(MAZE, ' ', 'S')},{flat(FIRST)},1",
    "there is no goal (G)": f"x,{changed(MAZE, 'G', ' ')},{flat(FIRST)},1",
    "no path leads from the start to the goal": f"x,{changed(MAZE, '     ##  #', '  #  #####')},{flat(FIRST)},1",
    "the answer is of another maze: r1c3 is '#', in the answer 'o'": f"x,{flat(MAZE)},{changed(FIRST, '#', 'o')},1",
    "the answer draws no path from S to G": f"x,{flat(MAZE)},{changed(FIRST, 'o', ' ')},1",
    "the rating 'hard' is not a number": f"x,{flat(MAZE)},{flat(FIRST)},hard",
}


@pytest.mark.parametrize("message", BAD_ROWS)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, message: str) -> None:
    path = write(tmp_path, HEADER + ROW + BAD_ROWS[message] + "\n" + ROW)
    with pytest.raises(InputError) as error:
        read_csv(path, 5)
    assert f"mazes.csv, line 3: {message}" in str(error.value)


def test_unreadable_files_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read_csv(tmp_path / "none.csv", 5)
    with pytest.raises(InputError, match="line 1: no column answer"):
        read_csv(write(tmp_path, "question\n#\n"), 5)

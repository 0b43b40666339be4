from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrm.errors import InputError
from hrm.llm.written import in_a_line, read, write
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.types import TaskSpec, visible

SUDOKU, MAZE = SudokuConfig(size=4).build().spec, MazeConfig(size=5).build().spec
LETTERS = TaskSpec(vocab_size=4, seq_len=4, num_puzzles=1, grid_shape=(2, 2), symbols=("∅", " ", ".", "b"))

ANSWER = "1234\n3412\n2143\n4321"


@given(st.sampled_from([SUDOKU, MAZE, LETTERS]), st.integers(0, 2**32 - 1))
def test_what_is_written_is_read_back(spec: TaskSpec, seed: int) -> None:
    tokens = np.random.default_rng(seed).integers(1, spec.vocab_size, size=spec.seq_len)
    assert (read(spec, write(spec, tokens)) == tokens).all()
    assert (read(spec, in_a_line(spec, tokens)) == tokens).all()


def test_a_space_is_written_so_that_it_can_be_seen() -> None:
    assert MAZE.characters[1:] == ("#", ".", "S", "G", "o")
    assert LETTERS.characters[1:] == ("_", ".", "b")  # the dot is one of its symbols
    assert visible(("∅", ".", "_", "~")) == ("∅", ".", "_", "~")
    assert visible(("∅", " ", ".", "_", "~")) == ("∅", "␣", ".", "_", "~")
    assert visible((" ", "a")) == (" ", "a")


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        ANSWER.replace("\n", ""),
        "\n\n" + ANSWER.replace("\n", "\n\n"),
        "```\n" + ANSWER + "\n```",
        " 1 2 | 3 4\n 3 4 | 1 2\n----+----\n 2 1 | 4 3\n 4 3 | 2 1",
        "[[1, 2, 3, 4],\n [3, 4, 1, 2],\n [2, 1, 4, 3],\n [4, 3, 2, 1]]",
        "┌────┐\n│1234│\n│3412│\n│2143│\n│4321│\n└────┘",
    ],
)
def test_frames_and_lists_do_no_harm(text: str) -> None:
    assert write(SUDOKU, read(SUDOKU, text)) == ANSWER


def test_letters_of_the_other_case_are_read_where_they_mean_one_thing() -> None:
    maze = "s....\n.....\n.....\n.....\n....g"
    assert write(MAZE, read(MAZE, maze)) == maze.upper()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "4 lines of 4 cells are asked for, and there are 0 lines"),
        ("1234\n3412\n2143", "and there are 3 lines"),
        (ANSWER + "\n1234", "and there are 5 lines"),
        ("1234\n341\n2143\n4321", "and line 2 has 3"),
        ("123434122143432", "and there is one of 15"),
        ("1234\n3412\n2143\n4325", "line 4: '5' is no cell of this puzzle (.1234)"),
        ("I give up", "line 1: 'I' is no cell"),
        ("1 2 3 4 and so on", "line 1: 'a' is no cell"),
    ],
)
def test_what_is_no_board_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(SUDOKU, text)
    assert told in str(caught.value)

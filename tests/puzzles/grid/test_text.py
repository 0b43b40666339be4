from __future__ import annotations

import re

import pytest

from hrm.errors import InputError
from hrm.puzzles.base import required
from hrm.puzzles.grid.text import read_grid, read_grids
from hrm.types import TaskSpec

SPEC = TaskSpec(vocab_size=4, seq_len=6, num_puzzles=1, grid_shape=(2, 3), symbols=("∅", ".", "1", "2"))
SPACED = TaskSpec(vocab_size=3, seq_len=6, num_puzzles=1, grid_shape=(2, 3), symbols=("∅", " ", "#"))
TOKENS = [1, 2, 1, 3, 1, 1]


@pytest.mark.parametrize(
    "text",
    [
        ".1.2..",
        ". 1 . 2 . .",
        ".1.\n2..",
        "\n  . 1 .\n  2 . .\n\n",
        '[".1.", "2.."]',
        '[[".", 1, "."],\n [2, ".", "."]]',
        '{"input": [".1.", "2.."]}',
        '{"input": [".1.", "2.."], "output": null}',
    ],
)
def test_ways_to_write_a_grid(text: str) -> None:
    example = read_grid(text, SPEC)
    assert example.inputs.tolist() == TOKENS
    assert example.labels is None


def test_a_pair_has_its_label() -> None:
    example = read_grid('{"input": [".1.", "2.."], "output": ["111", "222"]}', SPEC)
    assert example.labels is not None
    assert example.labels.tolist() == [2, 2, 2, 3, 3, 3]


def test_a_space_may_be_a_symbol() -> None:
    assert read_grid("# #\n   ", SPACED).inputs.tolist() == [2, 1, 2, 1, 1, 1]
    with pytest.raises(InputError, match="line 2 has 4 cells instead of 3"):
        read_grid("# #\n    ", SPACED)


def test_many_grids() -> None:
    text = '.1.2..\n\n.1.\n2..\n\n\n{"input": [".1.", "2.."]}\n. 1 . 2 . .'
    assert [example.inputs.tolist() for example in read_grids(text, SPEC)] == [TOKENS] * 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 lines found"),
        (".1.2.", "5 cells found, a grid of 2 x 3 has 6"),
        (".1.\n2..\n...", "3 lines found, a grid of 2 x 3 has 2"),
        (".1.\n2.", "line 2 has 2 cells instead of 3"),
        (".1.\n2.x", "'x' in row 2, column 3 is no symbol of this task (. 1 2)"),
        ("∅1.2..", "'∅' in row 1, column 1 is no symbol"),
        ('[".1", "2."]', "the grid is 2 x 2, this task's grids are 2 x 3"),
        ('{"question": 1}', 'no "input"'),
        ("[[1, 2, 3.5], [1, 1, 1]]", "the grid, row 1, cell 3 is 3.5"),
    ],
)
def test_anything_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        read_grid(text, SPEC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n", "there is no grid"),
        ("", "there is no grid"),
        (".1.2..\n\n.1.\n2.", "line 3: line 4 has 2 cells instead of 3"),
        (".1.2..\n.1.2.?", "line 2: '?' in row 2, column 3"),
    ],
)
def test_the_line_of_the_first_bad_grid(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        required(read_grids(text, SPEC))


def test_nested_beyond_measure_is_no_grid() -> None:
    with pytest.raises(InputError):
        read_grid("[" * 100_000, SPEC)

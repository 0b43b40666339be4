from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.written import Written, of_values, read_each, unpack

SHAPE = (2, 3)
CELLS = [1, 0, 2, 0, 0, 3]
ROWS = [[1, 0, 2], [0, 0, 3]]


@pytest.mark.parametrize(
    "value",
    [
        CELLS,
        ROWS,
        tuple(map(tuple, ROWS)),
        np.array(CELLS),
        np.array(ROWS, dtype=np.uint8),
        np.array(ROWS, dtype=float),
        [np.array(row) for row in ROWS],
        [ROWS],
        np.array([ROWS]),
        {"puzzle": ROWS},
        [{"Board": ROWS}],
    ],
    ids=str,
)
def test_one_board(value: Any) -> None:
    assert of_values(value, SHAPE) == [Written("", CELLS)]


def test_several_boards() -> None:
    for value in ([ROWS, CELLS], np.array([CELLS, CELLS]), np.array([ROWS, ROWS]), (row for row in (ROWS, ROWS))):
        assert [(one.place, one.question) for one in of_values(value, SHAPE)] == [
            ("puzzle 1: ", CELLS),
            ("puzzle 2: ", CELLS),
        ]
    assert [one.question for one in of_values(["1.2..3", ROWS], SHAPE)] == ["1.2..3", CELLS]
    assert [one.question for one in of_values(np.array(["1.2..3", "1....."]), SHAPE)] == ["1.2..3", "1....."]
    assert of_values([], SHAPE) == []


def test_texts() -> None:
    assert of_values("1.2\n..3", SHAPE) == [Written("", "1.2\n..3")]
    assert of_values(["1.2", "..3"], SHAPE) == [Written("", list("1.2..3"))]  # the rows of one
    assert of_values(list("1.2..3"), SHAPE) == [Written("", list("1.2..3"))]
    assert of_values([[1, None, 2], [float("nan"), None, 3]], SHAPE) == [Written("", [1, None, 2, None, None, 3])]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, r"None \(NoneType\) is no puzzle: give a text, 2 rows of 3 cells"),
        (102003, r"102003 \(int\) is no puzzle"),
        (b"1.2..3", r"\(bytes\) is no puzzle"),
        ([[1, 0], [2, 0], [0, 3]], r"puzzle 1: a list of 2 values is no puzzle"),
        (np.zeros((3, 3)), r"puzzle 1: a list of 3 values is no puzzle"),
        ([ROWS, None], r"puzzle 2: None"),
        ([[[[1]]]], r"a list of 1 lists of 1 is no puzzle"),
        ({"name": 1}, r"no 'puzzle' among the keys \(name\)"),
        ({"puzzles": [CELLS, CELLS], "solutions": [CELLS]}, "2 under 'puzzles', but 1 under 'solutions'"),
    ],
    ids=str,
)
def test_anything_else(value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        of_values(value, SHAPE)


@pytest.mark.parametrize(
    "text",
    [
        "question,answer\n1.2..3,112233\n",
        "\nid;Puzzle;Solution\n7;1.2..3;112233\n\n",
        'quizzes\tSOLUTIONS\n"1.2..3"\t112233\n',
        "solution|quiz\n112233|1.2..3\n",
    ],
)
def test_a_table(text: str) -> None:
    (one,) = unpack(text, SHAPE) or []
    assert (one.question, one.answer, one.in_table) == ("1.2..3", "112233", True)


def test_a_table_without_answers() -> None:
    assert unpack("puzzle\n1.2..3\n", SHAPE) == [Written("line 2: ", "1.2..3", None, True)]
    found = unpack("question,answer\n1.2..3\n1.2...,\n", SHAPE)
    assert found is not None
    assert [one.answer for one in found] == [None, None]
    with pytest.raises(InputError, match="no puzzles below the header"):
        unpack("question,answer\n", SHAPE)
    with pytest.raises(InputError, match="there is no puzzle: the list is empty"):
        unpack("[]", SHAPE)


def test_json() -> None:
    for value in (ROWS, [ROWS], {"puzzle": ROWS}, [{"puzzle": CELLS}], {"puzzles": [ROWS]}):
        (one,) = unpack(json.dumps(value, indent=1), SHAPE) or []
        assert one.question == CELLS
    lines = unpack(f"{json.dumps({'puzzle': '1.2..3', 'solution': '112233'})}\n\n{json.dumps(ROWS)}\n[1, 2\n", SHAPE)
    assert lines == [
        Written("line 1: ", "1.2..3", "112233"),
        Written("line 3: ", CELLS),
        Written("line 4: ", "[1, 2"),
    ]
    with pytest.raises(InputError, match="a list of 4 values is no puzzle"):
        unpack("[[1, 2, 3, 4], [1, 2, 3, 4]]", SHAPE)


@pytest.mark.parametrize("text", ["", "\n", "1.2..3\n", "[Puzzle]\n1.2\n", "[[1 0 2]\n [0 0 3]]", "1,2,3\n1,2,3"])
def test_no_package(text: str) -> None:
    assert unpack(text, SHAPE) is None


def test_an_error_names_its_place() -> None:
    def read(one: Written) -> str:
        if one.question == "bad":
            raise InputError("no")
        return str(one.question)

    good, bad = read_each([Written("line 2: ", "good"), Written("line 3: ", "bad")], read)
    assert good == "good"
    assert str(bad) == "line 3: no"

from __future__ import annotations

import pytest

from hrm.errors import InputError
from hrm.puzzles.base import required
from hrm.puzzles.boards.text import FamilyText
from hrm.puzzles.lights_out import lights_out

TEXT = FamilyText(lights_out(2))
CORNER = [2, 2, 2, 1]


@pytest.mark.parametrize("text", ["###.", "##\n#.", "# #\n# .\n", "\n11\n10\n", "**\n*_", "\x1b[1m#\x1b[0m #\n# ."])
def test_ways_to_write_a_board(text: str) -> None:
    example = TEXT.parse(text)
    assert example.inputs.tolist() == CORNER
    assert example.labels is not None
    assert example.labels.tolist() == [4, 3, 3, 3]


@pytest.mark.parametrize("value", ["###.", [["#", "#"], ["#", "."]], [[1, 1], [1, 0]], [1, 1, 1, None], ["##", "#."]])
def test_values(value: object) -> None:
    (example,) = required(TEXT.parse_values(value))
    assert example.inputs.tolist() == CORNER


def test_several_boards_of_a_file_and_where_one_is_wrong() -> None:
    found = TEXT.parse_many("###.\n\n##\n#.\n##\n..\n#?..\n###\n")
    assert [isinstance(one, InputError) for one in found] == [False, False, False, True, True]
    assert str(found[3]) == "line 7: '?' in row 1, column 2 is no cell of a Lights Out board: write . #"
    assert str(found[4]) == "line 8: 3 cells found, but a Lights Out board of 2 x 2 has 4"
    with pytest.raises(InputError, match="5 boards found where one is wanted"):
        TEXT.parse("###.\n\n##\n#.\n##\n..\n#?..\n###\n")


def test_tables_with_answers() -> None:
    good, wrong = TEXT.parse_many("question,answer\n###.,x---\n###.,xx--\n")
    assert good.is_given  # type: ignore[union-attr]
    assert str(wrong) == "line 3: the answer beside it does not solve it"


def test_a_board_without_an_answer_is_refused() -> None:
    with pytest.raises(InputError, match="no presses put all these lights out"):
        FamilyText(lights_out(4)).parse("#" + "." * 15)

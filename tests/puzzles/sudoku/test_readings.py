from __future__ import annotations

import pytest

from hrm.puzzles.sudoku.readings import PLAIN, Reading, bare, cells_of, digits_of, is_ruling, rows_under


@pytest.mark.parametrize(
    ("text", "is_line"),
    [
        ("+-------+-------+", True),
        ("*-----------*", True),
        (".-------.-------.", True),
        ("|---+---+---|", True),
        ("o---o---o", True),
        ("=========", True),
        ("_________", True),
        ("├───┼───┤", True),
        (".........", False),
        ("* * * *", False),
        ("5-3--7---", False),
        ("|...|...|", False),
        ("", False),
    ],
)
def test_lines_that_a_frame_may_be_drawn_with(text: str, is_line: bool) -> None:
    assert is_ruling(text) == is_line


def test_a_character_means_what_the_reading_says() -> None:
    line = (3, "|5-.|* ")
    assert [cell.symbol for cell in cells_of(line, PLAIN)] == ["5", ".", "*"]
    assert [cell.column for cell in cells_of(line, PLAIN)] == [2, 4, 6]
    assert [cell.symbol for cell in cells_of(line, Reading(blanks=".-"))] == ["5", "-", ".", "*"]
    assert cells_of((1, "+---+"), PLAIN) == []
    assert len(cells_of((1, "----"), Reading(blanks="-", has_rulings=False))) == 4


def test_the_usual_reading_comes_first() -> None:
    first, rows = next(rows_under([(1, "1-34"), (2, "----")], 4))
    assert first == PLAIN
    assert [len(row) for row in rows] == [3]
    lengths = [[len(row) for row in rows] for _, rows in rows_under([(1, "1-34"), (2, "----")], 4)]
    assert [4, 4] in lengths


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (".123456789ABCDEFG", [0, *range(1, 17)]),
        (".0123456789ABCDEF", [0, 16, *range(1, 16)]),  # 0 is a digit: something else is a blank, and there is no G
        ("00123456789ABCDEFG", [0, 0, *range(1, 17)]),
        (".0123456789ABCDEFG", [0, 0, *range(1, 17)]),
        (".ABCDEFGHIJKLMNOP", [0, *range(1, 17)]),
        ("abcdefgh_", [*range(1, 9), 0]),
    ],
)
def test_the_alphabets_of_large_boards(text: str, first: list[int]) -> None:
    digits = digits_of(cells_of((1, text), PLAIN), PLAIN, 16)
    assert digits is not None
    assert digits.tolist() == first


def test_what_is_no_digit() -> None:
    assert digits_of(cells_of((1, "12z"), PLAIN), PLAIN, 9) is None
    assert bare("\x1b[1m5\x1b[0m None nan") == "5 . ."


def test_spaces_of_web_pages_are_spaces() -> None:
    assert bare("5\u00a03\u202f.\u200b7\ufe0f") == "5 3 .7"

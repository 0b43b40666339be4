from __future__ import annotations

import pytest

from hrm.puzzles.gym.blocks import Style, find_block, rows_of, windows, written

ROWS = [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("style", "text"),
    [("lines", "1 2\n3 4"), ("json", "[[1,2],[3,4]]"), ("spaced json", "[[1, 2], [3, 4]]"), ("drawing", "12\n34")],
)
def test_a_grid_is_written_and_read(style: Style, text: str) -> None:
    assert written(ROWS, style) == text
    assert rows_of(text, style) == ROWS
    found = find_block(f"What is this?\n{text}\nAnswer!", style, {"1", "2", "3", "4"})
    assert found is not None
    assert found[1] == ROWS
    assert "What is this?" in found[0]
    assert "1" not in found[0]
    assert windows(f"Ten words\n{text}\nAnswer!", ROWS, style)[0] == ROWS


def test_the_last_grid_is_the_one() -> None:
    text = "[[0,0],[0,0]] is empty, this is not: [[0,1],[1,0]]."
    assert find_block(text, "json", {"0", "1"}) == ("[[0,0],[0,0]] is empty, this is not: .", [["0", "1"], ["1", "0"]])
    assert find_block("1 1\n1 1\n\n0 1\n1 0", "lines", {"0", "1"}) == ("1 1\n1 1\n", [["0", "1"], ["1", "0"]])


@pytest.mark.parametrize("text", ["1 2 3", "1\n2", "1 2\n3", "", "words"])
def test_what_is_no_grid(text: str) -> None:
    assert rows_of(text, "lines") is None
    assert rows_of(text, "json") is None
    assert find_block(text, "lines", {"1", "2", "3"}) is None


def test_a_drawing_keeps_its_blank_columns() -> None:
    """Cells are the columns 0, 2 and 4; the line of marks is shorter than the others."""
    rows = rows_of("1 < _\n    v\n2   3", "drawing")
    assert rows is not None
    kept = [[row[column] for column in (0, 2, 4)] for row in rows]
    assert kept == [["1", "<", "_"], [" ", " ", "v"], ["2", " ", "3"]]
    assert written(kept, "drawing", (0, 2, 4)) == "1 < _\n    v\n2   3"

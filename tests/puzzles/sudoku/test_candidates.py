from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hrm.puzzles.sudoku.blocks import find_boards
from hrm.puzzles.sudoku.candidates import without_candidates
from hrm.puzzles.sudoku.rules import Layout, digit_bits
from hrm.puzzles.sudoku.solver import tighten

NINE = Layout(size=9)
PUZZLE = "2...8.3...6..7..84.3.5..2.9...1.54.8.........4.27.6...3.1..7.4.72..4..6...4.1...3"


def marks(puzzle: str, layout: Layout) -> list[list[str]]:
    """What may stand in every cell, looking at its row, column and box once."""
    digits = np.array([[0 if cell == "." else int(cell) for cell in puzzle]], dtype=np.uint8)
    known = digit_bits(layout, digits)
    masks, _ = tighten(layout, np.ascontiguousarray(np.where(digits > 0, known, layout.full_mask).T))
    # A cell that became certain keeps a second mark: a group of one digit is a given.
    groups = ["".join(str(d + 1) for d in range(layout.size) if int(mask) >> d & 1) for mask in masks[:, 0]]
    for cell, group in enumerate(groups):
        if puzzle[cell] == "." and len(group) == 1:
            groups[cell] = "".join(sorted({group, "1" if group != "1" else "2"}))
    return [groups[start : start + layout.size] for start in range(0, layout.num_cells, layout.size)]


def framed(rows: list[list[str]]) -> str:
    """As HoDoKu and Simple Sudoku draw them."""
    ruling = "-" * 24
    lines = ["|".join(" ".join(f"{group:7}" for group in row[i : i + 3]) for i in (0, 3, 6)) for row in rows]
    boxes = [f"| {line} |" for line in lines]
    middle = f":{ruling}+{ruling}+{ruling}:"
    return "\n".join(
        [f".{ruling}.{ruling}.{ruling}.", *boxes[:3], middle, *boxes[3:6], middle, *boxes[6:], f"'{ruling * 3}'"]
    )


@pytest.mark.parametrize(
    "draw",
    [
        framed,
        lambda rows: "\n".join("  ".join(f"{group:9}" for group in row) for row in rows),
        lambda rows: "\n\n".join("\n".join(" ".join(row) for row in rows[i : i + 3]) for i in (0, 3, 6)),
        lambda rows: ",".join(group for row in rows for group in row),
        lambda rows: "Grid 01\n" + "\n".join("|".join(row) for row in rows),
    ],
)
def test_a_group_of_one_is_a_given_and_others_are_blanks(draw: Callable[[list[list[str]]], str]) -> None:
    (found,) = find_boards(draw(marks(PUZZLE, NINE)), NINE)
    assert "".join(".123456789"[digit] for digit in found.question) == PUZZLE


def test_two_boards_under_each_other() -> None:
    text = framed(marks(PUZZLE, NINE))
    assert len(find_boards(f"{text}\n\n{text}", NINE)) == 2
    assert len(find_boards(f"{text}\n{text}", NINE)) == 2


def test_other_boards_stay_as_they_are() -> None:
    for text in (
        "\n".join(["1 2 3 4 5 6 7 8 9"] * 9),
        "\n".join(["123 456 789"] * 9),
        "\n".join(["5 3 . | . 7 . | . . ."] * 9),
        "\n".join(["12 13 1 2 3 4 5 6 7"] * 8),  # a row is missing
        "\n".join(["21 13 1 2 3 4 5 6 7"] * 9),  # no set of digits
    ):
        lines = list(enumerate(text.split("\n"), start=1))
        assert without_candidates(lines, 9) == lines
    numbers = [(1, " ".join(["12"] * 16))] * 16
    assert without_candidates(numbers, 16) == numbers


def test_rows_of_latex_end_in_a_dot_that_is_no_cell() -> None:
    rows = [PUZZLE[start : start + 9] for start in range(0, 81, 9)]
    text = "\n".join("|" + "|".join(row.replace(".", " ")) + "|." for row in rows)
    (found,) = find_boards("\\begin{sudoku}\n" + text + "\n\\end{sudoku}", NINE)
    assert "".join(".123456789"[digit] for digit in found.question) == PUZZLE
    (found,) = find_boards("\n".join("|".join(row) for row in rows), NINE)
    assert "".join(".123456789"[digit] for digit in found.question) == PUZZLE

from __future__ import annotations

from collections.abc import Callable

import pytest

from hrm.errors import InputError
from hrm.puzzles.sudoku.blocks import find_boards
from hrm.puzzles.sudoku.rules import Layout
from hrm.puzzles.sudoku.tables import without_labels, without_tags

NINE, FOUR = Layout(size=9), Layout(size=4)
PUZZLE = "2...8.3...6..7..84.3.5..2.9...1.54.8.........4.27.6...3.1..7.4.72..4..6...4.1...3"
SMALL = "....341..14.4..."
"""A board whose first row is blank, so that a heading 1 2 3 4 can be taken for it."""

Rows = list[list[str]]


def shown(question: object) -> str:
    assert not isinstance(question, InputError), str(question)
    return "".join(".123456789"[digit] for digit in question)  # type: ignore[attr-defined]


def rows_of(puzzle: str, size: int) -> Rows:
    cells = ["" if cell == "." else cell for cell in puzzle]
    return [cells[start : start + size] for start in range(0, size**2, size)]


def markdown(rows: Rows, heading: list[str]) -> str:
    lines = ["| " + " | ".join(cell or " " for cell in row) + " |" for row in [heading, *rows]]
    return "\n".join([lines[0], "|" + ":-:|" * len(heading), *lines[1:]])


def numbered(rows: Rows, first: int) -> Rows:
    return [[str(first + place), *row] for place, row in enumerate(rows)]


def page(rows: Rows) -> str:
    lines = ["<tr>" + "".join(f'<td class="c">{cell or "&nbsp;"}</td>' for cell in row) + "</tr>" for row in rows]
    return "<html><body>\n<table border=1>\n" + "\n".join(lines) + "\n</table>\n</body></html>"


DRAWINGS: list[Callable[[Rows], str]] = [
    lambda rows: markdown(rows, [""] * len(rows)),
    lambda rows: markdown(rows, [str(n + 1) for n in range(len(rows))]),
    lambda rows: markdown(rows, [chr(65 + n) for n in range(len(rows))]),
    lambda rows: markdown(rows[1:], rows[0]),  # the first row stands where a heading would
    lambda rows: markdown(numbered(rows, 1), ["", *(f"c{n + 1}" for n in range(len(rows)))]),
    lambda rows: "\n".join(",".join(row) for row in [[str(n + 1) for n in range(len(rows))], *rows]),
    lambda rows: "\n".join(",".join(row) for row in [["", *map(str, range(len(rows)))], *numbered(rows, 0)]),
    lambda rows: "\n".join("\t".join(row) for row in numbered(rows, 1)),
    lambda rows: "\n".join(";".join(row) for row in rows),
    lambda rows: page(rows),
    lambda rows: page(rows).replace("\n", "").replace("</td>", "").replace("</tr>", ""),  # HTML does not need them
    lambda rows: page([[f'<input value="{cell}">' for cell in row] for row in rows]),
]


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize(("puzzle", "layout"), [(PUZZLE, NINE), (SMALL, FOUR)])
def test_a_table_is_its_cells(draw: Callable[[Rows], str], puzzle: str, layout: Layout) -> None:
    (found,) = find_boards(draw(rows_of(puzzle, layout.size)), layout)
    assert shown(found.question) == puzzle


def test_two_tables_of_a_page() -> None:
    found = find_boards(page(rows_of(PUZZLE, 9)) + page(rows_of(PUZZLE[::-1], 9)), NINE)
    assert [shown(board.question) for board in found] == [PUZZLE, PUZZLE[::-1]]


def test_a_blank_row_between_separators_is_no_frame() -> None:
    text = "\n".join(",".join(row) for row in [*rows_of(SMALL, 4), ["1", "", "", ""]])  # a row too many
    assert all(isinstance(board.question, InputError) for board in find_boards(text, FOUR))


def test_what_has_no_labels_stays_as_it_is() -> None:
    for text in (
        "\n".join(",".join(row) for row in rows_of(PUZZLE, 9)),
        "1 2 3 4\n\n" + "\n".join(" ".join(row) for row in rows_of(SMALL, 4)),
        "1|2|3|4\n" * 4,
        "1,2,3,4\n" * 6,
    ):
        lines = list(enumerate(text.split("\n"), start=1))
        assert without_labels(lines, 9) == lines
        assert without_labels(lines, 4) == lines
        assert without_tags(text) == text


def test_the_solution_under_a_puzzle_is_its_answer() -> None:
    full = "245981376169273584837564219976125438513498627482736951391657842728349165654812793"
    first, second = ("\n".join(board[start : start + 9] for start in range(0, 81, 9)) for board in (PUZZLE, full))
    for text in (
        f"Puzzle 1:\n{first}\n\nSolution:\n{second}",
        f"{first}\n\n{second}",
        f"{first}\n{second}",
    ):
        (found,) = find_boards(text, NINE)
        assert shown(found.question) == PUZZLE
        assert found.answer is not None
        assert shown(found.answer) == full
    other = full.replace("2", "x").replace("3", "2").replace("x", "3")
    assert len(find_boards(f"{first}\n\n{second}".replace(full[:9], other[:9]), NINE)) == 2, "it holds other givens"
    assert len(find_boards(f"{PUZZLE}\n{full}", NINE)) == 2, "a list of puzzles"

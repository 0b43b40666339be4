from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.errors import InputError
from hrm.puzzles.sudoku.generator import generate
from hrm.puzzles.sudoku.rules import BOXES, DIGITS, Layout
from hrm.puzzles.sudoku.text import read_board, read_boards

NINE = Layout(size=9)
PUZZLE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
ANSWER = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
LINES = [PUZZLE[start : start + 9] for start in range(0, 81, 9)]
FRAMED = """
+-------+-------+-------+
| 5 3 . | . 7 . | . . . |
| 6 . . | 1 9 5 | . . . |
| . 9 8 | . . . | . 6 . |
+-------+-------+-------+
| 8 . . | . 6 . | . . 3 |
| 4 . . | 8 . 3 | . . 1 |
| 7 . . | . 2 . | . . 6 |
+-------+-------+-------+
| . 6 . | . . . | 2 8 . |
| . . . | 4 1 9 | . . 5 |
| . . . | . 8 . | . 7 9 |
+-------+-------+-------+
"""
UNFRAMED = FRAMED.replace("+-------+-------+-------+\n", "------+-------+------\n").replace("| ", "").replace(" |", "")


def written(board: str) -> str:
    return "".join("." if digit == "0" else digit for digit in board)


@pytest.mark.parametrize(
    "text",
    [
        PUZZLE,
        f"  {PUZZLE}\r\n",
        PUZZLE.replace(".", "0"),
        PUZZLE.replace(".", "_"),
        PUZZLE.replace(".", "*"),
        " ".join(PUZZLE),
        "\n".join(LINES),
        "\n\n".join(LINES),
        FRAMED,
        UNFRAMED,
        "# from Wikipedia\n" + FRAMED,
    ],
)
def test_many_ways_to_write_a_puzzle(text: str) -> None:
    boards = read_board(text, NINE)
    assert boards.questions.tolist() == [[int(digit) for digit in PUZZLE.replace(".", "0")]]
    assert boards.solutions.tolist() == [[int(digit) for digit in ANSWER]]
    assert boards.proven.all()


@pytest.mark.parametrize("size", BOXES)
def test_every_size_is_read_in_capitals_and_not(size: int) -> None:
    puzzles, solutions = generate(1, size=size)
    text = "".join(DIGITS[digit - 1] if digit else "." for digit in puzzles[0])
    for variant in (text, text.lower()):
        boards = read_board(variant, Layout(size=size))
        assert (boards.questions == puzzles).all()
        assert (boards.solutions == solutions).all()


BAD_TEXTS = {
    "there is no puzzle: no cell was found": " \n",
    "80 cells found, but a 9x9 board has 81": PUZZLE[1:],
    "82 cells found, but a 9x9 board has 81": PUZZLE + ".",
    "80 cells found, but a 9x9 board has 81; line 4 has 8 cells instead of 9": "\n".join(
        [*LINES[:3], LINES[3][1:], *LINES[4:]]
    ),
    "16 cells found, but a 9x9 board has 81; 16 cells are a 4x4 board, which needs a task of size 4": "1" + 15 * ".",
    "256 cells found, but a 9x9 board has 81; 256 cells are a 16x16 board": "G" + 255 * ".",
    "line 1, column 3: 'x' is neither a digit (1-9) nor a blank (. 0 _ *)": "53x" + PUZZLE[3:],
    "line 2, column 1: 'A' is neither a digit (1-9)": "\n".join([LINES[0], "A" + LINES[1][1:], *LINES[2:]]),
    "digit 5 stands 2 times in row 1: r1c1, r1c3": "535" + PUZZLE[3:],
    "digit 8 stands 2 times in column 1: r1c1, r4c1": "8" + PUZZLE[1:],
    "digit 9 stands 2 times in box 1: r1c3, r3c2": PUZZLE[:2] + "9" + PUZZLE[3:],
    "this puzzle has no solution": PUZZLE[:2] + "2" + PUZZLE[3:],
}


@pytest.mark.parametrize("message", BAD_TEXTS)
def test_what_is_no_puzzle_is_refused_with_the_reason(message: str) -> None:
    with pytest.raises(InputError) as error:
        read_board(BAD_TEXTS[message], NINE)
    assert str(error.value).startswith(message)


def test_several_solutions_are_shown_by_two_cells() -> None:
    # The four cells r1c1 r1c2 r4c1 r4c2 of this 9x9 grid hold 1 2 over 2 1 and can be exchanged.
    text = "".join(["..3456789", "456789123", "789123456", "..4365897", "365897214", "897214365"])
    text += "".join(["531642978", "642978531", "978531642"])
    with pytest.raises(InputError) as error:
        read_board(text, NINE)
    assert (
        str(error.value) == "this puzzle has several solutions: for example r1c1 can be 1 or 2, and r1c2 can be 2 or 1"
    )


def test_digits_too_large_for_the_board_are_named() -> None:
    with pytest.raises(InputError, match=r"line 1, column 2: '5' is neither a digit .1-4."):
        read_board("15" + 14 * ".", Layout(size=4))


def test_a_search_that_gives_up_is_no_error_but_proves_nothing() -> None:
    boards = read_board(
        "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..", NINE, budget=3
    )
    assert boards.proven.tolist() == [False]


def test_files_of_one_puzzle_per_line_and_of_boards() -> None:
    board = "\n".join(LINES)
    for text in (
        f"{PUZZLE}\n{PUZZLE}\n{PUZZLE}\n",
        f"# three\n{PUZZLE}\n\n# board\n{board}\n\n{FRAMED}",
        f"{board}\n{board}\n{PUZZLE}",
        f"{FRAMED}{FRAMED}{UNFRAMED}",
    ):
        boards = read_boards(text, NINE)
        assert boards.questions.shape == (3, 81)
        assert boards.proven.all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n\n", "there is no puzzle: the text is empty"),
        (f"{PUZZLE}\n# comment\n{PUZZLE[1:]}\n", "line 3: 80 cells found"),
        (f"{PUZZLE}\n\n" + "\n".join(LINES[:8]), "lines 3 to 10: 72 cells found"),
        (f"{PUZZLE}\n{'x' + PUZZLE[1:]}\n", "line 2, column 1: 'x' is neither"),
        (f"{PUZZLE}\n535{PUZZLE[3:]}\n", "line 2: digit 5 stands 2 times in row 1"),
        (f"{PUZZLE}\n{PUZZLE[:2]}2{PUZZLE[3:]}\n", "line 2: this puzzle has no solution"),
        (f"{PUZZLE}\n{'.' * 81}\n", "line 2: this puzzle has several solutions"),
    ],
)
def test_errors_in_files_name_the_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_boards(text, NINE)
    assert str(error.value).startswith(message)


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="123456789.0_*|-+ \nAGxé#\x1b", max_size=120), size=st.sampled_from([4, 9]))
def test_any_text_is_a_puzzle_or_an_input_error(text: str, size: int) -> None:
    for read in (read_board, read_boards):
        try:
            boards = read(text, Layout(size=size), budget=200)
        except InputError:
            continue
        assert boards.questions.shape[1] == size**2

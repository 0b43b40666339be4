from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.errors import InputError
from hrm.puzzles.base import Example, required
from hrm.puzzles.sudoku.generator import generate
from hrm.puzzles.sudoku.rules import BOXES, DIGITS, Layout
from hrm.puzzles.sudoku.text import SudokuText

NINE = SudokuText(Layout(size=9))
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


def question(example: Example) -> str:
    return "".join(".123456789ABCDEFG"[token - 1] for token in example.inputs)


def answer(example: Example) -> str:
    assert example.labels is not None
    return "".join(".123456789ABCDEFG"[token - 1] for token in example.labels)


NUMBERS = [[0 if cell == "." else int(cell) for cell in line] for line in LINES]
ZEROS = ["".join(map(str, row)) for row in NUMBERS]
OTHER_WAYS = [
    PUZZLE.replace(".", "-"),
    PUZZLE.replace(".", "X"),
    PUZZLE.replace(".", "x"),
    PUZZLE.replace(".", "?"),
    PUZZLE.replace(".", "·"),
    PUZZLE.replace(".", " "),
    "\n".join(LINES).replace(".", "-"),
    "\n".join(LINES).replace(".", " "),
    "\n".join(f"|{line[:3]}|{line[3:6]}|{line[6:]}|" for line in LINES).replace(".", " "),
    PUZZLE.replace(".", "o"),
    PUZZLE.replace(".", "/"),
    PUZZLE.replace(".", ":"),
    PUZZLE.translate({ord(one): 0xFEE0 + ord(one) for one in "123456789."}),  # wide forms
    "\\n".join(LINES),
    f"Puzzle #12: {PUZZLE}",
    "1\n" + "\n".join(LINES),
    repr(np.array(NUMBERS)),
    FRAMED.replace(".", " "),
    FRAMED.replace(".", "-"),
    "\n".join(" ".join(line).replace(".", " ").rstrip() for line in LINES),
    FRAMED.replace(".", "_"),
    FRAMED.replace(".", "x"),
    FRAMED.replace("+", "*"),
    FRAMED.replace("-", "="),
    FRAMED.replace("+-------+-------+-------+", ".-------.-------.-------."),
    FRAMED.replace("+-------+-------+-------+", "*-------*-------*-------*").replace(". ", "0 "),
    "\n\n".join("\n".join(f"{z[:3]}   {z[3:6]}   {z[6:]}" for z in ZEROS[i : i + 3]) for i in (0, 3, 6)),
    ".".join(ZEROS),
    "/".join(LINES),
    "|".join(ZEROS),
    ",".join(ZEROS),
    ",".join(PUZZLE),
    ",".join(PUZZLE).replace(".", ""),
    "\n".join(",".join(line).replace(".", "") for line in LINES),
    "\n".join(";".join(line).replace(".", "") for line in LINES),
    "\n".join("\t".join(line).replace(".", "") for line in LINES),
    "\n".join("|" + "|".join(line).replace(".", "") + "|" for line in LINES),
    str(NUMBERS),
    str([cell for row in NUMBERS for cell in row]),
    str(NUMBERS).replace("0", "null"),
    str(NUMBERS).replace("0", "None"),
    str(NUMBERS).replace(",", "").replace("] [", "]\n ["),
    str(LINES).replace("'", '"'),
    f'{{"puzzle": "{PUZZLE}", "solution": "{ANSWER}"}}',
    f'{{"board": {NUMBERS}}}',
    f":0000:x:{PUZZLE}:::",
    f"0000183b305c {''.join(ZEROS)}  1.2",
    f"https://www.sudokuwiki.org/sudoku.htm?bd={''.join(ZEROS)}",
    f"https://example.org/play/{PUZZLE}?level=3#top",
    f"https://example.org/sudoku-{''.join(ZEROS)}-easy",
    f"{PUZZLE}  # an easy one, 30 givens",
    f"{PUZZLE}\tan easy one\t1.2",
    f"{PUZZLE},{ANSWER},30",
    f"{PUZZLE} {ANSWER}",
    f"17;{PUZZLE};easy",
    f"{PUZZLE}; easy",
    "Grid 01\n" + "\n".join(ZEROS),
    "Puzzle 3 (hard):\n\n" + FRAMED,
    "#A somebody\n[Puzzle]\n" + "\n".join(LINES) + "\n[State]\n" + ANSWER,
    "puzzle\n" + PUZZLE,
    f"quizzes,solutions\n{''.join(ZEROS)},{ANSWER}",
    f"id;Puzzle;Solution\n1;{PUZZLE};{ANSWER}",
    PUZZLE[:60] + "\n" + PUZZLE[60:],
]


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
        *OTHER_WAYS,
    ],
)
def test_many_ways_to_write_a_puzzle(text: str) -> None:
    example = NINE.parse(text)
    assert (question(example), answer(example)) == (PUZZLE, ANSWER)
    (again,) = required(NINE.parse_many(text))
    assert question(again) == PUZZLE, "a file of it is read otherwise"


@pytest.mark.parametrize("size", BOXES)
def test_every_size_is_read_in_capitals_and_not(size: int) -> None:
    puzzles, solutions = generate(1, size=size)
    text = "".join(DIGITS[digit - 1] if digit else "." for digit in puzzles[0])
    for variant in (text, text.lower()):
        example = SudokuText(Layout(size=size)).parse(variant)
        assert (example.inputs == puzzles[0] + 1).all()
        assert (example.labels == solutions[0] + 1).all()


BAD_TEXTS = {
    "there is no puzzle: no cell was found": " \n",
    "80 cells found, but a 9x9 board has 81": PUZZLE[1:],
    "82 cells found, but a 9x9 board has 81": PUZZLE + ".",
    "80 cells found, but a 9x9 board has 81; line 4 has 8 cells instead of 9": "\n".join(
        [*LINES[:3], LINES[3][1:], *LINES[4:]]
    ),
    "16 cells found, but a 9x9 board has 81; 16 cells are a 4x4 board, which needs a task of size 4": "1" + 15 * ".",
    "256 cells found, but a 9x9 board has 81; 256 cells are a 16x16 board": "G" + 255 * ".",
    "line 1, column 3: 'z' is neither a digit (1-9) nor a blank (. 0 _ *)": "53z" + PUZZLE[3:],
    "line 1, column 4: 'x' is neither a digit (1-9) nor a blank (. 0 _ *)": "53.x" + PUZZLE[4:],
    "line 2, column 1: 'A' is neither a digit (1-9)": "\n".join([LINES[0], "A" + LINES[1][1:], *LINES[2:]]),
    "digit 5 stands 2 times in row 1: r1c1, r1c3": "535" + PUZZLE[3:],
    "digit 8 stands 2 times in column 1: r1c1, r4c1": "8" + PUZZLE[1:],
    "digit 9 stands 2 times in box 1: r1c3, r3c2": PUZZLE[:2] + "9" + PUZZLE[3:],
    "this puzzle has no solution": PUZZLE[:2] + "2" + PUZZLE[3:],
}


@pytest.mark.parametrize("message", BAD_TEXTS)
def test_what_is_no_puzzle_is_refused_with_the_reason(message: str) -> None:
    with pytest.raises(InputError) as error:
        NINE.parse(BAD_TEXTS[message])
    assert str(error.value).startswith(message)


def test_several_solutions_are_shown_by_two_cells() -> None:
    # The four cells r1c1 r1c2 r4c1 r4c2 of this 9x9 grid hold 1 2 over 2 1 and can be exchanged.
    text = "".join(["..3456789", "456789123", "789123456", "..4365897", "365897214", "897214365"])
    text += "".join(["531642978", "642978531", "978531642"])
    with pytest.raises(InputError) as error:
        NINE.parse(text)
    assert (
        str(error.value) == "this puzzle has several solutions: for example r1c1 can be 1 or 2, and r1c2 can be 2 or 1"
    )


def test_digits_too_large_for_the_board_are_named() -> None:
    with pytest.raises(InputError, match=r"line 1, column 2: '5' is neither a digit .1-4."):
        SudokuText(Layout(size=4)).parse("15" + 14 * ".")


def test_a_search_that_gives_up_is_no_error_but_proves_nothing() -> None:
    text = SudokuText(Layout(size=9), budget=3)
    assert (
        text.parse("8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..").labels is None
    )


def test_files_of_one_puzzle_per_line_and_of_boards() -> None:
    board = "\n".join(LINES)
    for text in (
        f"{PUZZLE}\n{PUZZLE}\n{PUZZLE}\n",
        f"# three\n{PUZZLE}\n\n# board\n{board}\n\n{FRAMED}",
        f"{board}\n{board}\n{PUZZLE}",
        f"{FRAMED}{FRAMED}{UNFRAMED}",
    ):
        assert [question(example) for example in required(NINE.parse_many(text))] == [PUZZLE] * 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n\n", "there is no puzzle: the text is empty"),
        (f"{PUZZLE}\n# comment\n{PUZZLE[1:]}\n", "line 3: 80 cells found"),
        (f"{PUZZLE}\n\n" + "\n".join(LINES[:8]), "lines 3 to 10: 72 cells found"),
        (f"{PUZZLE}\n{'z' + PUZZLE[1:]}\n", "line 2, column 1: 'z' is neither"),
        (f"{PUZZLE}\n535{PUZZLE[3:]}\n", "line 2: digit 5 stands 2 times in row 1"),
        (f"{PUZZLE}\n{PUZZLE[:2]}2{PUZZLE[3:]}\n", "line 2: this puzzle has no solution"),
        (f"{PUZZLE}\n{'.' * 81}\n", "line 2: this puzzle has several solutions"),
    ],
)
def test_errors_in_files_name_the_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        required(NINE.parse_many(text))
    assert str(error.value).startswith(message)


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="123456789.0_*|-+ \n,[]AGxé#\x1b", max_size=120), size=st.sampled_from([4, 9]))
def test_any_text_is_a_puzzle_or_an_input_error(text: str, size: int) -> None:
    puzzles = SudokuText(Layout(size=size), budget=200)
    for read in (puzzles.parse, puzzles.parse_many):
        try:
            found = read(text)
        except InputError:
            continue
        for one in found if isinstance(found, list) else [found]:
            assert isinstance(one, InputError) or one.inputs.shape == (size**2,)


def test_large_boards_in_digits_from_0(shared: Path) -> None:
    text = (shared / "cases/p16hex.txt").read_text()
    (example,) = required(SudokuText(Layout(size=16)).parse_many(text))
    assert question(example) == text.strip().replace("0", "G")
    assert "." not in answer(example)

from __future__ import annotations

from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.files import read_text
from hrm.puzzles.sudoku.blocks import Found, find_boards
from hrm.puzzles.sudoku.generator import generate
from hrm.puzzles.sudoku.rules import DIGITS, Layout

NINE, FOUR = Layout(size=9), Layout(size=4)
PUZZLE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
OTHER = "2...8.3...6..7..84.3.5..2.9...1.54.8.........4.27.6...3.1..7.4.72..4..6...4.1...3"
LINES = [PUZZLE[start : start + 9] for start in range(0, 81, 9)]
BOARD = "\n".join(LINES)
OTHERS = "\n".join(OTHER[start : start + 9] for start in range(0, 81, 9))


def shown(found: Found) -> str:
    if isinstance(found.question, InputError):
        return f"{found.place}{found.question}"
    return "".join(".123456789ABCDEFG"[digit] for digit in found.question)


@pytest.mark.parametrize(
    "text",
    [
        f"{PUZZLE}\n{OTHER}",
        f"{PUZZLE} {OTHER}",
        f"Grid 01\n{BOARD}\nGrid 02\n{OTHERS}",
        f"{BOARD}\n\n{OTHERS}",
        f"1\n{BOARD}\n2\n{OTHERS}",
        f"{BOARD}\n{OTHERS}",
        f"{BOARD}\n\n{OTHERS}".replace(".", "-"),
        "\n\n".join("\n".join(part.split("\n")[i : i + 3]) for part in (BOARD, OTHERS) for i in (0, 3, 6)),
        "1. " + PUZZLE + " (easy)\n2. " + OTHER + " (hard)",
        f'<game data="{PUZZLE}"/>\n<game data="{OTHER}"/>',
        f"[Puzzle]\n{BOARD}\n[State]\n{OTHERS}\n[Puzzle]\n{OTHERS}",
        f"[Puzzle 1]\n{BOARD}\n[State]\n{OTHERS}\n[Puzzle 2]\n{OTHERS}",
        f"[Easy]\n{PUZZLE}\n[Hard]\n{OTHER}",
        f"I am stuck here, and cannot see why:\n[code]\n{BOARD}\n[/code]\nand there\n[code]\n{OTHERS}\n[/code]",
        f'<?xml version="1.0"?>\n<games>\n<created>2009-05-22</created>\n<url>http://example.org/easy</url>\n'
        f'<game data="{PUZZLE}"/>\n<level>easy</level>\n<game data="{OTHER}"/>\n</games>',
        f"{PUZZLE}\tfirst\r\n# a comment\r\n{OTHER}\tsecond\r\n",
    ],
)
def test_two_puzzles(text: str) -> None:
    assert [shown(found) for found in find_boards(text, NINE)] == [PUZZLE, OTHER]


def test_the_full_board_that_follows_a_puzzle_is_its_answer() -> None:
    full = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
    for line in (f"{PUZZLE},{full}", f"{PUZZLE.replace('.', '0')} {full} 1.2"):
        (found,) = find_boards(line, NINE)
        assert shown(found) == PUZZLE
        assert found.answer is not None
        assert "".join(map(str, found.answer)) == full


def test_a_bad_board_leaves_the_others_alone() -> None:
    bad = BOARD.replace("6..195...", "6..19....5")
    for text, place in (
        (f"{BOARD}\n\n{bad}\n\n{OTHERS}", "lines 11 to 19: "),
        (f"{BOARD}\n{bad}\n{OTHERS}", "lines 10 to 18: "),
        (f"Grid 1\n{BOARD}\nGrid 2\n{bad}\nGrid 3\n{OTHERS}", "lines 12 to 20: "),
        (f"{PUZZLE}\n{PUZZLE[1:]}\n{OTHER}", "line 2: "),
    ):
        one, error, other = map(shown, find_boards(text, NINE))
        assert (one, other) == (PUZZLE, OTHER)
        assert error.startswith(place)
        assert "cells found, but a 9x9 board has 81" in error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PUZZLE[1:].replace(".", "-"), "as blanks there would be 80 cells"),
        (f"0000183b305c {PUZZLE[1:]} 1.2", "80 cells found"),
        ("https://example.org/?bd=530070000", "line 1: there is no puzzle of 81 cells in this address"),
    ],
)
def test_what_was_taken_for_what(text: str, message: str) -> None:
    (found,) = find_boards(text, NINE)
    assert message in shown(found)


def test_words_alone_are_no_puzzle() -> None:
    assert find_boards("hello world\n\n# comment\n", NINE) == []
    assert find_boards("", NINE) == []


@pytest.mark.parametrize("size", [4, 6, 9])
def test_other_sizes_in_a_line_with_more(size: int) -> None:
    puzzles, _ = generate(1, size=size)
    text = "".join(DIGITS[digit - 1] if digit else "-" for digit in puzzles[0])
    (found,) = find_boards(f"7: {text}: easy", Layout(size=size))
    assert shown(found) == text.replace("-", ".")


def test_decimal_numbers_of_a_large_board() -> None:
    puzzles, _ = generate(1, size=16)
    rows = puzzles[0].reshape(16, 16)
    text = "\n".join(" ".join(str(digit) for digit in row) for row in rows)
    (found,) = find_boards(text, Layout(size=16))
    assert shown(found) == "".join(".123456789ABCDEFG"[digit] for digit in puzzles[0])


CASES = ["bands.txt", "blank_X.txt", "blank_dash.txt", "bom.txt", "dotrows.txt", "commas_empty.txt", "hodoku.txt"]
CASES += ["sadman.sdk", "simple.ss", "umlaut.txt", "url.txt"]


@pytest.mark.parametrize("name", CASES)
def test_files_of_other_programs(shared: Path, name: str) -> None:
    assert [shown(found) for found in find_boards(read_text(shared / "cases" / name), NINE)] == [PUZZLE]


@pytest.mark.parametrize("name", ["euler.txt", "exchange.txt"])
def test_collections(shared: Path, name: str) -> None:
    assert [shown(found) for found in find_boards(read_text(shared / "cases" / name), NINE)] == [PUZZLE, OTHER]

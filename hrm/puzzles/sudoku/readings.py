"""The readings of a board's characters: which are blanks, which are drawn between cells, which digit is which.

People mean different things by one character: a dash is a blank, or a line of the frame. What it is, is decided for the
whole board: the first reading counts, from the most usual to the least, that gives the right number of cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from hrm.puzzles.ansi import COLOUR
from hrm.puzzles.sudoku.rules import DIGITS, Digits

BLANKS = ".0_*"
"""Characters that people write for a cell to be filled in."""

OTHER_BLANKS = "-xX?·•∙□▢◻~@oO/:=+"
"""The same, where a board has none of ``BLANKS``, and one of these."""

FRAME = "|-+=:;,/\\'\"`!¦()[]{}" + "".join(map(chr, range(0x2500, 0x2580)))
"""Characters that people draw between cells, and those that we draw ourselves."""

FIELDS = ",;\t|"
"""Separators between which an empty cell may stand."""

RULING = re.compile(r"[-=_*+~─━═]{2}")
"""Two of these side by side make a line without digits a line of a frame, perhaps."""

LETTERS = "ABCDEFGHIJKLMNOP"
"""Another alphabet of boards of 16 x 16."""

Line = tuple[int, str]
"""Number and text of a line."""


class Cell(NamedTuple):
    """A character that stands in a cell."""

    symbol: str
    line: int  # from 1
    column: int


class Reading(NamedTuple):
    """One way to tell cells from what is drawn around them."""

    blanks: str = BLANKS
    has_rulings: bool = True  # lines without a digit may be lines of the frame; otherwise they are rows
    between: str = FRAME  # no cells
    is_sure: bool = True  # rows may be broken anywhere: the number of cells is enough


PLAIN = Reading()


NOTHING = re.compile(r"\b(None|null|nan|NaN)\b")
"""Words for an empty cell, where Python prints a list or an array."""

ARRAY = re.compile(r"\b((np|numpy|torch)\.)?(array|tensor)(?=\()|, dtype=[\w.]+")
"""The words around an array that Python prints."""

WIDE: dict[int, int | str] = {0xFF01 + code: 0x21 + code for code in range(94)}
"""The wide forms of East Asian keyboards -> ASCII."""
WIDE |= dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F, 0x3000), " ") | dict.fromkeys((0x200B, 0xFE0F, 0xFEFF), "")
"""And spaces of web pages and word processors; characters that nobody sees."""


def bare(line: str) -> str:
    """A line without colours and words of Python's, and with a blank for each word that means one."""
    return NOTHING.sub(".", ARRAY.sub("", COLOUR.sub("", line))).translate(WIDE)


def cells_of(line: Line, reading: Reading) -> list[Cell]:
    """All characters of a line that are no spaces and no frame."""
    number, text = line
    if reading.has_rulings and is_ruling(text):
        return []
    return [
        Cell(character, number, column)
        for column, character in enumerate(text, start=1)
        if not character.isspace() and (character in reading.blanks or character not in reading.between)
    ]


def is_ruling(text: str) -> bool:
    """True for a line that holds nothing but what frames are drawn with."""
    return RULING.search(text) is not None and not any(character.isalnum() for character in text.replace("o", ""))


def is_blank_row(text: str, size: int) -> bool:
    """True for a row of empty cells between separators."""
    return set(text) <= {" ", *FIELDS} and max(map(text.count, FIELDS)) >= size - 1


def rows_under(lines: list[Line], size: int) -> Iterator[tuple[Reading, list[list[Cell]]]]:
    """The readings of some lines, each with the cells that it finds in each line, most usual first."""
    text = "".join(line for _, line in lines if not is_ruling(line))
    has_blanks = any(blank in text for blank in BLANKS)
    readings = [PLAIN, PLAIN._replace(has_rulings=False)]
    for blank in dict.fromkeys(character for _, line in lines for character in line if character in OTHER_BLANKS):
        pair = blank.lower() + blank.upper()
        if not has_blanks or blank == "-":
            alone = Reading(blanks=(BLANKS if has_blanks else "") + pair)
            readings += [alone, alone._replace(has_rulings=False)]
    readings += [
        Reading(blanks=BLANKS.replace(drawn, ""), between=FRAME + drawn, is_sure=False)
        for drawn in ".*_"
        if _is_drawn(drawn, [line for _, line in lines if not is_ruling(line)])
    ]
    for reading in readings:
        yield reading, [row for line in lines if (row := cells_of(line, reading))]
    for separator in FIELDS:
        if rows := _fields(lines, separator, size):
            yield PLAIN._replace(is_sure=False), rows
    if size > 9 and (rows := _numbers(lines, size)):
        yield PLAIN._replace(is_sure=False), rows
    if rows := _with_spaces(lines, size):
        yield PLAIN._replace(is_sure=False), rows


def _is_drawn(character: str, rows: list[str]) -> bool:
    """True where a usual blank cuts all rows into parts of one length."""
    parts = {len(part) for row in rows for part in row.strip().split(character) if part}
    return any(character in row for row in rows) and len(parts) == 1 and parts != {1}


def _fields(lines: list[Line], separator: str, size: int) -> list[list[Cell]] | None:
    """Cells between separators, where an empty one is a blank."""
    rows = []
    for number, text in lines:
        if is_ruling(text):
            continue
        fields = [field.strip(" \"'") for field in text.strip(" ").split(separator)]
        if len(fields) == size + 2 and not fields[0] + fields[-1]:
            fields = fields[1:-1]
        elif len(fields) == size + 1 and not fields[-1]:
            fields = fields[:-1]
        if len(fields) not in (size, size**2) or any(len(field) > 1 for field in fields):
            return None
        rows.append([Cell(field or ".", number, column) for column, field in enumerate(fields, start=1)])
    return rows


def _numbers(lines: list[Line], size: int) -> list[list[Cell]] | None:
    """Digits of a large board as decimal numbers, 0 or a usual blank for a blank."""
    rows = []
    for number, text in lines:
        words = re.findall(r"[^\s,;|\[\]+]+", text)
        if not all(word in BLANKS or (word.isdecimal() and int(word) <= size) for word in words):
            return None
        symbols = ["." if word in BLANKS else DIGITS[int(word) - 1] for word in words if not is_ruling(word * 2)]
        rows.append([Cell(symbol, number, column) for column, symbol in enumerate(symbols, start=1)])
    return [row for row in rows if row]


def _with_spaces(lines: list[Line], size: int) -> list[list[Cell]] | None:
    """Rows of digits in which a space is a blank: as wide as the board, or all with a space between their cells.

    Editors drop spaces at the end of a line; in a single line all of them must be there."""
    drawn = f"[{re.escape(FRAME)}]"
    written = [(number, text) for number, text in lines if not is_ruling(text)]
    rows = [text.strip() if text.strip()[:1] in FRAME else text for _, text in written]
    boxes = [[box for box in re.split(drawn, row) if box] for row in rows]
    widths = {2 * (size // len(row)) + 1 if row else 0 for row in boxes}
    if len(widths) == 1 and all(len(row) > 1 and {len(box) for box in row} == widths for row in boxes):
        rows = ["".join(box[1::2] for box in row) for row in boxes]  # "| 5 3   |   7   |"
    else:
        rows = ["".join(row) if len(lines) == 1 else "".join(row).rstrip() for row in boxes]
        if len(lines) > 1 and any(len(row) > size for row in rows) and not any(row[1::2].strip() for row in rows):
            rows = [row[::2] for row in rows]  # "5 3     7"
        rows = [row if len(lines) == 1 else row.ljust(size) for row in rows]
    together = "".join(rows)
    if len(together) != size**2 or not set(together) <= {" ", *DIGITS} or " " not in together:
        return None
    return [
        [Cell("." if cell == " " else cell, number, column) for column, cell in enumerate(row, start=1)]
        for (number, _), row in zip(written, rows, strict=True)
    ]


@lru_cache(maxsize=16)
def _digit_of(size: int, blanks: str, kind: str) -> dict[str, int]:
    alphabet = LETTERS if kind == "letters" else DIGITS[:size]
    table = {symbol: digit for digit, symbol in enumerate(alphabet, start=1)}
    table |= {symbol.lower(): digit for symbol, digit in table.items()}
    table |= dict.fromkeys(blanks + ".", 0)
    return table | {"0": size} if kind == "hexadecimal" else table


def table_for(cells: list[Cell], reading: Reading, size: int) -> dict[str, int]:
    """Character -> digit, 0 for a blank, for all cells of a board.

    Boards of 16 x 16 are written in 1 to G, as ours; in 0 to F, where 0 is a digit because something else is a blank
    and there is no G (it is the G of our drawings); or in A to P.
    """
    symbols = {cell.symbol.upper() for cell in cells}
    kind = "usual"
    if size == len(LETTERS):
        has_other_blanks = any(blank.upper() in symbols for blank in reading.blanks if blank != "0")
        if "0" in symbols and has_other_blanks and "G" not in symbols:
            kind = "hexadecimal"
        elif symbols & set(LETTERS[7:]) and not symbols & set("123456789"):
            kind = "letters"
    return _digit_of(size, reading.blanks, kind)


def digits_of(cells: list[Cell], reading: Reading, size: int) -> Digits | None:
    """The board (S,) in these cells; None where one of them is neither a digit nor a blank."""
    table = table_for(cells, reading, size)
    digits = [table.get(cell.symbol, -1) for cell in cells]
    return None if -1 in digits else np.array(digits, dtype=np.uint8)

"""Boards in tables, of a page or a spreadsheet: tags taken off, and the headings and numbers beside the cells.

A heading that counts the columns looks like givens. It is told by the row that it is too many.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from hrm.puzzles.sudoku.readings import FIELDS, Line

ROW = re.compile(r"<tr\b[^>]*>(.*?)(?=<tr\b|</table|\Z)", re.IGNORECASE | re.DOTALL)
CELL = re.compile(r"<t[dh]\b[^>]*>(.*?)(?=<t[dh]\b|</t[dh]|\Z)", re.IGNORECASE | re.DOTALL)
VALUE = re.compile(r"<input\b[^>]*\bvalue\s*=\s*[\"']?(\w)", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")

UNDER_HEADING = re.compile(r"\s*\|?(\s*:?-+:?\s*\|)+(\s*:?-+:?\s*)?")
"""The line between heading and rows of a table in Markdown."""


def without_tags(text: str) -> str:
    """The rows of HTML tables, a bar between their cells, an empty line after each table; any other text as it is."""
    if not re.search(r"<t[dh]\b", text, re.IGNORECASE):
        return text
    tables = re.split(r"</table\s*>", text, flags=re.IGNORECASE)
    return "\n\n".join("\n".join(_row(row) for row in ROW.findall(table)) for table in tables)


def _row(row: str) -> str:
    cells = [(VALUE.search(cell), html.unescape(TAG.sub("", cell)).strip()) for cell in CELL.findall(row)]
    return "|".join(["", *(text or (value[1] if value else "") for value, text in cells), ""])


def without_labels(lines: list[Line], size: int) -> list[Line]:
    """The lines, without the heading over a board of ``size`` rows and without a column that counts them."""
    plain = dict(lines)
    for part in _paragraphs(lines):
        for separator in FIELDS:
            plain |= _bare(part, separator, size)
    return [(number, plain[number]) for number, _ in lines]


def _paragraphs(lines: list[Line]) -> Iterator[list[Line]]:
    part: list[Line] = []
    for number, text in [*lines, (0, "")]:
        if text.strip(" \r"):
            part.append((number, text))
        elif part:
            yield part
            part = []


def _bare(lines: list[Line], separator: str, size: int) -> dict[int, str]:
    """Number of a line -> its new text, for one board with labels; empty for anything else."""
    rulings = [place for place, (_, text) in enumerate(lines) if UNDER_HEADING.fullmatch(text)]
    rows = [(line[0], _fields(line[1], separator)) for place, line in enumerate(lines) if place not in rulings]
    width = len(rows[0][1]) if rows else 0
    if width not in (size, size + 1) or any(len(fields) != width for _, fields in rows):
        return {}
    has_heading = len(rows) == size + 1 and (rulings == [1] or _counts(rows[0][1][-size:]))
    body = rows[1:] if has_heading else rows
    has_numbers = width == size + 1 and _counts([fields[0] for _, fields in body])
    if len(body) != size or not (has_heading or has_numbers) or (width > size and not has_numbers):
        return {}
    heading = {number: "" for number, _ in lines[:2] if number < body[0][0]}
    return heading | {number: "|".join(["", *fields[-size:], ""]) for number, fields in body}


def _fields(text: str, separator: str) -> list[str]:
    row = text.strip() if separator == "|" else text
    if separator == "|" and len(row) > 1 and row[0] == row[-1] == "|":
        row = row[1:-1]
    return [field.strip(" \"'") for field in row.split(separator)]


def _counts(labels: Sequence[str]) -> bool:
    """True for 1, 2, 3 ..., for 0, 1, 2 ..., for A, B, C ..., and for r1, r2, r3 ... or the like."""
    names = [re.sub(r"^(c|r|col|row|column)(?=\d)", "", label.lower()) for label in labels]
    numbers = [[str(first + place) for place in range(len(names))] for first in (0, 1)]
    letters = [chr(ord("a") + place) for place in range(len(names))]
    return names in (*numbers, letters)

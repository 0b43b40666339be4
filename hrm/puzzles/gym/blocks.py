"""Grids as they stand in texts: lines of words, JSON, or drawings of characters."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal

Style = Literal["text", "lines", "json", "spaced json", "drawing"]
"""No grid; rows of words; JSON without, and with, spaces after its commas; a drawing, whose cells are characters."""

Rows = list[list[str]]

_JSON_ROW = r"\[[^\[\]]*\]"
_JSON = re.compile(rf"\[\s*{_JSON_ROW}(?:\s*,\s*{_JSON_ROW})*\s*\]")
_JSON_CELL = re.compile(r"[^\[\],\s]+")


def rows_of(text: str, style: Style) -> Rows | None:
    """The grid that ``text`` is, all of it; None where it is none, or one of a single row or column."""
    if style in ("json", "spaced json"):
        found = _JSON.fullmatch(text.strip())
        rows = _json_rows(found.group()) if found else []
    elif style == "lines":
        rows = [line.split() for line in text.split("\n")]
    else:
        rows = pad([list(line) for line in text.split("\n")])
    return rows if _is_grid(rows) else None


def find_block(text: str, style: Style, known: Collection[str]) -> tuple[str, Rows] | None:
    """The last grid of known words (of a drawing: characters) in ``text``: the text without it, and its rows."""
    if style in ("json", "spaced json"):
        for found in reversed([*_JSON.finditer(text)]):
            rows = _json_rows(found.group())
            if _is_grid(rows) and all(cell in known for row in rows for cell in row):
                return f"{text[: found.start()]}{text[found.end() :]}", rows
        return None
    lines = text.split("\n")
    cells = [list(line) if style == "drawing" else line.split() for line in lines]
    is_known = [bool(row) and all(cell in known for cell in row) for row in cells]
    end = len(lines)
    while end:
        if not is_known[end - 1]:
            end -= 1
            continue
        start = end - 1
        while start and is_known[start - 1] and (style == "drawing" or len(cells[start - 1]) == len(cells[end - 1])):
            start -= 1
        rows = pad(cells[start:end]) if style == "drawing" else cells[start:end]
        if _is_grid(rows):
            return "\n".join([*lines[:start], *lines[end:]]), rows
        end = start
    return None


def windows(text: str, answer: Rows, style: Style) -> list[Rows]:
    """Grids in ``text`` with the shape of ``answer``, whatever is in their cells, the last first."""
    if style in ("json", "spaced json"):
        every = [_json_rows(found.group()) for found in reversed([*_JSON.finditer(text)])]
    else:
        lines = [list(line) if style == "drawing" else line.split() for line in text.split("\n")]
        starts = range(len(lines) - len(answer), -1, -1)
        every = [lines[start : start + len(answer)] for start in starts]
        every = [pad(rows) if style == "drawing" and all(rows) else rows for rows in every]
    return [rows for rows in every if list(map(len, rows)) == list(map(len, answer))]


def written(rows: Rows, style: Style, columns: Sequence[int] = ()) -> str:
    """A grid as a text: what ``rows_of`` reads."""
    if style in ("json", "spaced json"):
        comma = "," if style == "json" else ", "
        return "[" + comma.join("[" + comma.join(row) + "]" for row in rows) + "]"
    if style == "lines":
        return "\n".join(" ".join(row) for row in rows)
    if not columns:
        return "\n".join("".join(row) for row in rows)
    lines = []
    for row in rows:
        width = columns[len(row) - 1] + 1 if row else 0
        at = dict(zip(columns, row, strict=False))
        lines.append("".join(at.get(column, " ") for column in range(width)))
    return "\n".join(lines)


def pad(rows: Rows) -> Rows:
    """Rows with blanks up to the longest of them."""
    width = max(map(len, rows), default=0)
    return [[*row, *" " * (width - len(row))] for row in rows]


def _is_grid(rows: Rows) -> bool:
    return len(rows) > 1 and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1


def _json_rows(text: str) -> Rows:
    return [_JSON_CELL.findall(row) for row in re.findall(_JSON_ROW, text[1:-1])]

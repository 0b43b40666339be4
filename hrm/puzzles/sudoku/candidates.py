"""Boards with pencil marks, as solvers print them: every cell is a group of the digits it may still hold.

A group of one digit is a given, one of several is a blank: what a person has ruled out is not taken over, the puzzle
says it again.
"""

from __future__ import annotations

import re

from hrm.puzzles.sudoku.readings import BLANKS, FRAME, Line, is_ruling
from hrm.puzzles.sudoku.rules import DIGITS

BETWEEN = re.compile(rf"[\s{re.escape(FRAME)}]+")
"""What stands between two groups."""


def without_candidates(lines: list[Line], size: int) -> list[Line]:
    """The lines, with plain rows in place of rows of groups, and a plain board in place of all groups on one line.

    Only digits up to 9 are told apart without spaces, so larger boards stay as they are.
    """
    if size > 9:
        return lines
    plain = dict(lines)
    rows: list[tuple[int, list[str]]] = []  # number and groups of rows that belong together
    for number, text in [*lines, (0, "the end")]:
        groups = _groups(text, size)
        if len(groups) == size**2 and _has_marks(groups):
            plain[number] = _row(groups)
        elif len(groups) == size:
            rows.append((number, groups))
        elif text.strip() and not is_ruling(text):
            rows = []
        if len(rows) == size:
            if any(_has_marks(groups) for _, groups in rows):
                plain |= {row: _row(groups) for row, groups in rows}
            rows = []
    return [(number, plain[number]) for number, _ in lines]


def _groups(text: str, size: int) -> list[str]:
    """The groups of a line; none where something else stands on it."""
    groups = [group for group in BETWEEN.split(text) if group]
    is_one = [
        group in BLANKS or (set(group) <= set(DIGITS[:size]) and list(group) == sorted(set(group))) for group in groups
    ]
    return groups if all(is_one) else []


def _has_marks(groups: list[str]) -> bool:
    return any(len(group) > 1 for group in groups)


def _row(groups: list[str]) -> str:
    return "".join(group if len(group) == 1 else "." for group in groups)

"""The boards of a text: where one ends and the next begins, and what stands around them.

A line that holds a whole puzzle is one, whatever else stands on it: a number before it, a rating or a comment after it,
the address of a page. Otherwise lines form a board, perhaps framed, perhaps with empty lines between its boxes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from hrm.errors import InputError
from hrm.puzzles.sudoku.candidates import without_candidates
from hrm.puzzles.sudoku.faults import describe
from hrm.puzzles.sudoku.readings import (
    BLANKS,
    FIELDS,
    OTHER_BLANKS,
    PLAIN,
    Cell,
    Line,
    Reading,
    bare,
    cells_of,
    digits_of,
    is_blank_row,
    rows_under,
)
from hrm.puzzles.sudoku.rules import DIGITS, Digits, Layout
from hrm.puzzles.sudoku.tables import without_labels, without_tags

SECTION = re.compile(r"\[\s*/?([A-Za-z][\w ]*)\]")
"""The heading of a section, as SadMan's program writes them, a title, or a tag of a forum."""

PUZZLES = re.compile(r"\[\s*(puzzle|given)s?\b[\w ]*\]", re.IGNORECASE)
"""The heading of a section of puzzles: where there is one, other sections hold something else."""

MARKUP = re.compile(r"\s*<.*>\s*")
"""A line of XML."""

COMMENT = re.compile(r"(^|\s)#(.*)$")

NUMBER = re.compile(r"\s*\d{1,4}[.:)]?\s*")
"""A line over a board that counts it."""


class Found(NamedTuple):
    """A board of a text, or why it is none."""

    first: int  # number of its first line
    last: int
    question: Digits | InputError  # (S,)
    answer: Digits | None = None  # (S,), a full board beside it

    @property
    def place(self) -> str:
        """The start of an error message."""
        return f"line {self.first}: " if self.first == self.last else f"lines {self.first} to {self.last}: "


class Paragraph(NamedTuple):
    """Lines that belong together."""

    kind: Literal["puzzle", "rows", "title"]  # a line that is a puzzle; lines of a board; words, and no board over them
    lines: list[Line]


def find_boards(text: str, layout: Layout) -> list[Found]:
    """The boards of a text in their order; empty where no line holds anything like one."""
    if "\n" not in text.strip():
        text = text.replace("\\n", "\n")  # typed in a shell
    lines = without_labels(_lines(without_tags(text), layout), layout.size)
    paragraphs = list(_paragraphs(without_candidates(lines, layout.size), layout))
    if whole := _one_board(paragraphs, layout):
        return [whole]
    found: list[Found] = []
    index = 0
    while index < len(paragraphs):
        boards, num_used = _boards_at(paragraphs, index, layout)
        found += boards
        index += num_used
    return _with_answers(found)


def _with_answers(found: list[Found]) -> list[Found]:
    """The boards, where a full one of several lines that holds the givens of the one before is no board of its own but
    its answer. In a list of lines each is a puzzle."""
    kept: list[Found] = []
    for board in found:
        last = kept[-1] if kept else None
        is_free = last is not None and last.answer is None and board.first < board.last
        if last is not None and is_free and _is_answer(board.question, last.question):
            assert not isinstance(board.question, InputError)
            kept[-1] = last._replace(answer=board.question)
        else:
            kept.append(board)
    return kept


def _is_answer(board: Digits | InputError, question: Digits | InputError) -> bool:
    if isinstance(board, InputError) or isinstance(question, InputError) or question.all():
        return False
    return bool(board.all() and (board == question)[question > 0].all())


def _lines(text: str, layout: Layout) -> list[Line]:
    """Lines without colours and comments, and without the sections in which something else stands."""
    lines: list[Line] = []
    is_puzzle = True
    has_sections = any(PUZZLES.fullmatch(line.strip()) for line in text.split("\n"))
    for number, raw in enumerate(text.split("\n"), start=1):
        line = _without_end(bare(raw).rstrip("\r"), layout)
        comment = COMMENT.search(line)
        if comment and (comment.start() == 0 or not _runs(comment[2], layout)):  # not "Puzzle #12: 53..7...."
            line = line[: comment.start()]
        if SECTION.fullmatch(line.strip()):
            is_puzzle = not has_sections or PUZZLES.fullmatch(line.strip()) is not None
            lines.append((number, ""))
        elif MARKUP.fullmatch(line) and not _runs(line, layout):
            lines.append((number, ""))
        elif is_puzzle:
            lines.append((number, line))
    return lines


def _without_end(line: str, layout: Layout) -> str:
    """A row ``|5|3| ... |.`` of LaTeX's package sudoku without the dot that ends it."""
    row = line.strip()
    is_row = row.startswith("|") and row.endswith("|.") and row.count("|") == layout.size + 1
    return row[:-1] if is_row else line


def _paragraphs(lines: list[Line], layout: Layout) -> Iterator[Paragraph]:
    rows: list[Line] = []
    for number, line in [*lines, (0, "")]:
        is_puzzle = _is_puzzle(line, layout)
        is_title = not is_puzzle and _is_prose(line)
        is_row = line.strip() or is_blank_row(line, layout.size)
        if is_row and not is_title and not is_puzzle:
            rows.append((number, line))
            continue
        if rows:
            yield Paragraph("rows", rows)
            rows = []
        if is_puzzle or is_title:
            yield Paragraph("puzzle" if is_puzzle else "title", [(number, line)])


def _one_board(paragraphs: list[Paragraph], layout: Layout) -> Found | None:
    """All lines as one board, however they are broken; None where they are none, or hold several."""
    lines = [line for paragraph in paragraphs if paragraph.kind != "title" for line in paragraph.lines]
    if not lines or len(lines) > 4 * layout.size or any(_runs(line, layout) for _, line in lines):
        return None
    boards = read_lines(lines, layout)
    return boards[0] if len(boards) == 1 else None


def _boards_at(paragraphs: list[Paragraph], index: int, layout: Layout) -> tuple[list[Found], int]:
    """The boards that begin in a paragraph, and the number of paragraphs that they take."""
    kind, lines = paragraphs[index]
    if kind == "title":
        return [], 1
    if kind == "puzzle":
        return _on_one_line(lines[0], layout), 1
    merged: list[Line] = []
    for num_used, paragraph in enumerate(paragraphs[index:], start=1):
        if paragraph.kind != "rows" or (num_used > 1 and len(merged) + len(paragraph.lines) > 3 * layout.size):
            break
        merged = merged + paragraph.lines
        boards = read_lines(merged, layout)
        if boards and (num_used == 1 or len(boards) == 1):
            return boards, num_used
    return _one_by_one(lines, layout), 1


def _one_by_one(lines: list[Line], layout: Layout) -> list[Found]:
    """Boards of a paragraph of which one at least is bad: as many rows each. With a row too many or too few none is
    taken: it would not be known where the next one begins."""
    rows = [line for line in lines if cells_of(line, PLAIN) or is_blank_row(line[1], layout.size)]
    counted = [line for line in rows if not (NUMBER.fullmatch(line[1]) and len(line[1].strip()) < layout.size)]
    if len(counted) < len(rows) and (boards := read_lines(counted, layout)):
        return boards
    if len(rows) % layout.size:
        return [_bad(rows, layout)]
    parts = [rows[start : start + layout.size] for start in range(0, len(rows), layout.size)]
    return [board for part in parts for board in read_lines(part, layout) or [_bad(part, layout)]]


def _on_one_line(line: Line, layout: Layout) -> list[Found]:
    """The puzzles of a line that holds at least one: each with the full board that follows it."""
    number, text = line
    runs = _runs(text, layout)
    if not runs:
        longest = max(re.split(r"[\s,;:=&|\"]+", text), key=len)
        is_most = 2 * len(longest) > layout.num_cells and len(longest) < len(text.strip())
        return read_lines([line], layout) or [_bad([(number, longest if is_most else text)], layout)]
    found: list[Found] = []
    for board in (board for run in runs for board in read_lines([(number, run)], layout)):
        last, digits = (found[-1] if found else None), board.question
        is_answer = not isinstance(digits, InputError) and bool(digits.all())
        if last is not None and last.answer is None and is_answer and not _is_full(last):
            assert not isinstance(digits, InputError)
            found[-1] = last._replace(answer=digits)
        else:
            found.append(board)
    return found


def _is_full(board: Found) -> bool:
    return not isinstance(board.question, InputError) and bool(board.question.all())


def _bad(lines: list[Line], layout: Layout) -> Found:
    return Found(lines[0][0], lines[-1][0], describe(lines, layout))


def read_lines(lines: list[Line], layout: Layout) -> list[Found]:
    """The boards that lines hold under the first reading that gives any; empty where none does."""
    size, num_cells = layout.size, layout.num_cells
    loose: list[Found] = []
    for reading, rows in rows_under(lines, size):
        lengths = [len(row) for row in rows]
        if not rows or sum(lengths) % num_cells:
            continue
        boards = _cut([cell for row in rows for cell in row], reading, layout)
        if boards and set(lengths) in ({size}, {num_cells}):
            return boards
        if len(boards) == 1 and reading.is_sure:
            loose = loose or boards
    return loose


def _cut(cells: list[Cell], reading: Reading, layout: Layout) -> list[Found]:
    """The boards of these cells; empty where one of them is neither a digit nor a blank."""
    boards: list[Found] = []
    for start in range(0, len(cells), layout.num_cells):
        part = cells[start : start + layout.num_cells]
        digits = digits_of(part, reading, layout.size)
        if digits is None:
            return []
        boards.append(Found(part[0].line, part[-1].line, digits))
    return boards


@lru_cache(maxsize=8)
def _run_patterns(size: int) -> list[re.Pattern[str]]:
    """Boards on one line with something else: with one kind of blank, with another, with several."""
    digits = DIGITS[:size] + DIGITS[:size].lower()
    kinds = ["0", ".", ".0", *OTHER_BLANKS, "xX", "_", "*", BLANKS]
    classes = [f"[{re.escape(''.join(dict.fromkeys(digits + kind)))}]" for kind in kinds]
    return [re.compile(f"(?<!{cells}){cells}{{{size**2}}}(?!{cells})") for cells in classes]


@lru_cache(maxsize=4)
def _runs(text: str, layout: Layout) -> tuple[str, ...]:
    """The parts of a line that are a whole board each, and nothing else."""
    if len(text) < layout.num_cells:
        return ()
    full: tuple[str, ...] = ()
    for pattern in _run_patterns(layout.size):
        runs = tuple(run for run in pattern.findall(text) if not set(run) <= set("-_*~="))  # no lines of a frame
        if not all(map(str.isalnum, runs)) or any("0" in run for run in runs):
            return runs
        full = full or runs  # boards without a blank: perhaps the answers of those that are written otherwise
    return full


def _is_puzzle(text: str, layout: Layout) -> bool:
    """True for a line that is a puzzle, or ought to be one: it has far more cells than a row."""
    if "://" in text or _runs(text, layout) or max(map(text.count, FIELDS)) >= layout.num_cells - 1:
        return True
    return len(text) > 2 * layout.size and len(cells_of((1, text), PLAIN)) > 2 * layout.size and not _is_prose(text)


def _is_prose(text: str) -> bool:
    """True for a line of words: "Grid 01"."""
    letters = sum(character.isalpha() for character in text)
    words = [word for word in re.findall(r"[^\W\d_]{3,}", text) if len(set(word.upper()) - set(DIGITS + "X")) > 1]
    return bool(words) and 2 * letters >= len("".join(text.split()))

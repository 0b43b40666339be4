"""A look at all questions of a data set, to find how they are laid out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from hrm.errors import InputError
from hrm.puzzles.grid.cells import INTEGERS
from hrm.puzzles.gym.blocks import Rows, Style, find_block, rows_of, windows, written
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.layout import FILL, SLOT, Form, Layout

MOST_WORDS = 128
"""Different cells of a grid. Chosen by hand; the library's have at most a few dozen."""

WIDER = 1.5
"""How much longer texts may become when their words get positions of their own. Chosen by hand."""

STYLES: tuple[Style, ...] = ("lines", "json", "spaced json", "drawing")

NUMBER = re.compile(r"[-+]?\d+(\.\d+)?[.,:;?)]?")


class Limits(NamedTuple):
    """Positions that a model may have."""

    question: int
    answer: int


def layout_of(entries: Sequence[Entry], limits: Limits, form: Form | None = None) -> Layout:
    """The layout of questions and answers: cells where both are grids of one shape, or else text.

    Raises ``InputError`` where they need more positions than ``limits``, or are not of ``form``.
    """
    if form != "text":
        for style in STYLES:
            if (found := _as_cells(entries, style)) is not None:
                return _within(found, limits, entries)
        if form == "cells":
            raise InputError(
                "task.form is cells, and question and answer are not both grids of one shape: leave it out"
            )
    return _within(_as_text(entries), limits, entries)


def _within(layout: Layout, limits: Limits, entries: Sequence[Entry]) -> Layout:
    """The layout, where it has no more positions than ``limits``. Raises ``InputError``."""
    told = {
        "question": (layout.num_text if layout.style == "text" else layout.seq_len, limits.question),
        "answer": (layout.shape[1] if layout.style == "text" else 0, limits.answer),
    }
    for what, (needed, most) in told.items():
        if needed > most:
            raise InputError(
                f"the {what}s take up to {needed:,} positions, more than task.max_{what} ({most:,}): allow more, or "
                "make them shorter with --task.options"
            )
    return layout


def _as_text(entries: Sequence[Entry]) -> Layout:
    questions = [entry.question for entry in entries]
    prefix, suffix = in_common(questions)
    varying = [question[len(prefix) : len(question) - len(suffix)] for question in questions]
    answers = [entry.answer for entry in entries]
    placed = fields_of(varying)
    return Layout(
        prefix=prefix,
        suffix=suffix,
        symbols=_characters([*seen(varying, placed), *answers]),
        **placed._asdict(),
        style="text",
        shape=(1, max(1, *map(len, answers))),
        right=all(map(_is_number, answers)),
    )


def _as_cells(entries: Sequence[Entry], style: Style) -> Layout | None:
    """The layout of grids that are written in that style; None where some question or answer is none."""
    answers: list[Rows] = []
    for entry in entries:
        text = entry.answer.strip("\n")
        rows = rows_of(text, style)
        if rows is None or (style != "drawing" and written(rows, style) != text):
            return None
        answers.append(rows)
    known = _cells_of(entries, answers, style)
    if known is None:
        return None
    blocks = [find_block(entry.question, style, known) for entry in entries]
    grids = [block[1] for block in blocks if block is not None]
    texts = [block[0].strip("\n") for block in blocks if block is not None]
    if len(grids) < len(entries):
        return None
    if any(len(grid) != len(rows) or len(grid[0]) != len(rows[0]) for grid, rows in zip(grids, answers, strict=True)):
        return None
    prefix, suffix = in_common(texts)
    varying = [text[len(prefix) : len(text) - len(suffix)] for text in texts]
    placed = fields_of(varying)
    columns = _columns(grids + answers) if style == "drawing" else ()
    words = () if style == "drawing" else _with_all_numbers(known)
    cells = _symbols(words) if words else "".join(sorted(known))
    return Layout(
        prefix=prefix,
        suffix=suffix,
        symbols=cells + "".join(sorted(set(_characters(seen(varying, placed))) - set(cells))),
        **placed._asdict(),
        style=style,
        shape=(max(map(len, answers)), len(columns) or max(len(rows[0]) for rows in answers)),
        words=words,
        drawn=len(cells) if style == "drawing" else 0,
        columns=columns,
    )


def _cells_of(entries: Sequence[Entry], answers: Sequence[Rows], style: Style) -> set[str] | None:
    """All that stands in cells: of an answer, and of the grid of its shape in the question that is most alike; None
    where some question has no such grid, or there is too much."""
    answered = {cell for rows in answers for row in rows for cell in row}
    known = set(answered)
    for entry, answer in zip(entries, answers, strict=True):
        found = windows(entry.question, answer, style)
        if not found or len(known) > MOST_WORDS:
            return None
        known.update(*max(found, key=lambda rows: sum(cell in answered for row in rows for cell in row)))
    return known if len(known) <= MOST_WORDS else None


def in_common(texts: Sequence[str]) -> tuple[str, str]:
    """The words at the beginning and at the end that all texts share. One text shares all of it with itself."""
    prefix = _common(texts)
    if any(len(text) > len(prefix) for text in texts):
        prefix = prefix[: _last_blank(prefix)]
    rests = [text[len(prefix) :] for text in texts]
    suffix = _common([rest[::-1] for rest in rests])[::-1]
    if any(len(rest) > len(suffix) for rest in rests):
        suffix = suffix[len(suffix) - _last_blank(suffix[::-1]) :]
    return prefix, suffix


def _common(texts: Sequence[str]) -> str:
    """The characters that all texts begin with."""
    first, last = min(texts), max(texts)
    pairs = enumerate(zip(first, last, strict=False))
    return first[: next((place for place, (one, other) in pairs if one != other), min(len(first), len(last)))]


def _last_blank(text: str) -> int:
    return 1 + max(text.rfind(" "), text.rfind("\n"))


class Fields(NamedTuple):
    """The positions of texts: ``Layout.num_text``, ``Layout.fields``, ``Layout.constants``."""

    num_text: int
    fields: tuple[int, ...] = ()
    constants: tuple[str, ...] = ()


def fields_of(texts: Sequence[str]) -> Fields:
    """A field for each word, where the texts have as many words each and do not become much longer by it."""
    longest = max(map(len, texts))
    split = [text.split(" ") for text in texts]
    if len({len(words) for words in split}) > 1 or len(set(texts)) < 2:
        return Fields(longest)
    fields, constants = [], []
    for words in zip(*split, strict=True):
        width = max(map(len, words))
        if len(set(words)) == 1:
            fields.append(0)
            constants.append(words[0])
        else:
            fields.append(-width if all(map(_is_number, words)) else width)
    needed = sum(map(abs, fields)) + sum(width != 0 for width in fields) - 1
    return Fields(needed, tuple(fields), tuple(constants)) if needed <= WIDER * longest else Fields(longest)


def seen(texts: Sequence[str], placed: Fields) -> list[str]:
    """The parts of the texts that a model sees."""
    if not placed.fields:
        return list(texts)
    split = [text.split(" ") for text in texts]
    return [" ", *(word for words in split for word, width in zip(words, placed.fields, strict=True) if width)]


def _is_number(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None


def _characters(texts: Iterable[str]) -> str:
    found = set().union(*texts)
    if taken := found & {FILL, SLOT}:
        raise InputError(f"the questions have the character {min(taken)!r}, which stands for an empty position here")
    return "".join(sorted(found))


def _columns(grids: Sequence[Rows]) -> tuple[int, ...]:
    """The columns of drawings in which one of them has something."""
    used = {column for rows in grids for row in rows for column, cell in enumerate(row) if cell != " "}
    return tuple(sorted(used))


def _with_all_numbers(known: set[str]) -> tuple[str, ...]:
    """Words in order, and the numbers between the least and the greatest, which other questions may have."""
    numbers = [int(word) for word in known if re.fullmatch(r"-?\d+", word) and str(int(word)) == word]
    if numbers and max(numbers) - min(numbers) < MOST_WORDS:
        known = known | {str(number) for number in range(min(numbers), max(numbers) + 1)}
    key: Callable[[str], tuple[bool, int, str]] = lambda word: (not word.lstrip("-").isdigit(), len(word), word)  # noqa: E731
    return tuple(sorted(known, key=key))


def _symbols(words: Sequence[str]) -> str:
    """A character for each word: itself, the one of its number, or a letter of no alphabet that questions use."""
    taken = {word for word in words if len(word) == 1}
    spare = (chr(code) for code in range(0x2801, 0x2900))  # Braille
    symbols = []
    for word in words:
        symbol = word if len(word) == 1 else next(spare)
        if word.isdigit() and 10 <= int(word) < len(INTEGERS) and INTEGERS[int(word)] not in taken:
            symbol = INTEGERS[int(word)]
        taken.add(symbol)
        symbols.append(symbol)
    return "".join(symbols)

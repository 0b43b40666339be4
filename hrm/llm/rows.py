"""Models side by side: ours and language models, a row each, on the same puzzles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

from hrm.errors import InputError
from hrm.intervals import NOT_KNOWN, count, paired_interval, wilson_interval, with_interval

ONE_KIND = "compare models on one kind of puzzle"


@dataclass(frozen=True, kw_only=True)
class PuzzleKind:
    """A kind of puzzle: only those of one kind are compared."""

    name: str = field(compare=False)  # of the task; an imported model has another one than ours for the same boards
    shape: tuple[int, ...] = ()
    symbols: str = ""
    dataset: str = ""  # of reasoning-gym, with its options

    def __str__(self) -> str:
        return f"{self.name} {self.dataset or ' x '.join(map(str, self.shape))}".strip()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One model, and what it made of some puzzles."""

    name: str
    source: str  # the log or the folder that it was read from
    kind: PuzzleKind
    solved: int
    puzzles: int
    outcomes: Mapping[str, bool] | None = None  # by puzzle; None where only the share is known
    digest: str | None = None  # of these puzzles
    attempts: int = 1
    spent: float | None = None  # a puzzle, all attempts
    unit: str = "segments"  # or tokens, those that the model wrote
    seconds: float | None = None  # a puzzle
    dollars: float | None = None  # all puzzles
    tools: str = "none"
    limits: str = ""
    date: str = ""
    kinds: Mapping[str, int] = field(default_factory=dict)  # how the answers ended (``verdict.ENDINGS``)
    notes: tuple[str, ...] = ()

    @property
    def interval(self) -> tuple[float, float]:
        return wilson_interval(self.solved, self.puzzles)

    @property
    def share(self) -> float:
        return self.solved / max(1, self.puzzles)

    def figures(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "model": self.name,
            "source": self.source,
            "solved": self.share,
            "solved_95": list(self.interval),
            "puzzles": self.puzzles,
            "puzzles_digest": self.digest,
            "attempts": self.attempts,
            self.unit: self.spent,
            "seconds": self.seconds,
            "dollars": self.dollars,
            "tools": self.tools,
            "limits": self.limits,
            "date": self.date,
            "kinds": dict(self.kinds),
        }


def check_same_kind(rows: Sequence[Row]) -> None:
    """``InputError`` for a row that is about other puzzles than the first."""
    for row in rows[1:]:
        if row.kind != rows[0].kind:
            raise InputError(f"{row.source} is about {row.kind}, {rows[0].source} about {rows[0].kind}: {ONE_KIND}")


def with_names_apart(rows: Sequence[Row]) -> list[Row]:
    """The rows, those of one name with their file behind it."""
    shared = {name for name, num in Counter(row.name for row in rows).items() if num > 1}
    return [replace(row, name=f"{row.name} ({Path(row.source).name})") if row.name in shared else row for row in rows]


def common_puzzles(rows: Sequence[Row]) -> set[str]:
    """The puzzles that every row has, whose outcomes are known."""
    known = [set(row.outcomes) for row in rows if row.outcomes is not None]
    return reduce(set.intersection, known) if len(known) == len(rows) else set()


def differing(rows: Sequence[Row]) -> list[str]:
    """Lines on what keeps these rows from being about the same puzzles."""
    lines = [note for row in rows for note in row.notes]
    silent = [row.source for row in rows if row.outcomes is None and row.digest is None]
    if silent and len(rows) > 1:
        lines.append(f"which puzzles {', '.join(silent)} is about is not on record: their sets may differ")
    known = {row.digest for row in rows if row.digest is not None}
    if len(known) > 1:
        common = common_puzzles(rows)
        counted = f"{count(len(common), 'puzzle')} are common to all" if common else "no puzzle is known to be in all"
        lines.append(f"these are {len(known)} different sets of puzzles: {counted}")
    return lines


@dataclass(frozen=True)
class Paired:
    """Two rows on the puzzles that both have."""

    one: str
    other: str
    both: int
    only_one: int
    only_other: int
    neither: int

    @property
    def puzzles(self) -> int:
        return self.both + self.only_one + self.only_other + self.neither

    @property
    def difference(self) -> float:
        """The share that the first one solves, less that of the other."""
        return (self.only_one - self.only_other) / self.puzzles

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference (``paired_interval``)."""
        return paired_interval(self.both, self.only_one, self.only_other, self.neither)

    def figures(self) -> dict[str, Any]:
        """JSON values."""
        return {**vars(self), "puzzles": self.puzzles, "difference": self.difference, "difference_95": [*self.interval]}


def paired(rows: Sequence[Row]) -> list[Paired]:
    """The first row against each of the others, on the puzzles that both have; none for those that share none."""
    found = []
    for row in rows[1:]:
        one, other = rows[0].outcomes or {}, row.outcomes or {}
        pairs = [(one[puzzle], other[puzzle]) for puzzle in one.keys() & other.keys()]
        if pairs:
            counts = [pairs.count(case) for case in ((True, True), (True, False), (False, True), (False, False))]
            found.append(Paired(rows[0].name, row.name, *counts))
    return found


HEADINGS = ("model", "solved [95 %]", "puzzles", "attempts", "a puzzle", "s", "$", "tools", "limits", "date")
SPARE = ("limits", "attempts", "date", "tools", "s")
"""Columns that a narrow screen does without, the first of them first."""


def texts(row: Row) -> tuple[str, ...]:
    """The cells of a row of the table."""
    return (
        row.name,
        with_interval(row.share, row.interval),
        f"{row.puzzles:,}",
        str(row.attempts),
        NOT_KNOWN
        if row.spent is None
        else f"{row.spent:,.0f} {row.unit}"
        if row.spent >= 10
        else f"{row.spent:.1f} {row.unit}",
        NOT_KNOWN if row.seconds is None else f"{row.seconds:,.1f}" if row.seconds >= 1 else f"{row.seconds:.2g}",
        NOT_KNOWN if row.dollars is None else f"{row.dollars:,.2f}",
        row.tools,
        row.limits or "none",
        row.date or NOT_KNOWN,
    )


PAIRED_HEADINGS = (
    "on the puzzles of both",
    "puzzles",
    "both",
    "only the first",
    "only the other",
    "neither",
    "difference [95 %]",
)


def paired_texts(one: Paired) -> tuple[str, ...]:
    """The cells of a row of the table of pairs."""
    low, high = one.interval
    return (
        f"{one.one} against {one.other}",
        *(f"{number:,}" for number in (one.puzzles, one.both, one.only_one, one.only_other, one.neither)),
        f"{100 * one.difference:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]",
    )


KIND_HEADINGS = ("answers that solved nothing", "how they ended")


def ended(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Rows of a table on the answers that did not solve their puzzle, by how they ended."""
    found = []
    for row in rows:
        others = [f"{num:,} {kind}" for kind, num in row.kinds.items() if kind != "solved" and num]
        if others:
            found.append((row.name, ", ".join(others)))
    return found


def markdown(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table for a page."""
    rows = [headings, ["---"] * len(headings), *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def page(title: str, rows: Sequence[Row], lines: Sequence[str]) -> str:
    """All tables as Markdown, and the lines that belong to them."""
    parts = [title, markdown(HEADINGS, [texts(row) for row in rows])]
    if pairs := paired(rows):
        parts.append(markdown(PAIRED_HEADINGS, [paired_texts(one) for one in pairs]))
    if others := ended(rows):
        parts.append(markdown(KIND_HEADINGS, others))
    return "\n\n".join([*parts, *lines]) + "\n"

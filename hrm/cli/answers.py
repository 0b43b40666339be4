"""Answers to many puzzles: a row each in the order of the input, a bar while they come, a line that sums up."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrm.errors import ELSEWHERE, InputError
from hrm.files import check_writable, kind_of, whole_file
from hrm.intervals import percent
from hrm.puzzles.base import Example
from hrm.store.locate import refuse_own
from hrm.types import IGNORE_LABEL

if TYPE_CHECKING:
    from hrm.inference.solution import Solution
    from hrm.inference.solver import Solver

OUT_ENDINGS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz")

COLUMNS = ("puzzle", "solution", "solved", "certainty", "segments", "attempts", "spent", "seconds", "is_timed_out")
"""Of every row; ``exact`` where some puzzle came with its answer, ``error`` where some text was no puzzle."""

Row = dict[str, Any]


def check_out(out: Path, sources: Sequence[str]) -> None:
    """``InputError``, before any work, for a file that answers could not be written to."""
    if not out.name.lower().endswith(OUT_ENDINGS):
        raise InputError(f"--out {out}: give a name that ends in .csv or .jsonl (or either with .gz)")
    if out.is_file() and any(kind_of(source) == "file" and out.samefile(source) for source in sources):
        raise InputError(f"--out {out}: that would replace the puzzles by their answers; {ELSEWHERE}")
    refuse_own(out, ELSEWHERE)
    check_writable(out, ELSEWHERE)


def in_order(
    solver: Solver, examples: Sequence[Example], deadline: float | None, *, has_bar: bool
) -> Iterator[Solution]:
    """The answers in the order of the puzzles, each as soon as those before it are there. has_bar: one is shown while
    they come, on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    waiting: dict[int, Solution] = {}  # answered before their turn
    turn = 0
    shown = Console(stderr=True)
    columns = (TextColumn("solving"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    is_off = not (has_bar and shown.is_terminal)
    with Progress(
        *columns, console=shown, transient=True, disable=is_off, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task("", total=len(examples))
        for solution in solver.stream_examples(examples, deadline=deadline):
            waiting[solution.index] = solution
            bar.advance(task)
            while turn in waiting:
                yield waiting.pop(turn)
                turn += 1


def is_exact(example: Example, solution: Solution) -> bool | None:
    """True where an answer equals the one that came with the puzzle; None where none did."""
    if example.labels is None or not example.is_given:
        return None
    labelled = example.labels != IGNORE_LABEL
    return bool((solution.answer == example.labels)[labelled].all()) if labelled.any() else None


class Tally:
    """Counts of what became of many puzzles, and the time since it began."""

    def __init__(self, *, has_rules: bool) -> None:
        self.has_rules = has_rules
        self.num = self.num_solved = self.num_unjudged = self.num_late = self.num_given = self.num_exact = (
            self.num_searched
        ) = 0
        self._start = time.perf_counter()

    def add(self, solution: Solution, exact: bool | None) -> None:
        self.num += 1
        self.num_unjudged += solution.solved is None and self.has_rules
        self.num_solved += solution.solved is not False and not (solution.solved is None and self.has_rules)
        self.num_late += solution.is_timed_out
        self.num_searched += solution.search is not None and solution.solved is True
        self.num_given += exact is not None
        self.num_exact += exact is True

    def __str__(self) -> str:
        """``998 of 1,000 solved (99.8 %), 997 of 1,000 as the input has them; 12.3 s, 81.3 puzzles/s``"""
        seconds = time.perf_counter() - self._start
        words = f"{self.num_solved:,} of {self.num:,} {'solved' if self.has_rules else 'answered'}"
        words += f" ({percent(self.num_solved / self.num)})" if self.has_rules and self.num else ""
        if self.num_unjudged:
            words += f", {self.num_unjudged:,} that the rules cannot judge"
        if self.num_searched:
            words += f", {self.num_searched:,} of them by search, not by the model"
        if self.num_given:
            words += f", {self.num_exact:,} of {self.num_given:,} equal to the answers of the input"
        if self.num_late:
            words += f", {self.num_late:,} stopped by the deadline"
        return f"{words}; {seconds:.1f} s, {self.num / seconds:,.1f} puzzles/s"


def row_of(solution: Solution, exact: bool | None) -> Row:
    """The row of a puzzle."""
    search = {} if solution.search is None else solution.search._asdict()
    return {**{name: getattr(solution, name) for name in COLUMNS}, **search, "exact": exact}


@contextmanager
def writer(
    out: Path | None, *, has_answers: bool, has_errors: bool, has_search: bool = False
) -> Iterator[Callable[[Row], None]]:
    """A function that adds a row to the file ``out``, which appears whole at the end; that does nothing for None.

    has_answers, has_errors, has_search: whether there are columns ``exact``, ``error`` and those of a search. Raises
    ``InputError``.
    """
    if out is None:
        yield lambda row: None
        return
    searched = ["guesses", "guesses_without_model"] if has_search else []
    names = [*COLUMNS, *searched, *(["exact"] * has_answers), *(["error"] * has_errors)]
    is_packed = out.suffix.lower() == ".gz"
    with whole_file(out, ELSEWHERE) as binary:
        packed = gzip.GzipFile(fileobj=binary, mode="wb", filename="", mtime=0) if is_packed else None
        text = io.TextIOWrapper(packed or binary, encoding="utf-8", newline="", write_through=True)
        if out.with_suffix("" if is_packed else out.suffix).suffix.lower() == ".csv":
            table = csv.DictWriter(text, names, lineterminator="\n", extrasaction="ignore")
            table.writeheader()
            yield table.writerow
        else:
            yield lambda row: print(json.dumps({name: row.get(name) for name in names}), file=text)
        text.detach()
        if packed is not None:
            packed.close()


def print_summary(tally: Tally, out: Path | None) -> None:
    """The last line."""
    from hrm.cli.output import console  # rich, as above: a typing error is told without

    console.print(f"{tally}{'' if out is None else f' -> {out}'}", markup=False)

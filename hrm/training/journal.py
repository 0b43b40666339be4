"""``metrics.jsonl`` as a run writes it: a line per report, and never more than a few megabytes of them.

After ``MOST`` intervals (between reports, checkpoints, or measurements on validation puzzles, whichever come most
often) one line stays of every two intervals, after twice as many one of every four, and so on: a figure has not so many
points across. Which line stays follows from its step alone, so a run that was killed and goes on has the lines of one
that never was. There are at most 3 x ``MOST`` lines (one for each of the three), some 4 MB.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hrm.files import writable, write_whole
from hrm.training.metrics import METRICS, number, read_metrics
from hrm.training.settings import TrainingConfig

MOST = 5_000
"""Intervals of which the file has lines of their own. Chosen by hand."""


class Journal:
    """The lines of one run, in its folder."""

    def __init__(self, run: Path, config: TrainingConfig) -> None:
        self._run, self._file, self._steps = run, run / METRICS, config.steps
        self._interval = min(filter(None, (config.report_every, config.save_every, config.validate_every)))
        self._sieve = Sieve(0, self._steps)

    def rewind(self, step: int) -> None:
        """The lines up to ``step`` alone; those after it will come again. Raises ``InputError`` when the disk
        refuses."""
        lines = [line for line in read_metrics(self._run) if line["step"] <= step]
        self._rewrite(lines, width_at(lines[-1]["step"], self._interval) if lines else 0)

    def append(self, line: dict[str, Any]) -> None:
        """One more line, if there is none yet in its place. Raises ``InputError`` when the disk refuses."""
        if (width := width_at(line["step"], self._interval)) != self._sieve.width:
            self._rewrite(read_metrics(self._run), width)
        if (kept := self._sieve.kept(line)) is not None:
            with writable(self._file), open(self._file, "a") as file:
                file.write(json.dumps(kept) + "\n")

    def _rewrite(self, lines: Iterable[dict[str, Any]], width: int) -> None:
        self._sieve = Sieve(width, self._steps)
        kept = [one for line in lines if (one := self._sieve.kept(line)) is not None]
        write_whole(self._file, "".join(json.dumps(line) + "\n" for line in kept).encode())


class Sieve:
    """The lines that stay, one after the other: the first of every ``width`` steps, and the first of them that tells
    of validation puzzles, and that of step ``last``. 0: all."""

    def __init__(self, width: int, last: int) -> None:
        self.width, self._last = width, last
        self._taken: dict[bool, int] = {}  # does it tell of validation puzzles? -> where there is such a line already
        self._before = self._written = 0  # step of the line before, and of the last that stayed
        self._steps, self._seconds = 0, 0.0  # since then: those whose rate is known, and what they took

    def kept(self, line: dict[str, Any]) -> dict[str, Any] | None:
        """The line, or None where it is left out; its rate (``steps_per_s``) then counts in that of the next."""
        rate, kind = number(line.get("steps_per_s")), "validation" in line
        if rate is not None and rate > 0:
            steps = max(0, line["step"] - self._before)
            self._steps, self._seconds = self._steps + steps, self._seconds + steps / rate
        has_left_out = self._before != self._written
        self._before = max(self._before, line["step"])
        is_last = line["step"] == self._last
        if self.width and not is_last and self._taken.get(kind) == line["step"] // self.width:
            return None
        if has_left_out and rate is not None and self._seconds > 0:
            line = {**line, "steps_per_s": self._steps / self._seconds}
        if self.width:
            self._taken[kind] = line["step"] // self.width
        self._written, self._steps, self._seconds = self._before, 0, 0.0
        return line


def width_at(step: int, interval: int) -> int:
    """The steps of which one line stays once a run is at ``step``; 0: all of them do."""
    width = interval
    while step > MOST * width:
        width *= 2
    return width if width > interval else 0

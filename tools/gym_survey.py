"""Which data sets of the library reasoning-gym can be trained on, and how they are laid out.

    python tools/gym_survey.py [NAME ...]            the table, on the screen
    python tools/gym_survey.py --page docs/reasoning-gym.md     into the page, below its heading "The data sets"

A data set can be trained on where its questions and answers fit the positions of the recipe, a question is itself again
when it is decoded, and the library's scorer gives 1 to every answer that went through the layout and back. Takes two
minutes of a core.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

if os.environ.get("PYTHONHASHSEED") != "0" and __name__ == "__main__":  # as the questions are made (entries.py)
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})

from hrm.errors import InputError
from hrm.puzzles.gym import library
from hrm.puzzles.gym.child import entries
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.layout import Layout
from hrm.puzzles.gym.scan import Limits, layout_of
from hrm.puzzles.gym.scorer import EntryScorer
from hrm.tasks.gym import GymConfig

NUM, AGAIN, SEED = 60, 3, 10_000_000
"""Questions of each data set that are looked at, fewer where they take long, and how many of them are made twice."""

SECONDS = 20
"""Processor time for one data set; by hand."""

HEADING = "## The data sets"


class Row(NamedTuple):
    """A data set."""

    name: str
    layout: Layout | None
    reason: str = ""  # why it cannot be trained on

    def cells(self) -> tuple[str, ...]:
        if self.layout is None:
            return (self.name, "", "", "", self.reason)
        rows, columns = self.layout.shape
        is_text = self.layout.style == "text"
        answer = f"{columns}" if is_text else f"{rows} x {columns}"
        return (
            self.name,
            "text" if is_text else "grid",
            f"{self.layout.num_text} + {answer}" if self.layout.num_text else answer,
            f"{self.layout.spec.vocab_size}",
            self.reason,
        )


class TooSlowError(Exception):
    """The time for one data set is over."""


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """``TooSlowError`` in the block after so many seconds."""

    def ring(number: int, frame: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def survey(name: str, num: int = NUM) -> Row:
    """One data set, with its usual options."""
    usual, layout = GymConfig(), None
    try:
        with at_most(SECONDS):
            few = entries(name, {}, SEED, 3)
            made = [Entry(*entry) for entry in entries(name, {}, SEED, num)["entries"]]
            if not made:
                return Row(name, None, f"no answer: {few['reason']}")
            layout = layout_of(made, Limits(usual.max_question, usual.max_answer))
    except InputError as error:
        return Row(name, None, str(error).partition(", more than")[0])
    except TooSlowError:
        return survey(name, num // 6) if num >= NUM else Row(name, None, f"over {SECONDS} s for {num} questions")
    except Exception as error:  # of a generator
        return Row(name, None, f"{type(error).__name__}: {error}")
    source = library.dataset(name, {}, seed=SEED, size=num)
    if not {source[index]["question"] for index in range(AGAIN)} <= {entry.question for entry in made}:
        return Row(name, layout, "the same seed gives other questions")
    scorer = EntryScorer(lambda: library.dataset(name, {}, seed=SEED, size=num))
    wrong = unlike = 0
    for entry in made:
        tokens = layout.question(entry.question)
        unlike += (layout.question(layout.question_of(tokens)) != tokens).any()
        wrong += not scorer.is_right(entry, layout.answer_of(layout.answer(entry.answer)))
    if wrong:
        return Row(name, layout, f"the scorer refuses {wrong} of {len(made)} of its own answers")
    return Row(name, layout, f"{unlike} of {len(made)} questions cannot be decoded" if unlike else "")


def table(rows: list[Row]) -> str:
    """The rows in Markdown."""
    num = sum(not row.reason for row in rows)
    lines = [f"{num} of {len(rows)} can be trained on as they are (reasoning-gym {library.version()}).", ""]
    lines += ["| data set | form | positions | tokens | why not |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row.cells())} |".replace("  ", " ") for row in rows)])


def with_table(page: str, made: str) -> str:
    """The text of the page with the table below its heading."""
    pattern = rf"({re.escape(HEADING)}\n\n.*?\n\n)\d+ of \d+ can be.*?(\n\n(?=#)|\Z)"
    found, num = re.subn(pattern, lambda match: f"{match[1]}{made}{match[2] or chr(10)}", page, flags=re.DOTALL)
    if num != 1:
        raise SystemExit(f"the page has no table below {HEADING!r}")
    return found


def main(args: list[str]) -> int:
    out, sys.stdout = sys.stdout, sys.stderr  # some generators print, and some of them in threads
    page = Path(args[1]) if args[:1] == ["--page"] else None
    rows = []
    for name in (args if page is None else []) or library.names():
        rows.append(survey(name))
        print(*rows[-1].cells(), sep=" | ", file=sys.stderr)
    made = table(rows)
    if page is None:
        print(made, file=out)
    else:
        page.write_text(with_table(page.read_text(encoding="utf-8"), made), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Words to a person whose input cannot be used. Imports nothing heavy: the program's help needs it."""

from __future__ import annotations

import contextlib
import difflib
import math
import numbers
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TextIO, TypeVar

T = TypeVar("T")

ELSEWHERE = "choose another place with --out"
"""Advice about a place that cannot be written to."""

MOST_PUZZLES = 10**9
"""Puzzles, copies, variants of them: above it is a slip of the hand. Chosen by hand, as the bounds of other settings:
they turn an overflow deep inside into a word about the setting. Whether memory suffices is the machine's to say."""


MOST_ROUNDS = 10_000
"""Rounds of a measurement that is repeated; chosen by hand, as above."""


class InputError(ValueError):
    """Something a person gave us cannot be used. The message says what, where, and what to do; the CLI exits with 2."""


class FaultyRowsError(InputError):
    """Rows of a file that cannot be used. The message is of the first and tells how many more; ``faults`` has all."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = f" (and {len(faults) - 1:,} more such rows: 'hrm data check' lists them)" if len(faults) > 1 else ""
        super().__init__(f"{faults[0]}{more}")
        self.faults = tuple(faults)


class StoppedError(InputError):
    """Work that a signal has stopped; the message says how it goes on. The CLI exits with 128 + ``signal``."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal


class ToldError(InputError):
    """Something that cannot be used, as another process of the same run has told already. The CLI exits with 2."""


class Notice(UserWarning):
    """Something that a person should know and that stops nothing. The program shows it as one line, ``hrm: ...``."""


def notify(message: str) -> None:
    """A ``Notice``, each time anew: what it is about may happen to several runs of one process."""
    warnings.warn_explicit(message, Notice, filename="hrm", lineno=0, registry={})


def look_up(table: Mapping[str, T], name: str, kind: str) -> T:
    """``table[name]``; raises ``InputError`` with a suggestion for anything that is not there."""
    if name in table:
        return table[name]
    raise InputError(f"unknown {kind} {name!r}{suggestion(name, table)}")


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of an error message: what was perhaps meant, or else what there is."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f": did you mean {close[0]!r}?" if close else f". Known: {', '.join(sorted(known))}"


def require_from(least: int, most: int, prefix: str = "", **settings: int | None) -> None:
    """``InputError`` for a number not from ``least`` to ``most``, by its name after ``prefix``. None: not given."""
    for name, value in settings.items():
        if value is not None and value < least:
            raise InputError(f"{prefix}{name} is {value}: it must be at least {least}")
        if value is not None and value > most:
            raise InputError(f"{prefix}{name} is {value}: it must be at most {most}")


def require_at_least(least: float, **options: float | None) -> None:
    """``InputError`` for an option of a verb, by its Python name, that is below ``least``. None: it was not given."""
    for name, value in options.items():
        if value is not None and value < least:
            raise InputError(f"{_flag(name)} is {value}: it must be at least {least}")


def require_at_most(most: float, **options: float | None) -> None:
    """The same for one that is above ``most``."""
    for name, value in options.items():
        if value is not None and value > most:
            raise InputError(f"{_flag(name)} is {value}: it must be at most {most:,}")


def require_above(bound: float, **options: float | None) -> None:
    """The same for an option that must be above ``bound``."""
    for name, value in options.items():
        if value is not None and not value > bound:
            raise InputError(f"{_flag(name)} is {value}: it must be above {bound}")


def require_one_of(choices: Iterable[str], **settings: object) -> None:
    """``InputError`` for a setting, by its name, that is none of ``choices``."""
    choices = list(choices)
    for name, value in settings.items():
        if value not in choices:
            raise InputError(f"{name} is {value!r}: give one of {', '.join(choices)}")


def require_whole(**settings: object) -> None:
    """``InputError`` for a setting, by its name, that is no whole number. None: it was not given."""
    for name, value in settings.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, numbers.Integral)):
            raise InputError(f"{name} is {value!r}: give a whole number")


def require_finite(**settings: object) -> None:
    """The same for one that is no number, or not a finite one."""
    for name, value in settings.items():
        is_number = not isinstance(value, bool) and isinstance(value, numbers.Real)
        if value is not None and not (is_number and math.isfinite(value)):  # type: ignore[arg-type]
            raise InputError(f"{name} is {value!r}: give a finite number")


MOST_SEED = 2**63 - 1
"""Of a data seed the double is one, too, and torch takes those below 2**64."""


def require_seed(name: str, *seeds: int) -> None:
    """``InputError`` for a seed that no random number generator takes. name: as a person knows the setting."""
    for seed in seeds:
        if not 0 <= seed <= MOST_SEED:
            raise InputError(f"{name} is {seed}: a seed is 0 or more, and below 2**63")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


@contextlib.contextmanager
def hearing(hear: Callable[[warnings.WarningMessage], bool], kind: type[Warning] = Warning) -> Iterator[None]:
    """A time in which every warning of ``kind`` goes to ``hear``, however often it comes; where that returns False, and
    for others, it is shown as before."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not hear(warnings.WarningMessage(message, category, filename, lineno, file, line)):
                others(message, category, filename, lineno, file, line)

        warnings.simplefilter("always", kind)
        warnings.showwarning = show
        yield

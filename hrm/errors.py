"""Words to a person whose input cannot be used. Imports nothing heavy: the program's help needs it."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


class InputError(ValueError):
    """Something a person gave us cannot be used. The message says what, where, and what to do; the CLI exits with 2."""


class StoppedError(InputError):
    """Work that a signal has stopped; the message says how it goes on. The CLI exits with 128 + ``signal``."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal


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


def require_at_least(least: float, **options: float | None) -> None:
    """``InputError`` for an option of a verb, by its Python name, that is below ``least``. None: it was not given."""
    for name, value in options.items():
        if value is not None and value < least:
            raise InputError(f"{_flag(name)} is {value}: it must be at least {least}")


def require_above(bound: float, **options: float | None) -> None:
    """The same for an option that must be above ``bound``."""
    for name, value in options.items():
        if value is not None and not value > bound:
            raise InputError(f"{_flag(name)} is {value}: it must be above {bound}")


MOST_SEED = 2**63 - 1
"""Of a data seed the double is one, too, and torch takes those below 2**64."""


def require_seed(name: str, *seeds: int) -> None:
    """``InputError`` for a seed that no random number generator takes. name: as a person knows the setting."""
    for seed in seeds:
        if not 0 <= seed <= MOST_SEED:
            raise InputError(f"{name} is {seed}: a seed is 0 or more, and below 2**63")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"

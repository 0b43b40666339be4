"""Words to a person whose input cannot be used. Imports nothing heavy: the program's help needs it."""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

ELSEWHERE = "choose another place with --out"
"""Advice about a place that cannot be written to."""


class InputError(ValueError):
    """Something a person gave us cannot be used. The message says what, where, and what to do; the CLI exits with 2."""


class FaultyRowsError(InputError):
    """Rows of a file that cannot be used. The message is of the first and tells how many more; ``faults`` has all."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = f" (and {len(faults) - 1:,} more such rows: 'hrm data check' lists them)" if len(faults) > 1 else ""
        super().__init__(f"{faults[0]}{more}")
        self.faults = tuple(faults)


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


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"

"""Words to a person whose input cannot be used. Imports nothing heavy: the program's help needs it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


class InputError(ValueError):
    """Something a person gave us cannot be used. The message says what, where, and what to do; the CLI exits with 2."""


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


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"

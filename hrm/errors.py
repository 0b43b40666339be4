"""What is said to a person whose input cannot be used. Imports nothing heavy: the program's help needs it."""

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

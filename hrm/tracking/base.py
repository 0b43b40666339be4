"""The interface of a tracker: a program or a service of others that keeps and shows the reports of many runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from hrm.markup import figure

PROJECT = "hrm"
"""The name under which a tracker puts all our runs together, unless its variable of the environment says another."""


class TrackedBoard(NamedTuple):
    """One of the puzzles that are shown all along a run, with what the model answers now."""

    name: str  # the same all along
    drawn: str  # with ANSI colour, as ``Task.render`` draws it
    said: tuple[str, ...]  # how right it is and how certain, in parts


def as_html(board: TrackedBoard) -> str:
    """A board as a figure with words below it."""
    return figure(board.drawn, ", ".join(board.said))


class TrackedRun(NamedTuple):
    """A run as a tracker gets to know it."""

    path: Path  # of the run folder
    name: str
    config: Mapping[str, Any]  # what config.json holds
    step: int  # steps that were done when this process took it up
    key: str | None  # by which the tracker knew it before; None for a new one


class Tracker(Protocol):
    """A run in the books of one tracker. Whatever it raises ends the tracking, never the run."""

    @property
    def key(self) -> str | None:
        """The word by which it finds the run again; None for one that needs none, and takes back by itself what it was
        told of steps that are done again."""
        ...

    @property
    def place(self) -> str:
        """Words for a person on where the run is to be seen: a command, an address."""
        ...

    def report(self, step: int, numbers: Mapping[str, float], boards: Sequence[TrackedBoard]) -> None:
        """Keep finite numbers, by names like ``train/loss``, and boards, where there are any, of one step."""
        ...

    def close(self) -> None:
        """Keep what is not kept yet. Takes seconds, not minutes."""
        ...

"""A word where a step does not come to its end: since when, at which step, and what to look at. Nothing is ended.

It is said by a thread of its own, which looks every few seconds; a step costs it one addition. What holds Python's own
lock for ever cannot be told from inside; a debugger from outside (py-spy dump) tells that, too.
"""

from __future__ import annotations

import contextlib
import faulthandler
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hrm.errors import notify
from hrm.world import World

LEAST, TIMES = 300.0, 10.0
"""Seconds without a step, and steps' usual times, after both of which one hangs; chosen by hand."""
STACKS = ".stacks"
"""In the run folder, of each rank: what its threads were at when a step hung."""


class Pulse:
    """The steps of a run as they end. step: how many have."""

    def __init__(self, step: int) -> None:
        self.step, self.beats, self.doing = step, 0, "training"
        self._first = time.monotonic()
        self.last = time.time()

    def beat(self, step: int) -> None:
        """One more step has ended."""
        self.step, self.last = step, time.time()
        self.beats += 1

    @contextmanager
    def at(self, doing: str) -> Iterator[None]:
        """A time of something else than steps: ``saving``."""
        before, self.doing = self.doing, doing
        try:
            yield
        finally:
            self.doing = before

    @property
    def usual(self) -> float:
        """Seconds that a step takes, with its share of everything else; 0 before the first."""
        return (time.monotonic() - self._first) / self.beats if self.beats else 0.0


@contextmanager
def watched(run: Path, step: int, world: World) -> Iterator[Pulse]:
    """A time in which the steps of a run are waited for, no longer than is usual without a word."""
    pulse, is_over = Pulse(step), threading.Event()
    stacks = run / (STACKS if world.size == 1 else f"{STACKS}-{world.rank}")
    thread = threading.Thread(target=_watch, args=(pulse, is_over, stacks, LEAST), daemon=True)
    thread.start()
    try:
        yield pulse
    finally:
        is_over.set()
        thread.join(timeout=1.0)  # it may be waiting for the very disk that hangs


def _watch(pulse: Pulse, is_over: threading.Event, stacks: Path, least: float) -> None:
    pause = least / 20
    usual, quiet, seen = pulse.usual, 0.0, pulse.beats
    # Looks are counted, not hours: a process that was asleep (Ctrl-Z, the lid of a laptop) has not been waiting.
    while not is_over.wait(pause):
        if pulse.beats != seen:
            usual, quiet, seen = pulse.usual, 0.0, pulse.beats
            continue
        before, quiet = quiet, quiet + pause
        limit = max(least, TIMES * usual)
        if before <= limit < quiet:
            _tell(pulse, quiet, usual, stacks)


def _tell(pulse: Pulse, quiet: float, usual: float, stacks: Path) -> None:
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(pulse.last))
    takes = f"; one takes {usual:.2g} s" if usual else ""
    notify(
        f"no step has finished since {since}, {quiet / 60:.2g} minutes ago{takes}: the run hangs after step "
        f"{pulse.step:,}, {pulse.doing}. It goes on waiting; what its threads are at stands in {stacks}. Look at the "
        "device (nvidia-smi), the disk (df) and the other ranks, if there are any"
    )
    with contextlib.suppress(OSError), open(stacks, "w", encoding="utf-8") as file:
        faulthandler.dump_traceback(file, all_threads=True)

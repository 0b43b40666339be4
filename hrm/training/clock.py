"""The times of a run: when it has to stop, and when it is time to save; all ranks hear it at the same step."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from hrm.world import World


class Clock:
    """The questions of a run after a step. Ranks, whose clocks and signals differ, agree by one message for both.

    received: signals that ask to stop, as they come. Without limits, ``max_minutes`` None and ``save_minutes`` 0, only
    they do.
    """

    def __init__(
        self, world: World, received: Sequence[int], max_minutes: float | None = None, save_minutes: float = 0.0
    ) -> None:
        self._world, self._received = world, received
        self._end = math.inf if max_minutes is None else time.monotonic() + 60 * max_minutes
        self._seconds = 60 * save_minutes if save_minutes else math.inf
        self._is_late = False
        self.saved()

    def saved(self) -> None:
        """There is a checkpoint now."""
        self._next = time.monotonic() + self._seconds

    def is_over(self) -> bool:
        """True where any rank has to stop. Asked by all of them, after the same step."""
        now = time.monotonic()
        is_over, self._is_late = self._world.each(bool(self._received) or now > self._end, now > self._next)
        return is_over

    def is_late(self) -> bool:
        """True where the last checkpoint is of too long ago, when ``is_over`` was last asked."""
        return self._is_late

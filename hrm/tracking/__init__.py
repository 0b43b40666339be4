"""Trackers of experiments: what they are told of a run. ``TRACKERS`` is the one table that a name is looked up in."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hrm.errors import InputError, look_up
from hrm.tracking.base import TrackedRun, Tracker
from hrm.tracking.tensorboard import TensorBoardTracker
from hrm.tracking.trackio import TrackioTracker
from hrm.tracking.wandb import WandbTracker, require_login


class TrackerBackend(NamedTuple):
    """A tracker that a run may be reported to. Its package has its name, and so has the extra that brings it."""

    begin: Callable[[TrackedRun], Tracker]
    check: Callable[[], None] = lambda: None
    """``InputError`` where it is installed and cannot be used."""


TRACKERS = {
    "tensorboard": TrackerBackend(TensorBoardTracker),
    "trackio": TrackerBackend(TrackioTracker),
    "wandb": TrackerBackend(WandbTracker, require_login),
}


def require_trackers(names: Sequence[str]) -> None:
    """``InputError``, before any work is done, for the name of no tracker, or of one that cannot be used here."""
    for name in names:
        look_up(TRACKERS, name, "tracker")
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:  # a folder of that name, which trackers like to leave, is no package
            raise InputError(f"the tracker {name} is not installed: pip install 'hrm-lab[{name}]'")
        TRACKERS[name].check()

"""Trackio (Hugging Face): a database on this machine, or in a Space where TRACKIO_SPACE_ID names one."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
from collections.abc import Mapping, Sequence
from typing import Any

from hrm.tracking.base import PROJECT, TrackedBoard, TrackedRun, as_html


class TrackioTracker:
    """Curves, settings, and boards as HTML. A run goes on under its name, which therefore no other run of the project
    has on this machine."""

    def __init__(self, run: TrackedRun) -> None:
        import trackio

        self.trackio: Any = trackio  # typed in part
        project = os.environ.get("TRACKIO_PROJECT") or PROJECT
        self.key = run.key or free_name(run.name, names_in(project))
        self.place = f'trackio show --project "{project}"'
        with contextlib.redirect_stdout(io.StringIO()):
            self.run = trackio.init(
                project,
                name=self.key,
                config={**run.config, "folder": str(run.path)},
                resume="never" if run.key is None else "allow",
                embed=False,
            )

    def report(self, step: int, numbers: Mapping[str, float], boards: Sequence[TrackedBoard]) -> None:
        shown = {f"examples/{board.name}": self.trackio.Html(as_html(board)) for board in boards}
        self.run.log({**numbers, **shown}, step=step)

    def close(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            self.trackio.finish()  # after ``run.finish`` it would finish once more, and say so, when Python ends


def names_in(project: str) -> list[str]:
    """The names of the runs of a project on this machine."""
    import trackio

    try:
        return [run.name for run in trackio.Api().runs(project)]
    except ValueError:  # there is no such project yet
        return []


def free_name(name: str, taken: Sequence[str]) -> str:
    """The name, or with the first number behind it that makes it one of its own."""
    return next(one for one in itertools.chain([name], (f"{name}-{i}" for i in itertools.count(2))) if one not in taken)

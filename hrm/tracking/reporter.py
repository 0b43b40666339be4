"""The reports of a run for trackers, as ``run`` gives them to ``on_report``: only on the first rank.

A tracker begins with the first report, so that a run which does not come to one leaves nothing behind. One that fails
is left alone from then on, with a notice: the run goes on, and its numbers do not know who looks at them.
"""

from __future__ import annotations

import json
import math
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

from hrm.errors import InputError, Notice, hearing, notify
from hrm.files import read_json, write_whole
from hrm.store.locate import CONFIG
from hrm.tracking import TRACKERS
from hrm.tracking.base import TrackedBoard, TrackedRun, Tracker
from hrm.tracking.examples import Examples
from hrm.training.folder import RunFolder
from hrm.training.report import Report
from hrm.training.run import Prepared

KEPT = "tracking.json"
"""In the run folder: by which key each tracker knows the run, and the last step that it was told."""

EXAMPLES = "boards for the trackers"
"""What is told of them where they fail."""

BOARDS_EVERY = 10
"""Reports between boards in a run that does not validate; chosen by hand. Otherwise they are shown when it does."""


@contextmanager
def tracked(
    names: Sequence[str],
    folder: RunFolder,
    prepared: Prepared,
    *,
    name: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Callable[[Report, float], None]]:
    """A time in which the function that it gives tells every report, and the steps per second before it, to the
    trackers of ``names``. name: of the run, that of its folder when not given. ``say`` is told where it can be seen."""
    reporter = _Reporter(names, folder, prepared, name or folder.path.resolve().name, say)
    try:
        yield reporter.report
    finally:
        reporter.close()


class _Reporter:
    def __init__(
        self, names: Sequence[str], folder: RunFolder, prepared: Prepared, name: str, say: Callable[[str], None]
    ) -> None:
        self.waiting = list(dict.fromkeys(names))  # they begin with the first report
        self.folder, self.prepared, self.name, self.say = folder, prepared, name, say
        self.begun_at = prepared.state.step
        self.trackers: dict[str, Tracker] = {}
        self.kept: dict[str, dict[str, Any]] = {}
        self.examples: Examples | None = None
        self.num_reports = 0
        self.has_spoken: set[str] = set()

    def report(self, report: Report, steps_per_s: float) -> None:
        if self.waiting:
            self._begin()
        if not self.trackers:
            return
        numbers = numbers_of(report, steps_per_s, self.folder.config.training.batch_size)
        boards = self._boards(report)
        for name, tracker in list(self.trackers.items()):
            tell = partial(self._tell, name, tracker, report.step, numbers, boards)
            if not self._guarded(name, tell):
                del self.trackers[name]

    def close(self) -> None:
        for name, tracker in self.trackers.items():
            self._guarded(name, tracker.close)

    def _begin(self) -> None:
        path = self.folder.path
        waiting, self.waiting = self.waiting, []
        self._guarded(KEPT, self._read_kept)
        for name in waiting:

            def begin(one: str = name) -> None:
                key = self.kept.get(one, {}).get("key")
                run = TrackedRun(path, self.name, read_json(path / CONFIG), self.begun_at, key)
                self.trackers[one] = TRACKERS[one].begin(run)

            if self._guarded(name, begin):
                self.say(f"{name}: {self.trackers[name].place}")

    def _read_kept(self) -> None:
        file = self.folder.path / KEPT
        if file.exists():
            self.kept = {name: value for name, value in read_json(file).items() if isinstance(value, dict)}

    def _tell(
        self, name: str, tracker: Tracker, step: int, numbers: dict[str, float], boards: Sequence[TrackedBoard]
    ) -> None:
        """Tell a tracker of a step that it does not know yet. What it knows is written down first: rather a step that
        is missing after a crash than one that is there twice."""
        if tracker.key is not None:
            if step <= self.kept.get(name, {}).get("step", 0):
                return
            self.kept[name] = {"key": tracker.key, "step": step}
            write_whole(self.folder.path / KEPT, json.dumps(self.kept, indent=2).encode())
        tracker.report(step, numbers, boards)

    def _boards(self, report: Report) -> list[TrackedBoard]:
        training, found = self.folder.config.training, []
        is_due = report.validation is not None
        if self.prepared.validation is None:
            is_due = self.num_reports % BOARDS_EVERY == 0 or report.step == training.steps
        self.num_reports += 1
        if is_due and EXAMPLES not in self.has_spoken:

            def look() -> None:
                self.examples = self.examples or Examples(self.prepared, training.max_segments)
                found.extend(self.examples.boards())

            if not self._guarded(EXAMPLES, look):
                return []
        return found

    def _guarded(self, name: str, call: Callable[[], None]) -> bool:
        """True where ``call`` did not fail. That it did, or had something to warn of, is told once for each name."""
        failure: Exception | None = None
        with _heard() as heard, thread_failures() as failed:
            try:
                call()
            except Exception as error:  # whatever a package of others raises
                failure = error
                failed.clear()  # in most cases the same error: TensorBoard writes in a thread
        for warning in heard:
            if issubclass(warning.category, Notice):  # ours
                notify(str(warning.message))
        said = [str(warning.message) for warning in heard if warning.category is UserWarning]
        if failure is not None:
            self._notify_once(name, f"{name}: {in_short(failure)}. It is told no more, and the training goes on")
        elif said:
            self._notify_once(name, f"{name}: {shortened(said[0])}")
        return failure is None

    def _notify_once(self, name: str, message: str) -> None:
        if name not in self.has_spoken:
            self.has_spoken.add(name)
            notify(message)


@contextmanager
def _heard() -> Iterator[list[warnings.WarningMessage]]:
    """A time in which warnings are collected, of the whole process; a ``Notice`` of another thread is shown at once: it
    may be that nothing has moved for minutes, and that this time does not end."""
    heard: list[warnings.WarningMessage] = []
    own = threading.get_ident()

    def hear(warning: warnings.WarningMessage) -> bool:
        is_ours = not issubclass(warning.category, Notice) or threading.get_ident() == own
        if is_ours:
            heard.append(warning)
        return is_ours

    with hearing(hear):
        yield heard


@contextmanager
def thread_failures() -> Iterator[list[threading.ExceptHookArgs]]:
    """A time in which exceptions that end other threads are collected; what is left of them afterwards is shown."""
    before, failed = threading.excepthook, list[threading.ExceptHookArgs]()
    threading.excepthook = failed.append
    try:
        yield failed
    finally:
        threading.excepthook = before
        for one in failed:
            before(one)


def numbers_of(report: Report, steps_per_s: float, batch_size: int) -> dict[str, float]:
    """The finite numbers of a report under the names that trackers show: ``train/loss``, ``validation/solved``."""
    values = asdict(report)
    step, validation = values.pop("step"), values.pop("validation")
    assert type(step) is int
    found = {f"train/{name}": value for name, value in values.items()}
    found |= {"rate/steps_per_s": steps_per_s, "rate/samples_per_s": steps_per_s * batch_size}
    if validation is not None:
        found |= {f"validation/{name}": validation[name] for name in ("solved", "cells")}
    return {name: value for name, value in found.items() if value is not None and math.isfinite(value)}


def in_short(error: Exception) -> str:
    """The reason of a failure in part of a line."""
    return str(error) if isinstance(error, InputError) else shortened(f"{type(error).__name__}: {error}")


def shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:200]} ..."

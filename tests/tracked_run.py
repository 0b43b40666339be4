"""A small run that stops after its third report, as if it had crashed, and goes on from the checkpoint before that:
for tests of trackers in processes of their own, which some of them need."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from conftest import REPOSITORY, tiny_config

from hrm.tracking.reporter import tracked
from hrm.training.config import RunConfig
from hrm.training.report import Report
from hrm.training.run import begun, run

STEPS = [3, 6, 9, 12]
"""Steps with a report; those at 6 and 12 have a checkpoint, and a measurement on validation puzzles."""


class CrashedError(Exception):
    pass


def tracked_config() -> RunConfig:
    config = tiny_config()
    return replace(config, training=replace(config.training, validate_every=6, num_validation=5))


def train_tracked(path: Path, *names: str, crash_at: int | None = None, config: RunConfig | None = None) -> None:
    """Train in the folder, or go on there, and tell the trackers."""
    with (
        begun(path, config or tracked_config(), resume=True) as (folder, prepared),
        tracked(names, folder, prepared) as track,
    ):

        def tell(report: Report, steps_per_s: float) -> None:
            track(report, steps_per_s)
            if report.step == crash_at:
                raise CrashedError

        run(folder, prepared, on_report=tell)


def crash_and_go_on(path: Path, name: str, **environment: str) -> str:
    """The words on standard error of two processes: one crashes at step 9, one does the steps from 6 on again."""
    said = ""
    for crash_at in (9, None):
        code = f"from tracked_run import *\ntrain_tracked(Path({str(path)!r}), {name!r}, crash_at={crash_at})"
        paths = os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "tests")))
        env = {**os.environ, **environment, "PYTHONPATH": paths}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
        assert ("CrashedError" in done.stderr) == (crash_at is not None), done.stderr
        assert crash_at is not None or done.returncode == 0, done.stderr
        said += done.stderr
    return said

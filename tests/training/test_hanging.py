from __future__ import annotations

import time
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from hrm.errors import Notice
from hrm.training import hanging
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.hanging import STACKS, watched
from hrm.training.report import Report
from hrm.training.run import prepare, run
from hrm.world import ALONE, World


def hang_here(stacks: Path) -> None:
    """A step that does not end before it is told that this is where it hangs."""
    stacks.unlink(missing_ok=True)
    deadline = time.monotonic() + 60
    while not (stacks.exists() and "hang_here" in stacks.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_step_that_does_not_end_is_told_once_with_what_the_threads_are_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hanging, "LEAST", 0.2)
    said = r"no step has finished since 20.*the run hangs after step 1,234, saving\. It goes on.*\.stacks"

    def hang() -> None:
        with watched(tmp_path, 1233, ALONE) as pulse:
            pulse.beat(1234)
            with pulse.at("saving"):
                hang_here(tmp_path / STACKS)
            time.sleep(0.3)

    with pytest.warns(Notice, match=said) as told:
        hang()
    assert len(told) == 1


def test_steps_that_end_are_no_news_nor_those_that_are_slow_by_nature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hanging, "LEAST", 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with watched(tmp_path, 0, World(1, 2)) as pulse:
            for step in range(40):
                time.sleep(0.02)
                pulse.beat(step)
            monkeypatch.setattr(type(pulse), "usual", 100.0)
            pulse.beat(40)
            time.sleep(0.8)
    assert not list(tmp_path.iterdir())


def test_a_whole_run_that_hangs_for_a_while_says_so_and_ends_as_ever(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hanging, "LEAST", 0.3)
    monkeypatch.setattr(hanging, "TIMES", 0.0)  # the first step of a busy machine is no measure
    folder = RunFolder.create(tmp_path / "run", replace(tiny_run, training=replace(tiny_run.training, steps=4)))
    prepared = prepare(folder.config)

    def hang(report: Report, rate: float) -> None:
        if report.step == 3:
            hang_here(folder.path / STACKS)

    with pytest.warns(Notice, match="hangs after step 3, telling the report to trackers"):
        assert run(folder, prepared, on_report=hang).is_finished

from __future__ import annotations

import contextlib
import math
import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hrm.cli.plot import curves
from hrm.cli.progress import Circumstances, progress, train_in
from hrm.errors import InputError
from hrm.training import journal
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.loop import TrainState
from hrm.training.metrics import METRICS, minutes_of, read_metrics
from hrm.training.overview import overview
from hrm.training.report import Report
from hrm.training.run import prepare, run
from hrm.training.settings import Due
from hrm.training.validation import Validation


def test_training_is_followed_line_by_line(
    tiny_run: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = replace(tiny_run, training=replace(tiny_run.training, steps=6))
    outcome = train_in(tmp_path / "run", short, Circumstances(resume=True))
    assert outcome.is_finished
    out = capsys.readouterr().out
    assert f"seed {short.seed}, 6 steps" in out
    assert "step      3/6" in out
    assert f"finished: {tmp_path / 'run'}" in out
    with pytest.raises(InputError, match="exists already"):
        train_in(tmp_path / "run", short, Circumstances())


def test_figures_that_are_not_known_yet_are_dashes(capsys: pytest.CaptureFixture[str]) -> None:
    nan = float("nan")
    report = Report(**dict.fromkeys(Report.__annotations__, nan) | {"step": 1, "validation": None})
    with progress(0, 10, 8) as shown:
        shown(report, 2.0)
    assert "16 samples/s" in (out := capsys.readouterr().out)
    assert "cells -  exact -  segments -" in out


@pytest.mark.parametrize("part", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_a_hundred_thousand_reports_leave_a_small_file_and_no_memory(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """Five million steps whose reports come at once, through everything that a run shows them to and keeps of them; a
    clock by which each has taken ten seconds. Or a fifth of all that, and of the lines that stay."""
    monkeypatch.setattr("hrm.training.journal.MOST", journal.MOST // part)
    steps, now = 5_000_000 // part, [0.0]
    training = replace(
        tiny_run.training, steps=steps, report_every=50, save_every=1_000, validate_every=1_000, num_validation=4
    )
    folder = RunFolder.create(tmp_path / "run", replace(tiny_run, training=training))
    prepared = prepare(folder.config)
    file, sizes, memory = folder.path / METRICS, [], []

    def reports(state: TrainState, *_: Any) -> Iterator[tuple[Report, Due]]:
        until = _[4]
        for state.step in range(50, steps + 1, 50):
            now[0] += 10
            assert not until()
            found = Validation(100, state.step / steps, (0.0, 1.0), 0.5) if state.step % 1_000 == 0 else None
            yield Report(state.step, 1 / state.step, 0.5, 0.25, 0.125, 3.0, found), Due(True, False, False)
            if state.step % (50_000 // part) == 0:
                sizes.append(file.stat().st_size)
            if state.step == 3_500_000 // part:  # of the last 30,000: what is left of each would show
                tracemalloc.start(1)
            if state.step in (3_600_000 // part, steps):
                memory.append(tracemalloc.get_traced_memory()[0])

    monkeypatch.setattr("hrm.training.run.train", reports)
    monkeypatch.setattr("hrm.training.run.time", SimpleNamespace(perf_counter=lambda: now[0]))
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        progress(0, steps, training.batch_size) as show,
    ):
        assert run(folder, prepared, on_report=show).is_finished
        tracemalloc.stop()
    print(f"{max(sizes):,} bytes at most, {memory[1] - memory[0]:,} bytes of memory more")
    assert max(sizes) < 4e6 / part
    assert memory[1] - memory[0] < 5e5 / part, "bytes: 17 a report"
    lines = read_metrics(folder.path)
    assert 5_000 < part * len(lines) <= 15_000
    assert minutes_of(lines)[-1] == pytest.approx(100_000 / part * 10 / 60)
    assert overview(folder.path).state == "finished"
    found = curves(folder.path, "minutes")
    assert found["loss"][-1] == 1 / steps
    validated = [value for value in found["validated"] if not math.isnan(value)]
    assert (len(validated) > 2_000 / part, validated[-1]) == (True, 1.0)

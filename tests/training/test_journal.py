"""Lines of a run: what stays of very many, and that a kill changes none of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hrm.training import journal
from hrm.training.journal import Journal, Sieve, width_at
from hrm.training.metrics import METRICS, minutes_of, read_metrics
from hrm.training.settings import TrainingConfig

CONFIG = TrainingConfig(report_every=10, save_every=25, validate_every=40, steps=5_000)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST", 20)


def line(step: int) -> dict[str, Any]:
    validation = {"validation": {"solved": step / 1e4}} if step % 40 == 0 else {}
    return {"step": step, "loss": 1 / step, **validation, "steps_per_s": 2.0 + step % 3}


def reported(first: int, last: int) -> list[dict[str, Any]]:
    return [line(step) for step in range(first + 1, last + 1) if CONFIG.due_at(step).report]


def write(run: Path, lines: list[dict[str, Any]]) -> Journal:
    run.mkdir(exist_ok=True)
    written = Journal(run, CONFIG)
    for one in lines:
        written.append(one)
    return written


def test_lines_are_bounded_and_spread_over_the_whole_run(tmp_path: Path) -> None:
    most = 0
    written = write(tmp_path, [])
    for one in reported(0, CONFIG.steps):
        written.append(one)
        most = max(most, len(read_metrics(tmp_path)))
    assert most <= 3 * journal.MOST
    steps = [one["step"] for one in read_metrics(tmp_path)]
    assert width_at(5_000, 10) == 320
    assert steps[-1] == 5_000, "the last has a line, whatever its place"
    gaps = [after - before for before, after in zip([0, *steps], steps, strict=False)]
    assert max(gaps) <= 320
    assert steps == sorted(set(steps))
    told = [one["step"] for one in read_metrics(tmp_path) if "validation" in one]
    assert len(told) >= 5_000 // 320, "measurements have places of their own"


def test_all_lines_of_a_short_run_stay_as_they_are(tmp_path: Path) -> None:
    lines = reported(0, 200)
    write(tmp_path, lines)
    assert (tmp_path / METRICS).read_text() == "".join(json.dumps(one) + "\n" for one in lines)


def test_the_time_of_what_is_left_out_is_not_lost(tmp_path: Path) -> None:
    lines = reported(0, CONFIG.steps)
    write(tmp_path, lines)
    assert minutes_of(read_metrics(tmp_path))[-1] == pytest.approx(minutes_of(lines)[-1])


@pytest.mark.parametrize("saved", [75, 200, 210, 400, 425, 800, 1_600, 4_975, 5_000])
@pytest.mark.parametrize("lost", [0, 5, 30, 300])
def test_a_killed_run_has_the_lines_of_one_that_never_was(tmp_path: Path, saved: int, lost: int) -> None:
    """It came ``lost`` steps further than its last checkpoint; then it goes on with a new process."""
    write(tmp_path / "whole", reported(0, CONFIG.steps))
    write(tmp_path / "parts", reported(0, min(saved + lost, CONFIG.steps)))
    again = Journal(tmp_path / "parts", CONFIG)
    again.rewind(saved)
    assert all(one["step"] <= saved for one in read_metrics(tmp_path / "parts"))
    for one in reported(saved, CONFIG.steps):
        again.append(one)
    whole, parts = (
        [{**one, "steps_per_s": None} for one in read_metrics(tmp_path / name)] for name in ("whole", "parts")
    )
    assert parts == whole


def test_what_is_not_a_rate_is_no_time() -> None:
    sieve = Sieve(100, 1_000)
    assert sieve.kept({"step": 100}) == {"step": 100}
    assert sieve.kept({"step": 150, "steps_per_s": "fast"}) is None
    assert sieve.kept({"step": 200, "steps_per_s": 2.0}) == {"step": 200, "steps_per_s": 2.0}

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hrm.cli.progress import Circumstances, progress, train_in
from hrm.errors import InputError
from hrm.training.config import RunConfig
from hrm.training.report import Report


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

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hrm.cli import main
from hrm.studies import STUDIES
from hrm.studies.study import Study, training
from hrm.training.config import RunConfig


def test_a_study_leaves_a_table_and_a_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny_run: RunConfig
) -> None:
    axes = {"average": {"none": training(ema_decay=0.0), "0.9": training(ema_decay=0.9)}}
    tiny = Study(question="What does averaging bring?", recipe=tiny_run, axes=axes, segments=(1, 2))
    monkeypatch.setitem(STUDIES, "ema", lambda: tiny)
    out = tmp_path / "study"
    args = ["ablate", "ema", "--out", str(out), "--steps", "2", "--seeds", "3", "--puzzles", "5"]
    assert main(args) == 0
    results = json.loads((out / "results.json").read_text())
    assert [point["label"] for point in results["points"]] == ["none", "0.9"]
    assert results["points"][0]["seeds"] == [3]
    assert results["points"][0]["puzzles"] == 5
    assert (out / "figure.png").stat().st_size > 5000
    assert "What does averaging" in (out / "table.md").read_text()
    assert "2/2  0.9, seed 3" in capsys.readouterr().out
    table = (out / "table.md").read_bytes()
    assert main(["ablate", "gradient", "--out", str(out), "--steps", "2"]) == 2
    assert "holds the study 'ema'" in " ".join(capsys.readouterr().err.split())
    assert (out / "table.md").read_bytes() == table
    run = next(out.glob("*/seed_3"))
    assert main(["ablate", "ema", "--out", str(run)]) == 2
    assert "is a run or model folder" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["ablate", "outer-lop"], "did you mean 'outer-loop'"),
        (["ablate", "--jobs", "2"], "name the study first"),
        (["ablate", "ema", "--report-to", "tensorbord"], "did you mean 'tensorboard'"),
        (["ablate", "ema", "--jobs", "0"], "--jobs is 0"),
        (["ablate", "ema", "--puzzles", "0"], "--puzzles is 0"),
        (["ablate", "ema", "--seeds", "1", "1"], "each seed once"),
        (["ablate", "ema", "--data", "a.csv"], "the training data and the held-out data"),
        (["ablate", "ema", "--data", "a.csv", "./a.csv"], "measured on what it trains on"),
    ],
)
def test_bad_input(
    args: list[str], reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(args) == 2
    assert reason in capsys.readouterr().err


def test_studies_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", "--help"]) == 0
    assert "outer-loop" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_program_alone_ends_the_runs_beside_it(number: signal.Signals, tmp_path: Path) -> None:
    args = [sys.executable, "-m", "hrm", "ablate", "ema", "--steps", "100000", "--puzzles", "20", "--jobs", "2"]
    env = {name: value for name, value in os.environ.items() if name != "HRM_TRACEBACK"}
    process = subprocess.Popen(
        [*args, "--out", str(tmp_path / "study")], env=env, text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 100
    while len(list(tmp_path.glob("study/*/seed_*/config.json"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    try:
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode in (128 + number, -signal.SIGINT)  # the latter: tests/cli/test_net.py says when
    assert said.strip().endswith("the same command goes on"), said


def test_a_study_whose_data_cannot_be_read_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no.csv").write_text("nothing of the kind\n")
    (tmp_path / "nor.csv").write_text("nothing of the kind\n")
    data = [str(tmp_path / "no.csv"), str(tmp_path / "nor.csv")]
    assert main(["ablate", "hard", "--data", *data, "--out", str(tmp_path / "study")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "study").exists()

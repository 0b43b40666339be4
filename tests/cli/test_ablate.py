from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import slurm_stand_in
from conftest import REPOSITORY

from hrm.cli import ablate, main
from hrm.studies import STUDIES
from hrm.studies.cluster import ClusterOptions
from hrm.studies.runner import Done, Work, do
from hrm.studies.study import Study, training
from hrm.training.config import RunConfig
from hrm.training.lock import is_held


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
        (["ablate", "ema", "--seeds", "1", "1"], "and each once"),
        (["ablate", "ema", "--data", "a.csv"], "the training data and the held-out data"),
        (["ablate", "ema", "--data", "a.csv", "./a.csv"], "measured on what it trains on"),
        (["ablate", "ema", "--cluster", "local", "--jobs", "2"], "say --cluster.array-parallelism"),
        (["ablate", "ema", "--cluster.partition", "gpu"], "say --cluster slurm"),
        (["ablate", "ema", "--cluster", "local", "--cluster.timeout-min", "0"], "--cluster.timeout-min is 0"),
    ],
)
def test_bad_input(
    args: list[str], reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(args) == 2
    assert reason in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_what_a_cluster_needs_nothing_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pytest.importorskip("submitit", reason="the extra 'cluster' is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["ablate", "ema", "--cluster", "slurm"]) == 2
    assert capsys.readouterr().err.startswith("hrm: there is no sbatch on this machine: ")
    monkeypatch.setitem(sys.modules, "submitit", None)
    assert main(["ablate", "ema", "--cluster", "local"]) == 2
    assert capsys.readouterr().err == "hrm: --cluster needs submitit: pip install 'hrm-lab[cluster]'\n"
    assert not list(tmp_path.iterdir())


def test_with_a_cluster_the_runs_are_jobs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny_run: RunConfig
) -> None:
    pytest.importorskip("submitit", reason="the extra 'cluster' is not installed")
    axes = {"average": {"none": training(ema_decay=0.0), "0.9": training(ema_decay=0.9)}}
    tiny = Study(question="What does averaging bring?", recipe=tiny_run, axes=axes, segments=(1, 2), seeds=(0,))
    monkeypatch.setitem(STUDIES, "ema", lambda: tiny)
    asked: list[tuple[int, str, int]] = []

    def in_place_of_jobs(
        works: list[Work], out: Path, cluster: str, options: ClusterOptions, say: Callable[[str], None]
    ) -> Iterator[Done]:
        asked.append((len(works), cluster, options.timeout_min))
        say("submitted")
        assert {work.num_threads for work in works} == {2}
        return map(do, works)

    monkeypatch.setattr(ablate, "run_elsewhere", in_place_of_jobs)
    args = ["ablate", "ema", "--out", str(tmp_path / "study"), "--cluster", "local", "--cluster.timeout-min", "7"]
    assert main([*args, "--cluster.cpus-per-task", "2"]) == 0
    assert asked == [(2, "local", 7)]
    said = capsys.readouterr().out
    assert "submitted" in said
    assert "2/2  0.9, seed 0" in said
    assert main(args) == 0
    assert len(asked) == 1, "there was nothing left to do"


def test_studies_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", "--help"]) == 0
    assert "outer-loop" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_program_alone_ends_the_runs_beside_it(
    number: signal.Signals, tmp_path: Path, ready: list[str]
) -> None:
    hrm = [sys.executable, "-m", "hrm"] if number == signal.SIGINT else ready
    args = [*hrm, "ablate", "ema", "--steps", "100000", "--puzzles", "20", "--jobs", "2"]
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


def interrupted(args: list[str], when: Callable[[], bool], env: dict[str, str]) -> tuple[int, str]:
    """The status, and what was said, of a program that hears Ctrl-C, as all processes of its terminal do."""
    env = {name: value for name, value in env.items() if name != "HRM_TRACEBACK"}
    process = subprocess.Popen(
        [sys.executable, "-m", "hrm", *args],
        env={**env, "PYTHONPATH": str(REPOSITORY)},
        text=True,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 150
    while not when() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    try:
        _, said = process.communicate(timeout=100)
    finally:
        process.kill()
    return process.returncode, said.strip()


@pytest.mark.slow
def test_ctrl_c_ends_local_jobs_which_save(tmp_path: Path) -> None:
    pytest.importorskip("submitit", reason="the extra 'cluster' is not installed")
    args = ["ablate", "ema", "--steps", "100000", "--puzzles", "20", "--seeds", "0", "--out", str(tmp_path / "study")]
    args += ["--cluster", "local", "--cluster.array-parallelism", "2"]

    def both_train() -> bool:
        return len(list(tmp_path.glob("study/*/seed_0/metrics.jsonl"))) == 2

    status, said = interrupted(args, both_train, dict(os.environ))
    assert (status, said) == (128 + signal.SIGINT, "hrm: interrupted: the same command goes on")
    assert len(list(tmp_path.glob("study/*/seed_0/checkpoints/step_*"))) == 2
    assert not [file for file in tmp_path.glob("study/*/seed_0") if is_held(file)]


@pytest.mark.slow
def test_ctrl_c_leaves_jobs_of_slurm_and_the_same_command_waits_for_them(tmp_path: Path) -> None:
    pytest.importorskip("submitit", reason="the extra 'cluster' is not installed")
    programs = slurm_stand_in.install(tmp_path / "slurm")
    env = {**os.environ, "SLURM_STAND_IN": str(tmp_path / "slurm"), "PYTHONPATH": str(REPOSITORY)}
    env["PATH"] = f"{programs}{os.pathsep}{env['PATH']}"
    args = ["ablate", "ema", "--steps", "60", "--puzzles", "20", "--seeds", "0", "--out", str(tmp_path / "study")]
    args += ["--cluster", "slurm", "--cluster.array-parallelism", "1"]
    status, said = interrupted(args, lambda: bool(list(tmp_path.glob("study/*/seed_0/config.json"))), env)
    assert status == 128 + signal.SIGINT
    assert said == (
        "hrm: interrupted: the jobs stay in the queue (4 of 1), and the same command waits for them again; scancel 1 "
        "ends them"
    )
    again = subprocess.run(
        [sys.executable, "-m", "hrm", *args], env=env, check=True, text=True, capture_output=True, timeout=250
    )
    assert re.search(
        r"^[1-4] of these runs are jobs already \([1-4] of 1\): waiting for them$", again.stdout, re.MULTILINE
    )
    assert "4/4  " in again.stdout
    assert [folder.name for folder in (tmp_path / "slurm").glob("[0-9]*")] == ["1"], "nothing was submitted twice"
    assert (tmp_path / "study" / "table.md").exists()


def test_a_study_whose_data_cannot_be_read_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no.csv").write_text("nothing of the kind\n")
    (tmp_path / "nor.csv").write_text("nothing of the kind\n")
    data = [str(tmp_path / "no.csv"), str(tmp_path / "nor.csv")]
    assert main(["ablate", "hard", "--data", *data, "--out", str(tmp_path / "study")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "study").exists()

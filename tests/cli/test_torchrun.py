"""``torchrun -m hrm train``: one run in one folder, told once, and taken up again when a rank is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import REPOSITORY

from hrm.store.folder import read_tensors
from hrm.store.locate import list_checkpoints, step_of
from hrm.training.checkpoint import STATE

TRAIN = (
    *("-m", "hrm", "train", "sudoku-4x4", "--training.report-every", "10", "--runtime.device", "cpu"),
    *("--runtime.compile", "no", "--runtime.precision", "float32", "--training.batch-size", "8"),
)


def torchrun(folder: Path, *options: str, ranks: int = 2, more: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks), *more)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, *TRAIN, *options],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.slow
def test_two_ranks_train_one_run_and_tell_of_it_once(tmp_path: Path) -> None:
    process = torchrun(tmp_path, "--out", "run", "--training.steps", "20", "--training.save-every", "10")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert len(re.findall(r"^step ", out, re.MULTILINE)) == 2
    assert out.count("finished: run") == 1
    assert len(list_checkpoints(tmp_path / "run")) == 2


@pytest.mark.slow
def test_what_cannot_be_is_told_once_and_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("mine")
    process = torchrun(tmp_path, "--out", "run", "--training.steps", "20")
    _, err = process.communicate(timeout=240)
    assert process.returncode != 0
    assert err.count("hrm: run exists already and is not a run folder") == 1
    assert "exitcode  : 2" in err, "torchrun's word for it"


@pytest.mark.slow
def test_a_rank_that_is_killed_comes_back_and_the_run_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    settings = ("--training.steps", "200", "--training.save-every", "10")
    for name in ("whole", "killed"):
        process = torchrun(tmp_path, "--out", name, *settings, more=("--max-restarts", "3"))
        try:
            if name == "killed":
                wait_for_two_checkpoints(tmp_path / name, process)
                ranks = subprocess.check_output(["pgrep", "-P", str(process.pid)], text=True).split()
                os.kill(int(ranks[-1]), signal.SIGKILL)
            _, err = process.communicate(timeout=300)
        finally:
            process.terminate()  # which ends its ranks, too
        assert process.returncode == 0, err
    one, other = (read_tensors(list_checkpoints(tmp_path / name)[-1] / STATE) for name in ("whole", "killed"))
    assert one.keys() == other.keys()
    assert all(tensor.equal(other[name]) for name, tensor in one.items())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1], ids=lambda one: one.name)
def test_a_scheduler_stops_torchrun_and_starts_it_again(tmp_path: Path, number: signal.Signals) -> None:
    """Ranks save at one step and end with 0, so that nobody starts them again; torchrun itself ends with 1."""
    settings = ("--out", "run", "--resume", "--training.steps", "100000", "--training.save-every", "10")
    heeded = ("--signals-to-handle", "SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1", "--max-restarts", "3")
    process = torchrun(tmp_path, *settings, more=heeded)
    try:
        wait_for_two_checkpoints(tmp_path / "run", process)
        process.send_signal(number)
        out, err = process.communicate(timeout=200)
    finally:
        process.terminate()
    assert process.returncode == 1, err
    (said,) = re.findall(r"stopped at step ([\d,]+) of 100,000 and saved", out)
    last = list_checkpoints(tmp_path / "run")[-1]
    assert step_of(last) == int(said.replace(",", ""))
    again = torchrun(tmp_path, *settings, "--max-minutes", "0.001", more=heeded)
    out, err = again.communicate(timeout=200)
    assert again.returncode == 0, err
    assert f"resumed at step {said}" in out


def wait_for_two_checkpoints(run: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 200
    while not run.exists() or len(list_checkpoints(run)) < 2:
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.1)

"""The batch file of docs/cluster.md: read by bash, and run by programs that stand in for SLURM's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import slurm_stand_in
from conftest import REPOSITORY

from hrm.store.locate import list_checkpoints

FILE = REPOSITORY / "examples/slurm.sh"
PAGE = REPOSITORY / "docs/cluster.md"


def test_bash_reads_it_and_the_page_says_what_it_says() -> None:
    subprocess.run(["bash", "-n", str(FILE)], check=True)
    script, page = FILE.read_text(), PAGE.read_text()
    assert "examples/slurm.sh sudoku-extreme --out runs/big" in page
    for said in ("--signal=B:USR1@120", "scancel --signal=TERM", "scontrol requeue", "--resume", "hrm-%j.log"):
        assert said in script
        assert said.replace("%j", "JOB") in page
    options = re.findall(r"^#SBATCH (--\S+)$", script, re.MULTILINE)
    assert {"--requeue", "--nodes=2", "--ntasks-per-node=1", "--open-mode=append"} <= set(options)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_on_two_machines_is_queued_again_and_goes_on(tmp_path: Path) -> None:
    programs = slurm_stand_in.install(tmp_path / "slurm")
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TORCHELASTIC")},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "SLURM_STAND_IN": str(tmp_path / "slurm"),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHON": sys.executable,
        "RANKS": "1",
        "OMP_NUM_THREADS": "1",
    }
    train = ["sudoku-4x4", "--out", "run", "--training.steps", "60", "--training.report-every", "10"]
    train += ["--training.batch-size", "8", "--runtime.device", "cpu", "--runtime.compile", "no"]
    command = ["sbatch", "--time=100", str(FILE), *train, "--runtime.precision", "float32"]
    subprocess.run(command, cwd=tmp_path, env=env, check=True)
    log = tmp_path / "hrm-1.log"
    deadline = time.monotonic() + 500

    def wait_for(text: str) -> None:
        while not (log.exists() and re.search(text, log.read_text(), re.MULTILINE)):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)

    try:
        wait_for("^step ")
        batch = int((tmp_path / "slurm/1/alone.batch").read_text())
        slurm_stand_in.kill(batch, slurm_stand_in.signal.SIGUSR1)
        wait_for("^stopped at step .* and saved")
        wait_for("^resumed at step ")
        wait_for("^finished: run")
    finally:
        subprocess.run(["scancel", "1"], env=env, check=True)
    assert [path.name for path in list_checkpoints(tmp_path / "run")][-1] == "step_00000060"

"""The runs of a study as jobs: of submitit's local executor, and of its SLURM executor with programs that stand in."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import slurm_stand_in
from conftest import REPOSITORY

from hrm.errors import InputError, Notice
from hrm.files import read_json
from hrm.store.locate import list_checkpoints
from hrm.studies import dispatch
from hrm.studies.cluster import Cluster, ClusterOptions
from hrm.studies.dispatch import JOBS, SUBMITTED, last_line, new_place, run_elsewhere, still_queued
from hrm.studies.runner import Done, Work, run_study
from hrm.studies.study import Study, training
from hrm.training.config import RunConfig

submitit = pytest.importorskip("submitit", reason="the extra 'cluster' is not installed")


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for SLURM on the PATH, which is looked at often."""
    programs = slurm_stand_in.install(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_STAND_IN", str(tmp_path / "slurm"))
    monkeypatch.setitem(dispatch.POLL_S, "slurm", 0.2)


def two_points(recipe: RunConfig) -> Study:
    axes = {"M": {"M 1": training(max_segments=1), "M 2": training(max_segments=2)}}
    return Study(question="?", recipe=recipe, axes=axes, seeds=(0,), num_puzzles=4, segments=(1, 2))


def elsewhere(out: Path, cluster: Cluster, said: list[str], **options: object) -> Callable[..., list[Done]]:
    def run(study: Study) -> list[Done]:
        return run_study(
            study,
            out,
            num_threads=1,
            elsewhere=lambda works: run_elsewhere(
                works, out, cluster, replace(ClusterOptions(), **options), said.append
            ),
        )

    return run


def assert_same(out: Path, done: list[Done], alone: Path, expected: list[Done]) -> None:
    """Figures of all runs, and the bytes of their models and training states."""
    assert [(d.label, d.seed, d.figures["readings"]) for d in done] == [
        (d.label, d.seed, d.figures["readings"]) for d in expected
    ]
    runs = [file.parent.relative_to(alone) for file in alone.glob("*/seed_*/config.json")]
    assert runs
    for run in runs:
        assert (out / run / "config.json").read_bytes() == (alone / run / "config.json").read_bytes()
        for file in ("model.safetensors", "state.safetensors"):
            checkpoints = [list_checkpoints(folder / run)[-1] / file for folder in (out, alone)]
            assert checkpoints[0].read_bytes() == checkpoints[1].read_bytes(), run


def test_the_local_executor_gives_what_no_cluster_gives(tiny_run: RunConfig, tmp_path: Path) -> None:
    study, out = two_points(tiny_run), tmp_path / "jobs"
    expected = run_study(study, tmp_path / "alone", num_threads=1)
    done = elsewhere(out, "local", [], array_parallelism=2)(study)
    assert_same(out, done, tmp_path / "alone", expected)
    record = read_json(out / JOBS / SUBMITTED)
    assert set(record) == {"M-1/seed_0", "M-2/seed_0"}
    job = record["M-1/seed_0"]["job"]
    assert "step 12/12" in (out / JOBS / "1" / f"{job}_0_log.out").read_text()
    again = run_study(study, out, elsewhere=lambda works: pytest.fail("there is nothing to do"))
    assert again == done


@pytest.mark.usefixtures("slurm")
def test_slurm_gives_what_no_cluster_gives_and_names_what_failed(tiny_run: RunConfig, tmp_path: Path) -> None:
    axes = {"lr": {"good": training(lr=0.01), "bad": training(lr=1e30)}}
    study, out, said = replace(two_points(tiny_run), axes=axes), tmp_path / "jobs", list[str]()
    good = replace(study, axes={"lr": {name: change for name, change in axes["lr"].items() if name != "bad"}})
    with (
        pytest.warns(Notice, match=r"bad.seed_0: the loss is not a number at step .* \(log: .*1_1_0_log.out\)"),
        pytest.raises(InputError, match="1 of 2 runs failed, as said above: the same command does them again"),
    ):
        elsewhere(out, "slurm", said)(study)
    assert said == [f"2 runs are jobs now (2 of 1); their logs: {out / JOBS / '1'}"]
    assert "Traceback" in (out / JOBS / "1" / "1_1_0_log.out").read_text()
    done = run_study(good, out, elsewhere=lambda works: pytest.fail("it is measured"))
    assert_same(out, done, tmp_path / "alone", run_study(good, tmp_path / "alone", num_threads=1))


@pytest.mark.usefixtures("slurm")
def test_what_sbatch_refuses_leaves_nothing(
    tiny_run: RunConfig, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "study"
    with pytest.raises(InputError, match="sbatch takes no such jobs: sbatch: error: invalid partition specified"):
        elsewhere(out, "slurm", [], partition="nowhere")(two_points(tiny_run))
    assert not (out / JOBS).exists()
    assert capfd.readouterr().err == "", "it is told once"


def test_jobs_that_do_a_run_in_another_way_are_not_waited_for(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    squeue = tmp_path / "bin/squeue"
    squeue.parent.mkdir()
    squeue.write_text("#!/bin/sh\necho 7_0\n")
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{squeue.parent}{os.pathsep}{os.environ['PATH']}")
    works = list[Work]()
    with contextlib.suppress(StopIteration):
        run_study(two_points(tiny_run), tmp_path / "study", elsewhere=lambda these: works.extend(these) or iter(()))
    (tmp_path / "study" / JOBS).mkdir(parents=True)
    entry = {"cluster": "slurm", "folder": "1", "job": "7_0", "how": {**works[0].how, "steps": 1}}
    key = works[0].folder.relative_to(tmp_path / "study").as_posix()
    (tmp_path / "study" / JOBS / "submitted.json").write_text(json.dumps({key: entry}))
    with pytest.raises(InputError, match=r"job 7_0 does .* with other steps or puzzles: wait for it, or scancel it"):
        still_queued(works, tmp_path / "study")


def test_calls_have_folders_of_their_own(tmp_path: Path) -> None:
    assert new_place(tmp_path / "none") == tmp_path / "none" / "1"
    for name in ("1", "9", "10", "submitted.json"):
        (tmp_path / name).mkdir()
    assert new_place(tmp_path) == tmp_path / "11"


def test_the_last_line() -> None:
    assert last_line("a\n b \n\n") == "b"
    assert last_line("\n") == "(nothing was said)"


def wait_for(what: Callable[[], object], seconds: float = 100) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def long_run(recipe: RunConfig, steps: int) -> RunConfig:
    return training(steps=steps, report_every=5, save_every=1000)(recipe)


@pytest.mark.slow
@pytest.mark.usefixtures("slurm")
def test_a_job_of_slurm_that_is_preempted_comes_back_and_goes_on(tiny_run: RunConfig, tmp_path: Path) -> None:
    study = replace(two_points(long_run(tiny_run, 400)), axes={"": {"only": training(max_segments=2)}})
    out = tmp_path / "jobs"

    def preempt() -> None:
        wait_for(lambda: (out / "only/seed_0/metrics.jsonl").exists())
        subprocess.run(["scancel", "1", "--signal", "USR2"], check=True)

    threading.Thread(target=preempt).start()
    done = elsewhere(out, "slurm", [])(study)
    log = (out / JOBS / "1" / "1_0_log.out").read_text()
    assert "was stopped at step" in log
    assert "Requeued job 1" in log
    assert_same(out, done, tmp_path / "alone", run_study(study, tmp_path / "alone", num_threads=1))


@pytest.mark.slow
@pytest.mark.parametrize("cluster", ["slurm", "local"])
@pytest.mark.usefixtures("slurm")
def test_a_job_out_of_time_comes_back_as_often_as_it_may(cluster: Cluster, tiny_run: RunConfig, tmp_path: Path) -> None:
    study = replace(two_points(long_run(tiny_run, 100_000)), axes={"": {"only": training(max_segments=2)}})
    with pytest.warns(Notice, match="timed-out too many times"), pytest.raises(InputError, match="1 of 1 runs"):
        elsewhere(tmp_path / "jobs", cluster, [], timeout_min=1, signal_delay_s=30, max_num_timeout=1)(study)
    (log,) = (tmp_path / "jobs" / JOBS / "1").glob("*log.out")
    said = log.read_text()
    assert said.count("Requeued job") == 1
    assert len(set(re.findall(r"was stopped at step (\d+)", said))) == 2, "further on the second time"


@pytest.mark.slow
@pytest.mark.usefixtures("slurm")
def test_a_job_that_is_cancelled_is_named(tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitit.SlurmJob, "_results_timeout_s", 1)
    study = replace(two_points(long_run(tiny_run, 100_000)), axes={"": {"only": training(max_segments=2)}})
    out = tmp_path / "jobs"

    def cancel() -> None:
        wait_for(lambda: (out / "only/seed_0/metrics.jsonl").exists())
        subprocess.run(["scancel", "1"], check=True)

    threading.Thread(target=cancel).start()
    with (
        pytest.warns(Notice, match=r"only.seed_0: ended without a result \(CANCELLED\) \(log: "),
        pytest.raises(InputError, match="1 of 1 runs failed"),
    ):
        elsewhere(out, "slurm", [])(study)
    assert list_checkpoints(out / "only/seed_0"), "it saved what it had"

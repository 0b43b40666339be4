"""What a job is given, and what is refused before anything is written."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import slurm_stand_in

from hrm.errors import InputError
from hrm.studies.cluster import Cluster, ClusterOptions, check, executor_in, parameters, threads


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SLURM's programs, and nothing else, on the PATH."""
    monkeypatch.setenv("PATH", str(slurm_stand_in.install(tmp_path / "slurm")))


@pytest.mark.parametrize(
    ("cluster", "options", "reason"),
    [
        (None, {"partition": "gpu"}, "--cluster.partition is about jobs: say --cluster slurm"),
        ("slurm", {"timeout_min": 0}, "--cluster.timeout-min is 0"),
        ("slurm", {"max_num_timeout": -1}, "--cluster.max-num-timeout is -1"),
        ("slurm", {"cpus_per_task": 0}, "--cluster.cpus-per-task is 0"),
        ("slurm", {"gpus_per_node": -1}, "--cluster.gpus-per-node is -1"),
        ("slurm", {"array_parallelism": 0}, "--cluster.array-parallelism is 0"),
        ("slurm", {"mem_gb": 0.0}, "--cluster.mem-gb is 0.0: it must be above 0"),
        ("slurm", {"mem_gb": float("inf")}, "--cluster.mem-gb is inf: give a finite number"),
        ("slurm", {"timeout_min": 1}, "told to save before it begins"),
        ("local", {"partition": "gpu"}, "--cluster.partition is for --cluster slurm"),
        ("local", {"mem_gb": 3.0}, "--cluster.mem-gb is for --cluster slurm"),
        ("slurm", {"additional_parameters": ("qos",)}, "'qos': give options of sbatch as KEY=VALUE"),
        ("slurm", {"additional_parameters": ("qos=a\n#SBATCH --x",)}, "give options of sbatch as KEY=VALUE"),
        ("slurm", {"additional_parameters": ("mem=4G",)}, "mem=4G: say --cluster.mem-gb"),
        ("slurm", {"additional_parameters": ("signal=USR1@3",)}, "that is settled by hrm and submitit"),
        ("slurm", {"additional_parameters": ("qos=a", "--qos=b")}, "qos is given twice"),
    ],
)
@pytest.mark.usefixtures("slurm")
def test_wrong_values(cluster: Cluster, options: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError) as raised:
        check(cluster, replace(ClusterOptions(), **options))
    assert reason in str(raised.value)


@pytest.mark.usefixtures("slurm")
def test_what_can_be_is_not_refused() -> None:
    check(None, ClusterOptions())
    check("local", ClusterOptions())
    check("slurm", ClusterOptions(partition="gpu", additional_parameters=("qos=high", "constraint=a100|h100")))


def test_without_slurm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="there is no sbatch on this machine"):
        check("slurm", ClusterOptions())


@pytest.mark.parametrize("cluster", ["slurm", "local"])
def test_without_submitit(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(InputError, match=r"pip install 'hrm-lab\[cluster\]'"):
        check(cluster, ClusterOptions())


def test_threads_of_a_job_are_its_cores() -> None:
    assert threads("slurm", ClusterOptions()) == 1, "what SLURM gives where nobody asks"
    assert threads("local", ClusterOptions()) is None
    assert threads("local", ClusterOptions(cpus_per_task=3)) == 3


@pytest.mark.usefixtures("slurm")
def test_what_sbatch_is_asked_for(tmp_path: Path) -> None:
    options = ClusterOptions(
        partition="gpu",
        account="lab",
        timeout_min=90,
        signal_delay_s=120,
        cpus_per_task=4,
        gpus_per_node=1,
        mem_gb=1.5,
        array_parallelism=7,
        additional_parameters=("qos=high", "constraint=a100|h100"),
    )
    assert parameters(options) == {"qos": "high", "constraint": "a100|h100"}
    pytest.importorskip("submitit", reason="the extra 'cluster' is not installed")
    text = executor_in(tmp_path / "jobs", "slurm", options)._make_submission_file_text("command", "id")
    asked = {line.removeprefix("#SBATCH --") for line in text.splitlines() if line.startswith("#SBATCH")}
    assert asked >= {
        *("partition=gpu", "account=lab", "time=90", "signal=USR2@120", "cpus-per-task=4", "gpus-per-node=1"),
        *("mem=1536MB", "qos=high", "constraint='a100|h100'", "requeue", "open-mode=append", "job-name=hrm"),
    }
    bare = executor_in(tmp_path / "jobs", "slurm", ClusterOptions())._make_submission_file_text("command", "id")
    assert "partition" not in bare
    assert "gpus" not in bare, "a cluster that has none may refuse even 0"
    assert "#SBATCH --cpus-per-task=1" in bare

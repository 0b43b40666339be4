"""The cluster that a study runs on: what a job is given there, whether that can be, and submitit's way to it.

Submitit (github.com/facebookincubator/submitit, the extra ``cluster``) speaks to SLURM, or starts processes of this
machine that behave like its jobs. It is imported when it is first needed.
"""

from __future__ import annotations

import math
import os
import re
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hrm.errors import InputError, require_above, require_at_least, require_finite

if TYPE_CHECKING:
    from submitit import LocalExecutor, SlurmExecutor

Cluster = Literal["slurm", "local"]

OURS = ("time", "signal", "array", "output", "error", "open-mode", "job-name", "nodes", "ntasks-per-node", "requeue")
"""Options of sbatch that what is built here depends on, or that have a name of their own."""


@dataclass(frozen=True, kw_only=True)
class ClusterOptions:
    """The means of a job, by submitit's names."""

    partition: str | None = None
    """Partition of SLURM (the cluster's own when not given)."""
    account: str | None = None
    """Account of SLURM that pays."""
    timeout_min: int = 240
    """Minutes that a job may take. One that needs more is saved, queued again, and goes on."""
    max_num_timeout: int = 3
    """Times that a job which has met its time limit is queued again."""
    signal_delay_s: int = 90
    """Seconds before the time limit at which a job is told to save."""
    cpus_per_task: int | None = None
    """Processor cores, and threads, of a job (slurm: 1; local: its share of this machine when not given)."""
    gpus_per_node: int = 0
    """Graphics cards of a job; a run trains on one."""
    mem_gb: float | None = None
    """Memory of a job in GB (the cluster's own when not given)."""
    array_parallelism: int | None = None
    """Jobs at a time (slurm: 256; local: 1 when not given)."""
    additional_parameters: tuple[str, ...] = ()
    """Any other options of sbatch: qos=high constraint=a100"""


def check(cluster: Cluster | None, options: ClusterOptions) -> None:
    """``InputError`` for options that cannot be, and where this machine has not what they need; nothing is written."""
    given = [f.name for f in fields(options) if getattr(options, f.name) != f.default]
    if cluster is None:
        if given:
            raise InputError(f"{_flag(given[0])} is about jobs: say --cluster slurm, or --cluster local, too")
        return
    at_least = {"timeout_min": 1, "max_num_timeout": 0, "signal_delay_s": 1, "cpus_per_task": 1, "gpus_per_node": 0}
    for name, least in {**at_least, "array_parallelism": 1}.items():
        require_at_least(least, **{f"cluster.{name}": getattr(options, name)})
    require_finite(**{"--cluster.mem-gb": options.mem_gb})
    require_above(0, **{"cluster.mem_gb": options.mem_gb})
    if options.signal_delay_s >= 60 * options.timeout_min:
        raise InputError(
            f"--cluster.signal-delay-s is {options.signal_delay_s}: a job of {options.timeout_min} minutes would be "
            "told to save before it begins; give a longer --cluster.timeout-min"
        )
    parameters(options)
    if cluster == "local":
        for name in ("partition", "account", "mem_gb", "additional_parameters"):
            if name in given:
                raise InputError(f"{_flag(name)} is for --cluster slurm: nothing heeds it on this machine")
    if os.name != "posix":
        raise InputError("--cluster needs signals that this system does not have: leave it out")
    try:
        import submitit  # noqa: F401
    except ImportError as error:
        raise InputError("--cluster needs submitit: pip install 'hrm-lab[cluster]'") from error
    for program in ("sbatch", "srun", "squeue", "sacct", "scontrol") if cluster == "slurm" else ():
        if shutil.which(program) is None:
            raise InputError(
                f"there is no {program} on this machine: give the command where SLURM's programs are, or say "
                "--cluster local"
            )


def _flag(name: str) -> str:
    return f"--cluster.{name.replace('_', '-')}"


def parameters(options: ClusterOptions) -> dict[str, str]:
    """The other options of sbatch, by their names. Raises ``InputError`` for what is no KEY=VALUE."""
    found: dict[str, str] = {}
    for text in options.additional_parameters:
        match = re.fullmatch(r"(?:--)?([a-z][a-z0-9-]*)=(.+)", text)
        if match is None or not text.isprintable():
            raise InputError(f"--cluster.additional-parameters {text!r}: give options of sbatch as KEY=VALUE")
        key, value = match.groups()
        own = {_of_sbatch(f.name): _flag(f.name) for f in fields(options)}
        if key in own or key in OURS:
            instead = f"say {own[key]}" if key in own else "that is settled by hrm and submitit"
            raise InputError(f"--cluster.additional-parameters {text}: {instead}")
        if key in found:
            raise InputError(f"--cluster.additional-parameters: {key} is given twice")
        found[key] = value
    return found


def _of_sbatch(name: str) -> str:
    return {"mem_gb": "mem", "timeout_min": "time"}.get(name, name.replace("_", "-"))


def threads(cluster: Cluster, options: ClusterOptions) -> int | None:
    """The threads of a run; None: its share of this machine's."""
    return options.cpus_per_task or (1 if cluster == "slurm" else None)


def executor_in(folder: Path, cluster: Cluster, options: ClusterOptions) -> LocalExecutor | SlurmExecutor:
    """Submitit's way to the machines, with its files in ``folder``."""
    import submitit

    if cluster == "local":
        here = submitit.LocalExecutor(folder, max_num_timeout=options.max_num_timeout)
        here.update_parameters(
            timeout_min=options.timeout_min,
            signal_delay_s=options.signal_delay_s,
            gpus_per_node=options.gpus_per_node,
            stderr_to_stdout=True,
        )
        return here
    executor = submitit.SlurmExecutor(folder, max_num_timeout=options.max_num_timeout)
    given = {
        "partition": options.partition,
        "account": options.account,
        "gpus_per_node": options.gpus_per_node or None,  # a cluster without any may refuse to give none
        "mem": None if options.mem_gb is None else f"{math.ceil(1024 * options.mem_gb)}MB",
        "array_parallelism": options.array_parallelism,
    }
    executor.update_parameters(
        job_name="hrm",
        time=options.timeout_min,
        signal_delay_s=options.signal_delay_s,
        cpus_per_task=threads(cluster, options),
        stderr_to_stdout=True,
        additional_parameters={"requeue": True, **parameters(options)},
        **{name: value for name, value in given.items() if value is not None},
    )
    return executor

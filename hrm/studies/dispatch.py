"""The runs of a study as jobs of a cluster: submitted, waited for, gathered.

::

    runs/ablate/STUDY/jobs/
        submitted.json              run -> the job that it was given last
        N/J_submission.sh           what the N-th call of the command handed to sbatch
        N/J_K_0_log.out             what job J_K said: reports of its run, and why it failed
        N/J_K_submitted.pkl, ...    submitit's own
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hrm.errors import InputError, StoppedError, notify
from hrm.files import read_json, write_whole
from hrm.studies.cluster import Cluster, ClusterOptions, executor_in
from hrm.studies.job import RunJob
from hrm.studies.runner import Done, Work

if TYPE_CHECKING:
    from submitit import Job, LocalExecutor, SlurmExecutor

JOBS, SUBMITTED = "jobs", "submitted.json"

POLL_S: dict[str, float] = {"slurm": 5.0, "local": 0.2}
"""Seconds between two looks at the results, which are files; submitit itself asks the scheduler less often."""

TOLD_AGAIN_S = 5.0
"""Seconds after which a job of this machine is told once more to stop: it may not have listened yet."""


def run_elsewhere(
    works: list[Work], out: Path, cluster: Cluster, options: ClusterOptions, say: Callable[[str], None]
) -> Iterator[Done]:
    """The runs of the study in the folder ``out``, a job each, as they are done; ``say`` is told of the jobs.

    Jobs of SLURM that were submitted before and are still in its queue are waited for, not submitted again. A run that
    fails is named with its log, and the others go on; then ``InputError``. Ctrl-C (``StoppedError``): processes of this
    machine save and end, jobs of SLURM stay.
    """
    folder = out / JOBS
    waiting = list(works)
    running: dict[Job[Done], Work] = {}
    failed = 0
    most = len(waiting) if cluster == "slurm" else options.array_parallelism or 1
    try:
        if cluster == "slurm" and (running := still_queued(works, out)):
            waiting = [work for work in works if work not in running.values()]
            say(f"{len(running)} of these runs are jobs already ({names_of(running)}): waiting for them")
        executor = None if not waiting else executor_in(new_place(folder), cluster, options)
        while waiting or running:
            if executor is not None and (now := waiting[: max(0, most - len(running))]):
                running |= submit(executor, now, out, cluster, say)
                waiting = waiting[len(now) :]
            for job in [job for job in running if job.done()]:
                work = running.pop(job)
                if (reason := reason_of_failure(job)) is None:
                    yield job.result()
                else:
                    failed += 1
                    where = "" if str(work.folder) in reason else f"{work.folder}: "
                    notify(f"{where}{reason} (log: {job.paths.stdout})")
            if running:
                time.sleep(POLL_S[cluster])
    except BaseException as error:
        if cluster == "local":
            end(running)
        if isinstance(error, KeyboardInterrupt):
            raise StoppedError(_interrupted(cluster, running), signal.SIGINT) from error
        raise
    if failed:
        raise InputError(f"{failed} of {len(works)} runs failed, as said above: the same command does them again")


def _interrupted(cluster: Cluster, running: Mapping[Job[Done], Work]) -> str:
    if cluster == "local" or not running:
        return "interrupted: the same command goes on"
    return (
        f"interrupted: the jobs stay in the queue ({names_of(running)}), and the same command waits for them again; "
        f"scancel {' '.join(sorted({job.job_id.partition('_')[0] for job in running}))} ends them"
    )


def names_of(jobs: Mapping[Job[Done], Work]) -> str:
    """The numbers of jobs, those of an array as one."""
    arrays: dict[str, int] = {}
    for job in jobs:
        array = job.job_id.partition("_")[0]
        arrays[array] = arrays.get(array, 0) + 1
    return ", ".join(array if num == 1 else f"{num} of {array}" for array, num in arrays.items())


def new_place(folder: Path) -> Path:
    """The folder of the next call's jobs: processes of two calls may have one number."""
    taken = [int(entry.name) for entry in folder.glob("*") if entry.name.isdecimal()] if folder.is_dir() else []
    return folder / str(max(taken, default=0) + 1)


def submit(
    executor: LocalExecutor | SlurmExecutor, works: list[Work], out: Path, cluster: Cluster, say: Callable[[str], None]
) -> dict[Job[Done], Work]:
    """Jobs for ``works``, written down. Raises ``InputError``, and leaves nothing, where the scheduler refuses."""
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    folder = executor.folder
    try:
        with _no_part_of_a_job(), _deaf(cluster), contextlib.redirect_stderr(io.StringIO()):  # of sbatch: told below
            jobs: list[Job[Done]] = executor.submit_array([RunJob(work) for work in works])
    except (FailedJobError, FailedSubmissionError) as error:
        shutil.rmtree(folder)
        with contextlib.suppress(OSError):  # jobs of before are in it
            folder.parent.rmdir()
        raise InputError(f"sbatch takes no such jobs: {last_line(str(error))}") from error
    found = dict(zip(jobs, works, strict=True))
    entries = {
        _key(work, out): {"cluster": cluster, "folder": folder.name, "job": job.job_id, "how": work.how}
        for job, work in found.items()
    }
    record = folder.parent / SUBMITTED
    before = read_json(record) if record.exists() else {}
    write_whole(record, json.dumps({**before, **entries}, indent=2).encode())
    if cluster == "slurm":
        say(f"{len(jobs)} runs are jobs now ({names_of(found)}); their logs: {folder}")
    return found


def _key(work: Work, out: Path) -> str:
    return work.folder.relative_to(out).as_posix()


@contextlib.contextmanager
def _no_part_of_a_job() -> Iterator[None]:
    """A time in which what is submitted within a job of SLURM inherits nothing from it; elsewhere, what a person has
    set in the environment (SBATCH_ACCOUNT) holds."""
    if "SLURM_JOB_ID" not in os.environ:
        yield
        return
    from submitit.helpers import clean_env, environment_variables

    kept = {name: value for name, value in os.environ.items() if name == "SLURM_CONF"}  # where SLURM is
    with clean_env(), environment_variables(**kept):
        yield


@contextlib.contextmanager
def _deaf(cluster: Cluster) -> Iterator[None]:
    """A time in which processes begin that do not hear Ctrl-C, nor the end of the terminal, which reach all of its
    processes: they are told to stop by SIGTERM, once, and save. What this process is sent, it hears a little later."""
    numbers = {signal.SIGINT, signal.SIGHUP} if cluster == "local" else set()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end(running: Mapping[Job[Done], Work]) -> None:
    """Stop processes of this machine, and wait until they have saved."""
    told = float("-inf")
    while left := [job for job in running if not job.done()]:
        if time.monotonic() - told > TOLD_AGAIN_S:
            told = time.monotonic()
            for job in left:  # not job.cancel(), after which they have a second
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(job.job_id), signal.SIGTERM)  # submitit's process hands it on
        time.sleep(0.1)


def still_queued(works: list[Work], out: Path) -> dict[Job[Done], Work]:
    """The jobs of SLURM, submitted before, that wait or run. Raises ``InputError`` where the queue cannot be read, or
    such a job does one of these runs in another way."""
    record = out / JOBS / SUBMITTED
    entries = read_json(record) if record.exists() else {}
    if not any(entry["cluster"] == "slurm" for entry in entries.values()):
        return {}
    import submitit

    asked = subprocess.run(
        ["squeue", "--me", "--noheader", "--array", "--format=%i"], capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise InputError(f"squeue does not say which jobs there are: {last_line(asked.stderr)}")
    queued = set(asked.stdout.split())
    found: dict[Job[Done], Work] = {}
    for work in works:
        entry = entries.get(_key(work, out))
        if entry is not None and entry["cluster"] == "slurm" and entry["job"] in queued:
            if entry.get("how", work.how) != work.how:
                raise InputError(
                    f"job {entry['job']} does {work.folder} with other steps or puzzles: wait for it, or scancel it"
                )
            found[submitit.SlurmJob(out / JOBS / entry["folder"], entry["job"])] = work
    return found


def reason_of_failure(job: Job[Done]) -> str | None:
    """The reason, in a line, for which a job that has ended has no result; None where it has one."""
    from submitit.core.utils import FailedJobError

    error = job.exception()
    if error is None:
        return None
    if not isinstance(error, FailedJobError):  # it did not come to say why
        return f"ended without a result ({job.state})"
    trace = str(error).partition("-" * 22)[2].partition("-" * 22)[0]
    name, _, said = last_line(trace or str(error)).partition(": ")
    return said if said and name.rpartition(".")[2] in ("InputError", "UncompletedJobError") else f"{name}: {said}"


def last_line(text: str) -> str:
    """The last line of a text that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "(nothing was said)")

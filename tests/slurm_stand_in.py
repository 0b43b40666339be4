"""A stand-in for SLURM's programs on one machine: what sbatch is handed runs here in the background, as the elements of
an array, each a ``bash`` with a step by srun; sacct, squeue, scontrol and scancel know of it.

Only what submitit and the batch file in ``examples/`` ask for. Several nodes are several processes. Everything it
knows is in the folder that ``SLURM_STAND_IN`` names; ``SLURM_STAND_IN_MINUTE`` says how many seconds a minute has.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = ("sbatch", "srun", "sacct", "squeue", "scontrol", "scancel")
GONE = ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED")
GRACE_S = 10.0
"""Seconds from SIGTERM to SIGKILL."""


def root() -> Path:
    return Path(os.environ["SLURM_STAND_IN"])


def install(folder: Path) -> Path:
    """The programs, in a folder to put on the PATH."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for name in PROGRAMS:
        command = shlex.join([sys.executable, str(Path(__file__).resolve()), name])
        (programs / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (programs / name).chmod(0o755)
    return programs


class Element:
    """A job: one of an array, or one alone (number ""). Its words are files, which every program reads."""

    def __init__(self, job: str, number: str) -> None:
        self.job, self.number = job, number
        self.name = f"{job}_{number}" if number else job

    def file(self, kind: str) -> Path:
        return root() / self.job / f"{self.number or 'alone'}.{kind}"

    @property
    def state(self) -> str:
        return self.file("state").read_text()

    @state.setter
    def state(self, state: str) -> None:
        unfinished = self.file("state.new")
        unfinished.write_text(state)
        unfinished.replace(self.file("state"))

    def step(self) -> list[int]:
        """The processes of the step that are there."""
        pids = map(int, self.file("step").read_text().split()) if self.file("step").exists() else ()
        return [pid for pid in pids if Path(f"/proc/{pid}").exists()]

    def signal_step(self, number: int) -> None:
        for pid in self.step():
            kill(pid, number)

    def end(self) -> None:
        """SIGTERM for the step and the batch script, as scancel and requeue have it."""
        self.signal_step(signal.SIGTERM)
        if self.file("batch").exists():
            kill(int(self.file("batch").read_text()), signal.SIGTERM)


def kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def elements(names: list[str] | None = None) -> Iterator[Element]:
    """The jobs of these names, arrays whole; all of them."""
    for file in sorted(root().glob("*/*.state")):
        number = file.name.removesuffix(".state")
        element = Element(file.parent.name, "" if number == "alone" else number)
        if names is None or element.name in names or element.job in names:
            yield element


def sbatch(args: list[str]) -> int:
    script = next(arg for arg in args if not arg.startswith("-"))
    rest = args[args.index(script) + 1 :]
    text = Path(script).read_text()
    options = {}
    for word in [*re.findall(r"^#SBATCH (--.*)$", text, re.MULTILINE), *args[: args.index(script)]]:
        key, _, value = shlex.split(word)[0].lstrip("-").partition("=")
        options[key] = value
    if options.get("partition") == "nowhere":
        print("sbatch: error: invalid partition specified: nowhere", file=sys.stderr)
        return 1
    job = str(1 + max((int(folder.name) for folder in root().glob("[0-9]*")), default=0))
    (root() / job).mkdir()
    first, last, most = (int(n) for n in re.findall(r"\d+", options["array"])) if "array" in options else (0, 0, 1)
    for number in [str(n) for n in range(first, last + 1)] if "array" in options else [""]:
        Element(job, number).state = "PENDING"
    (root() / job / "script.sh").write_text(text)
    (root() / job / "job.json").write_text(json.dumps({"options": options, "args": rest, "most": most}))
    subprocess.Popen(
        [sys.executable, __file__, "manage", job],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(root() / job / "manager.log").open("w"),
    )
    print(f"Submitted batch job {job}")
    return 0


def manage(args: list[str]) -> int:
    """What slurmctld and slurmd do for one call of sbatch: elements begin as there is room, and end as they must."""
    job = args[0]
    told = json.loads((root() / job / "job.json").read_text())
    running: dict[str, tuple[Element, subprocess.Popen[bytes], float, set[str]]] = {}
    while any(element.state not in GONE for element in elements([job])):
        for element in elements([job]):
            if element.state == "PENDING" and len(running) < told["most"] and element.name not in running:
                running[element.name] = (element, begin(element, told), time.monotonic(), set())
        for name, (element, process, since, done) in list(running.items()):
            if process.poll() is None or element.step():
                watch(element, told["options"], time.monotonic() - since, done)
                if element.file("requeue").exists() and "requeue" not in done:
                    done.add("requeue")
                    element.end()
                continue
            del running[name]
            for kind in ("step", "batch"):
                element.file(kind).unlink(missing_ok=True)
            if element.file("requeue").exists():
                element.file("requeue").unlink()
                element.state = "PENDING"
            elif element.file("cancel").exists():
                element.state = "CANCELLED"
            elif "limit" in done:
                element.state = "TIMEOUT"
            else:
                element.state = "FAILED" if process.returncode else "COMPLETED"
        time.sleep(0.05)
    return 0


def begin(element: Element, told: dict[str, object]) -> subprocess.Popen[bytes]:
    options = told["options"]
    assert isinstance(options, dict)
    nodes = options.get("nodes", "1")
    environment = {
        **os.environ,
        "SLURM_JOB_ID": element.job,
        "SLURM_NTASKS": nodes,
        "SLURM_JOB_NUM_NODES": nodes,
        "SLURM_JOB_NODELIST": ",".join(["localhost"] * int(nodes)),
        "SLURM_STAND_IN_ELEMENT": element.number,
    }
    if element.number:
        environment |= {"SLURM_ARRAY_JOB_ID": element.job, "SLURM_ARRAY_TASK_ID": element.number}
    output = options.get("output", "slurm-%j.out")
    script = [str(root() / element.job / "script.sh"), *told["args"]]  # type: ignore[misc]
    with open(place(output, element), "a") as out:
        process = subprocess.Popen(["bash", *script], env=environment, stdout=out, stderr=out, start_new_session=True)
    element.file("batch").write_text(str(process.pid))
    element.state = "RUNNING"
    return process


def place(pattern: str, element: Element, task: int = 0) -> str:
    values = {"%A": element.job, "%a": element.number, "%j": element.name, "%t": str(task)}
    return re.sub("%[Aajt]", lambda match: values[match[0]], pattern)


def watch(element: Element, options: dict[str, str], ran: float, done: set[str]) -> None:
    """The warning and the end of the time limit."""
    minute = float(os.environ.get("SLURM_STAND_IN_MINUTE", "60"))
    limit = float(options.get("time", "100000")) * minute
    name, delay = re.fullmatch(r"(?:B:)?(\w+)@(\d+)", options.get("signal", "USR1@0")).groups()  # type: ignore[union-attr]
    if ran > limit - float(delay) * minute / 60 and "warned" not in done:
        done.add("warned")
        number = getattr(signal, f"SIG{name}")
        if options.get("signal", "").startswith("B:"):
            kill(int(element.file("batch").read_text()), number)
        else:
            element.signal_step(number)
    if ran > limit and "limit" not in done:
        done.add("limit")
        element.end()
    if ran > limit + GRACE_S:
        element.signal_step(signal.SIGKILL)


def srun(args: list[str]) -> int:
    """A step: a process per node, in which signals to the step arrive."""
    element = Element(os.environ["SLURM_JOB_ID"], os.environ["SLURM_STAND_IN_ELEMENT"])
    output = ""
    while args[0].startswith("-"):
        option, _, value = args.pop(0).partition("=")
        if option == "--output":
            output = value or args.pop(0)
    processes = []
    for node in range(int(os.environ["SLURM_JOB_NUM_NODES"])):
        environment = {**os.environ, "SLURM_PROCID": str(node), "SLURM_NODEID": str(node), "SLURM_LOCALID": "0"}
        out = open(place(output, element, node), "a") if output else None  # noqa: SIM115
        processes.append(subprocess.Popen(args, env=environment, stdout=out, stderr=out))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what it does with it, it did to the step
    element.file("step").write_text(" ".join(str(process.pid) for process in processes))
    return max(abs(process.wait()) for process in processes)


def sacct(args: list[str]) -> int:
    print("JobID|State|NodeList")
    for element in elements([args[n + 1] for n, arg in enumerate(args) if arg == "-j"]):
        print(f"{element.name}|{element.state}|localhost\n{element.name}.batch|{element.state}|localhost")
    return 0


def squeue(args: list[str]) -> int:
    for element in elements():
        if element.state not in GONE:
            print(element.name)
    return 0


def scontrol(args: list[str]) -> int:
    if args[:2] == ["show", "hostnames"]:
        print("\n".join(args[2].split(",")))
        return 0
    assert args[0] == "requeue"
    for element in elements([args[1]]):
        element.file("requeue").touch()
    return 0


def scancel(args: list[str]) -> int:
    number = None
    if "--signal" in args:
        at = args.index("--signal")
        args[at : at + 2] = [f"--signal={args[at + 1]}"]
    if given := [arg for arg in args if arg.startswith("--signal=")]:
        args.remove(given[0])
        number = getattr(signal, f"SIG{given[0].removeprefix('--signal=').removeprefix('SIG')}")
    for element in elements([name.partition(".")[0] for name in args]):
        if number is not None:
            element.signal_step(number)
            continue
        element.file("cancel").touch()
        if element.state == "PENDING":
            element.state = "CANCELLED"
        element.end()
    return 0


if __name__ == "__main__":
    sys.exit(globals()[sys.argv[1]](sys.argv[2:]))

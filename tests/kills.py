"""A run that is killed over and over, for tests: ``Survivor``.

Starting Python with torch takes seconds, so one process does that and no more: for every attempt it forks, which takes
milliseconds, and the child trains until it is killed. It is asked over its standard input.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from conftest import REPOSITORY, tiny_config

from hrm.store.locate import list_checkpoints
from hrm.training import journal
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.run import begun, prepare, run

PHASES = ("starting", "restoring", "training", "saving", "finished")
MARK = struct.Struct("qq")
"""Phase, and the step that is safe: a file tells it, which a kill cannot make wrong by halves."""


def config_of(steps: int, save_minutes: float) -> RunConfig:
    """A run with everything that a kill may come between: reports, checkpoints by step and by the clock, measurements
    and a best one."""
    config = tiny_config()
    training = replace(
        config.training,
        steps=steps,
        report_every=3,
        save_every=7,
        save_minutes=save_minutes,
        validate_every=5,
        num_validation=4,
    )
    return replace(config, training=training)


def train(path: Path, steps: int, save_minutes: float) -> None:
    """One attempt: the run from where it is to its end. What is not as it should be raises."""
    mark = os.open(path.with_suffix(".mark"), os.O_RDWR | os.O_CREAT)
    _, safe = _mark(path)

    def tell(phase: str, step: int) -> None:
        os.pwrite(mark, MARK.pack(PHASES.index(phase), step), 0)

    journal.MOST = 20  # so that lines are thinned, too
    save, restore = RunFolder.save, RunFolder.restore

    def saving(self: RunFolder, state: Any, **how: bool) -> None:
        nonlocal safe
        tell("saving", safe)
        save(self, state, **how)
        safe = state.step
        tell("training", safe)

    def restoring(self: RunFolder, state: Any) -> bool:
        tell("restoring", safe)
        found = restore(self, state)
        assert state.step >= safe, f"step {safe} was saved, and the run goes on from {state.step}"
        tell("training", safe)
        return found

    RunFolder.save, RunFolder.restore = saving, restoring  # type: ignore[method-assign]
    warnings.simplefilter("error")  # no checkpoint may look damaged
    warnings.filterwarnings("default", message=".*has no checkpoint yet: its steps are done again")
    tell("starting", safe)
    with begun(path, config_of(steps, save_minutes), resume=True) as (folder, prepared):
        assert run(folder, prepared).is_finished
    tell("finished", steps)


def serve() -> None:
    """Fork for every line of standard input, and say how the child ended."""
    import torch

    torch.set_num_threads(1)
    prepare(config_of(1, 0.0))  # imports what is imported late
    for line in sys.stdin:
        path, steps, save_minutes = json.loads(line)
        if (child := os.fork()) == 0:
            with contextlib.suppress(BaseException):
                try:
                    train(Path(path), steps, save_minutes)
                    os._exit(0)
                except BaseException as error:
                    print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


class Survivor:
    """Runs, in processes that can be killed. A context manager."""

    def __enter__(self) -> Survivor:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "tests"))),
            "OMP_NUM_THREADS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", "import kills; kills.serve()"],
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=60)

    def attempt(self, path: Path, steps: int, save_minutes: float = 0.0, kill_after: float | None = None) -> int | None:
        """One attempt at a run, killed after so many seconds, if it is not over by then: its phase at that moment,
        None where it came to its end."""
        print(json.dumps([str(path), steps, save_minutes]), file=self.process.stdin, flush=True)
        child = int(self.process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        status = int(self.process.stdout.readline())
        assert status in (0, -signal.SIGKILL), "what it said is above"
        return None if status == 0 else _mark(path)[0]

    def kill(self, folder: Path, num: int, steps: int, seed: int) -> dict[str, int]:
        """A run, and others after it, killed ``num`` times at random moments, each at last left to come to its end.
        Checkpoints by the clock come every 30 ms. How often it was doing what."""
        moments, found, runs = random.Random(seed), dict.fromkeys(PHASES, 0), 0
        while sum(found.values()) < num:
            path, runs = folder / f"killed-{seed}-{runs}", runs + 1
            longest = 0.1
            while sum(found.values()) < num:
                _, before = _mark(path)
                phase = self.attempt(path, steps, 0.0005, moments.uniform(0, longest))
                if phase is None:
                    break
                found[PHASES[phase]] += 1
                # On any machine two of three attempts come further, and the others end before that.
                longest *= 1.5 if _mark(path)[1] == before else 0.8
            assert self.attempt(path, steps, 0.0005) is None
        return found | {"runs": runs}


def _mark(path: Path) -> tuple[int, int]:
    """The phase that a run is in, or was killed in, and the step that is safe."""
    file = path.with_suffix(".mark")
    content = file.read_bytes() if file.exists() else b""
    phase, step = MARK.unpack(content or MARK.pack(0, 0))
    return phase, step


def outcome_of(run: Path) -> dict[str, Any]:
    """Everything that a run ends with, but what tells of the clock."""
    last, found = list_checkpoints(run)[-1], {}
    (best,) = (run / "checkpoints").glob("best_*")
    for folder in (last, best):
        for file in sorted(folder.iterdir()):
            if file.suffix in (".safetensors", ".json") and file.name != "config.json":
                found[f"{folder.name}/{file.name}"] = file.read_bytes()
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return found | {"lines": [{**line, "steps_per_s": None} for line in lines]}

"""Speed of a training step with more and more ranks, each number of them started by torch's own launcher, as a person
starts ``torchrun -m hrm train``; and what the ranks send each other.

The batch is the whole run's, so with more ranks each has less of it (strong scaling). Every rank has as many threads,
whatever their number; one rank with the threads of the whole machine is what somebody without torchrun has.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from hrm.errors import InputError, ToldError
from hrm.files import read_json, write_whole
from hrm.models.cost import random_batch
from hrm.nn.block import fit_levels
from hrm.runtime import keep_memory, resolve, seconds
from hrm.training.config import RunConfig
from hrm.training.loop import initial_state, train_step
from hrm.training.shards import shard_tables, spec_to_build
from hrm.world import ALONE, EMBEDDINGS, GRADIENTS, REST, World, device_of_rank, joined

WARM_UP = 3
"""Steps dropped in each start. Chosen by hand."""
TRAFFIC = (GRADIENTS, EMBEDDINGS, REST)
RUN, RESULT = "run.json", "result.json"
PACKAGE = Path(__file__).parents[2]
"""The folder that this package is imported from."""


@dataclass(frozen=True)
class Setting:
    """One line of the table: so many ranks with so many threads each."""

    ranks: int
    threads: int


@dataclass(frozen=True)
class Scaled:
    """One line of the benchmark: medians over all steps of all rounds."""

    ranks: int
    threads: int  # of each rank
    samples_per_s: float
    seconds_per_step: float
    efficiency: float  # samples/s as a share of ``ranks`` times those of one rank with as many threads
    times_as_fast: float  # as one rank with all threads, or with as many where it has no others
    sent: dict[str, float]  # bytes a step that one rank gives to the engine for others, by kind
    runtime: str


@dataclass(frozen=True)
class Work:
    """The work of every setting: steps of ``config``, whose model knows so many puzzles (None: those of its task)."""

    config: RunConfig
    num_puzzles: int | None
    steps: int


def num_cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def num_devices(device: str) -> int:
    """The ranks that can have a device of their own: graphics cards, or cores where the processor computes."""
    on_cuda = device in ("auto", "cuda") and torch.cuda.is_available()
    return torch.cuda.device_count() if on_cuda else num_cores()


def doublings(most: int) -> tuple[int, ...]:
    """1, 2, 4 ... up to ``most``, which is the last."""
    return tuple(sorted({*(2**i for i in range(most.bit_length())), most}))


def settings(ranks: Sequence[int], threads: int | None, cores: int) -> list[Setting]:
    """The lines of the table. threads: of each rank; the share of the most ranks when None. One rank is always among
    them, with as many threads as the others and, where that is not the same, with all."""
    each = threads or max(1, cores // max(ranks))
    return sorted(
        {Setting(1, cores), Setting(1, each), *(Setting(num, each) for num in ranks)},
        key=lambda setting: (setting.ranks, -setting.threads),
    )


def bench_scaling(work: Work, lines: Sequence[Setting], *, cores: int, rounds: int) -> list[Scaled]:
    """Every one of the ``settings`` in turn, ``rounds`` times, each time in ranks of its own. cores: threads of a rank
    that has all.

    Raises ``InputError`` for a batch that some of the ranks cannot share, or where they fail."""
    for line in lines:
        World(0, line.ranks).share_of(work.config.training.batch_size, "the batch")
    found: dict[Setting, list[dict[str, Any]]] = {line: [] for line in lines}
    for _ in range(rounds):
        for line in lines:
            found[line].append(launch(work, line))
    took = {line: [t for result in found[line] for t in result["seconds"]] for line in lines}
    medians = {line: statistics.median(took[line]) for line in lines}
    whole = medians[Setting(1, cores)]
    batch_size = work.config.training.batch_size
    return [
        Scaled(
            ranks=line.ranks,
            threads=line.threads,
            samples_per_s=batch_size / medians[line],
            seconds_per_step=medians[line],
            efficiency=medians[Setting(1, line.threads)] / medians[line] / line.ranks,
            times_as_fast=whole / medians[line],
            sent=found[line][0]["sent"],
            runtime=found[line][0]["runtime"],
        )
        for line in lines
    ]


def launch(work: Work, line: Setting) -> dict[str, Any]:
    """The result of one start: seconds of each step after the warm-up, bytes sent a step by kind, the runtime."""
    with tempfile.TemporaryDirectory(prefix="hrm-scaling-") as place:
        folder = Path(place)
        asked = {"config": work.config.to_dict(), "num_puzzles": work.num_puzzles, "steps": work.steps}
        write_whole(folder / RUN, json.dumps(asked).encode())
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(line.ranks)]
        path = os.pathsep.join(filter(None, (str(PACKAGE), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(line.threads)}
        with subprocess.Popen(
            [*command, "-m", "hrm.analysis.scaling", place], env=environment, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                _, said = process.communicate()
            except BaseException:
                process.terminate()  # torchrun ends its ranks, which are in sessions of their own
                process.wait()
                raise
        result = read_json(folder / RESULT) if (folder / RESULT).exists() else {}
        if process.returncode or "seconds" not in result:
            why = result.get("error") or next(filter(None, map(str.strip, reversed(said.splitlines()))), "no word")
            raise InputError(f"a start with {line.ranks} ranks fails: {why}")
        return result


def measure(work: Work, world: World = ALONE) -> dict[str, Any]:
    """Steps of this rank, as ``launch`` gives them: the optimizer, the messages and the question whether to stop, which
    a training asks after every step, are in them."""
    config = work.config
    runtime = resolve(replace(config.runtime, device=device_of_rank(config.runtime.device, world)))
    spec = config.task.build().spec
    if work.num_puzzles is not None:
        spec = replace(spec, num_puzzles=work.num_puzzles)
    torch.manual_seed(config.seed)
    model = config.model.build(spec_to_build(spec, config)).to(runtime.device)
    fit_levels(model, runtime)
    shard_tables(model, spec, config, world)
    state = initial_state(model, spec, config.training, config.seed, runtime, world)
    batch = random_batch(spec, config.training.batch_size)
    ids = torch.randint(spec.num_puzzles, batch.puzzle_ids.shape, generator=torch.Generator().manual_seed(0))
    batch = batch._replace(puzzle_ids=ids).to(runtime.device)

    def step() -> None:
        train_step(state, batch, config.training)
        world.any(False)

    for _ in range(WARM_UP):
        step()
    before = world.sent.copy()
    took = [seconds(step, runtime) for _ in range(work.steps)]
    sent = {kind: (world.sent[kind] - before[kind]) / work.steps for kind in TRAFFIC}
    return {"seconds": took, "sent": sent, "runtime": str(runtime)}


def main(place: str) -> int:
    """Exit status of one rank that torchrun has started. What the first one finds, or what the first that fails says,
    is left in the folder ``place``."""
    folder = Path(place)
    keep_memory()
    asked = read_json(folder / RUN)
    work = Work(RunConfig.from_dict(asked["config"], RUN), asked["num_puzzles"], asked["steps"])
    result: dict[str, Any] = {}
    try:
        with joined() as world:
            result = world.together(lambda: measure(work, world))
            if world.is_first:
                write_whole(folder / RESULT, json.dumps(result).encode())
    except InputError as error:
        if not isinstance(error, ToldError):
            write_whole(folder / RESULT, json.dumps({"error": str(error)}).encode())
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

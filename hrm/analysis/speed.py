"""Speed: of a training step, or of solving, as a share of what the machine's matrix products reach in the same run.

Inputs are random tokens: speed does not depend on them, and nothing needs to be on disk. And how fast batches are made
of the data themselves.
"""

from __future__ import annotations

import copy
import multiprocessing
import signal
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import nn

from hrm.inference.making import make_solver
from hrm.models import with_cycles
from hrm.models.cost import random_batch, segment_flops
from hrm.nn.block import fit_levels
from hrm.puzzles.base import Example
from hrm.runtime import Runtime, resolve, seconds
from hrm.store.folder import LoadedModel
from hrm.tasks.base import Task
from hrm.training.config import RunConfig
from hrm.training.cost import training_flops
from hrm.training.loop import initial_state, train_step

WARM_UP = 3
"""Steps dropped: compiling, first allocations. Chosen by hand; the seconds of the first step are reported apart."""


@dataclass(frozen=True)
class Measured:
    """One line of a benchmark. Rates are medians over the rounds of one run."""

    name: str
    batch_size: int
    samples_per_s: float  # training: segments of puzzles; solving: puzzles
    seconds_per_step: float
    model_gflops: float  # GFLOP/s of the model's matrix arithmetic
    matmul_gflops: float  # GFLOP/s of a large matrix product, same precision, measured between the steps
    ratio: float
    peak_memory_mib: float
    first_step_s: float


@dataclass(frozen=True)
class MemoryUse:
    """Peak memory of a fresh process before and after its first training steps."""

    H_cycles: int
    L_cycles: int
    before_mib: float
    peak_mib: float


def bench_train(
    config: RunConfig, variants: dict[str, Runtime], *, batch_size: int, rounds: int = 5, steps_per_round: int = 2
) -> list[Measured]:
    """A training step of ``config`` under each runtime, in turn within one run. Rounds and steps: chosen by hand."""
    training = replace(config.training, batch_size=batch_size)
    task = config.task.build()
    steps: dict[str, Callable[[], Any]] = {}
    firsts: dict[str, float] = {}
    for name, runtime in variants.items():
        torch.manual_seed(config.seed)
        model = config.model.build(task.spec).to(runtime.device)
        fit_levels(model, runtime)
        state = initial_state(model, task.spec, training, config.seed, runtime)
        batch = random_batch(task.spec, batch_size).to(runtime.device)
        steps[name] = partial(train_step, state, batch, training)
        firsts[name] = seconds(steps[name], runtime)
        for _ in range(WARM_UP - 1):
            steps[name]()
    flops = training_flops(config.model.build, task.spec, training)
    return _interleave(variants, steps, firsts, batch_size, flops, rounds, steps_per_round)


def bench_solve(loaded: LoadedModel, variants: dict[str, Runtime], *, num_puzzles: int, rounds: int) -> list[Measured]:
    """Puzzles per second of the solver with every puzzle thought about for ``max_segments`` (``halt`` fixed)."""
    B = min(num_puzzles, 256)  # slots; chosen by hand: speed depends on it
    batch = random_batch(loaded.task.spec, num_puzzles)
    examples = [Example(row, None) for row in batch.inputs.numpy()]
    steps: dict[str, Callable[[], Any]] = {}
    firsts: dict[str, float] = {}
    segments = 0
    for name, runtime in variants.items():
        segments = loaded.max_segments
        solver = make_solver(loaded, halt="fixed", attempts=1, max_segments=segments, num_slots=B, runtime=runtime)
        steps[name] = partial(solver.solve_examples, examples)
        firsts[name] = seconds(steps[name], runtime)
    flops = segment_flops(lambda spec: copy.deepcopy(loaded.model), loaded.task.spec, 1) * num_puzzles * segments
    return _interleave(variants, steps, firsts, num_puzzles, flops, rounds, 1)


@dataclass(frozen=True)
class MeasuredData:
    """One line of a benchmark of data. The rate is the median over the rounds."""

    batch_size: int
    examples_per_s: float
    seconds_per_batch: float
    first_batch_s: float  # reading or generating the puzzles, once
    peak_memory_mib: float  # of the whole process


def bench_data(task: Task, *, batch_size: int, rounds: int, batches_per_round: int = 10) -> MeasuredData:
    """Training batches of ``task`` on one core: read or drawn, augmented, encoded. Ten a round: chosen by hand."""

    def make(first: int, num: int) -> float:
        start = time.perf_counter()
        for step in range(first, first + num):
            task.train_batch(step, batch_size, seed=0)
        return time.perf_counter() - start

    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        first_batch_s = make(0, 1)
        times = [make(1 + index * batches_per_round, batches_per_round) for index in range(rounds)]
    finally:
        torch.set_num_threads(num_threads)
    per_batch = statistics.median(times) / batches_per_round
    return MeasuredData(
        batch_size=batch_size,
        examples_per_s=batch_size / per_batch,
        seconds_per_batch=per_batch,
        first_batch_s=first_batch_s,
        peak_memory_mib=peak_memory_mib(torch.device("cpu")),
    )


def bench_memory(config: RunConfig, cycles: Sequence[tuple[int, int]], *, batch_size: int) -> list[MemoryUse]:
    """Peak memory of training steps for several (H_cycles, L_cycles), each measured in a process of its own."""
    context = multiprocessing.get_context("spawn")
    lines = []
    for H_cycles, L_cycles in cycles:
        model = with_cycles(config.model, H_cycles, L_cycles)
        with uninterrupted():
            pool = context.Pool(1)
        with pool as process:
            before, peak = process.apply(measure_memory, (replace(config, model=model), batch_size))
            lines.append(MemoryUse(H_cycles, L_cycles, before, peak))
    return lines


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A time in which a process is begun that Ctrl-C is not for: the one that waits for it ends it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def measure_memory(config: RunConfig, batch_size: int) -> tuple[float, float]:
    """Two training steps, without compiling: MiB before and at the peak. Meaningful in a fresh process: a peak never
    falls again."""
    runtime = resolve(replace(config.runtime, compile="no"))
    task = config.task.build()
    torch.manual_seed(config.seed)
    model = config.model.build(task.spec).to(runtime.device)
    training = replace(config.training, batch_size=batch_size)
    state = initial_state(model, task.spec, training, config.seed, runtime)
    batch = random_batch(task.spec, batch_size).to(runtime.device)
    before = peak_memory_mib(runtime.device)
    for _ in range(2):
        train_step(state, batch, training)
    return before, peak_memory_mib(runtime.device)


def _interleave(
    variants: dict[str, Runtime],
    steps: dict[str, Callable[[], Any]],
    firsts: dict[str, float],
    batch_size: int,
    flops: int,
    rounds: int,
    steps_per_round: int,
) -> list[Measured]:
    times: dict[str, list[float]] = {name: [] for name in variants}
    rates: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, runtime in variants.items():
            rates[name].append(matmul_gflops(runtime))
            times[name] += [seconds(steps[name], runtime) for _ in range(steps_per_round)]
    lines = []
    for name, runtime in variants.items():
        per_step, rate = statistics.median(times[name]), statistics.median(rates[name])
        achieved = flops / per_step / 1e9
        lines.append(
            Measured(
                name=name,
                batch_size=batch_size,
                samples_per_s=batch_size / per_step,
                seconds_per_step=per_step,
                model_gflops=achieved,
                matmul_gflops=rate,
                ratio=achieved / rate,
                peak_memory_mib=peak_memory_mib(runtime.device),
                first_step_s=firsts[name],
            )
        )
    return lines


def matmul_gflops(runtime: Runtime) -> float:
    """GFLOP/s of one large square product, the best of three: the rate that the machine has to offer just now."""
    n = 2048 if runtime.device.type == "cpu" else 8192  # chosen by hand; ratios depend on it
    a, b = (torch.randn(n, n, device=runtime.device, dtype=runtime.dtype) for _ in range(2))
    return 2 * n**3 / min(seconds(lambda: nn.functional.linear(a, b), runtime) for _ in range(3)) / 1e9


def peak_memory_mib(device: torch.device) -> float:
    """Peak of the device's memory; on a CPU, of the whole process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    import resource  # POSIX only

    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20

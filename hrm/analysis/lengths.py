"""The cost of letting cells see each other, against their number: time and peak memory of a level under each mixing."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from hrm.analysis.speed import peak_memory_mib, uninterrupted
from hrm.models.cost import counting
from hrm.models.settings import BackboneConfig
from hrm.models.trm import TRMConfig
from hrm.nn.block import Level, Mixing
from hrm.runtime import RuntimeConfig, resolve, seconds

NUM_LAYERS = 2
"""Blocks of the level: one of each kind in a hybrid."""


@dataclass(frozen=True)
class LengthCost:
    """One update of a level with its gradient, at one number of cells."""

    mixing: Mixing
    cells: int
    parameters: int
    gflop: float  # of the update, forward
    seconds: float  # forward and backward, the least of the rounds; on a CPU of its time, which others do not take
    peak_mib: float  # that the update took beyond what the process had before the level was made


def config_of(mixing: Mixing, width: int) -> BackboneConfig:
    """The settings of the level: the family's own but for these. Raises ``InputError`` for a width it cannot have."""
    return TRMConfig(hidden_size=width, mixing=mixing, puzzle_embedding_size=0)


def bench_lengths(
    mixings: Sequence[Mixing], cells: Sequence[int], runtime: RuntimeConfig, *, width: int, batch: int, rounds: int
) -> list[LengthCost]:
    """Every mixing at every number of cells, each in a process of its own: a peak never falls again."""
    context = multiprocessing.get_context("spawn")
    lines = []
    for mixing in mixings:
        for num in cells:
            with uninterrupted():
                pool = context.Pool(1)
            with pool as process:
                lines.append(process.apply(measure_length, (mixing, num, runtime, width, batch, rounds)))
    return lines


def measure_length(
    mixing: Mixing, cells: int, config: RuntimeConfig, width: int, batch: int, rounds: int
) -> LengthCost:
    """A level of ``NUM_LAYERS`` blocks on a state (batch, cells, width), without compiling. Its peak is meaningful in a
    fresh process."""
    runtime = resolve(config)
    make = config_of(mixing, width).make_level

    def update(level: Level, state: Tensor) -> None:
        level.zero_grad()
        level(state, state).sum().backward()

    def state_of(num: int) -> Tensor:
        return torch.randn(batch, num, width, device=runtime.device, dtype=runtime.dtype)

    few = min(cells, FEW)
    update(make(few, NUM_LAYERS).to(runtime.device), state_of(few))  # libraries take memory at their first use
    with torch.device("meta"):
        level, state = make(cells, NUM_LAYERS).to("meta"), torch.empty(batch, cells, width)
    with counting() as counted, torch.no_grad():
        level(state, state)
    before = peak_memory_mib(runtime.device)
    level, state = make(cells, NUM_LAYERS).to(runtime.device), state_of(cells)
    times: list[float] = []
    start = time.perf_counter()
    while len(times) < rounds or time.perf_counter() - start < SHORTEST:
        used = time.process_time()
        passed = seconds(partial(update, level, state), runtime)
        times.append(time.process_time() - used if runtime.device.type == "cpu" else passed)
    return LengthCost(
        mixing=mixing,
        cells=cells,
        parameters=sum(p.numel() for p in level.parameters()),
        gflop=counted() / 1e9,
        seconds=min(times),
        peak_mib=peak_memory_mib(runtime.device) - before,
    )


FEW = 16
"""Cells of the update that comes before the measured one. Chosen by hand."""

SHORTEST = 1.0
"""Seconds that are measured at least: a short update is repeated. Chosen by hand."""

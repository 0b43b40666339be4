"""A schedule that fits a time: the number of steps follows from how long they take here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import torch

from hrm.nn.embedding import sharded_tables
from hrm.runtime import seconds
from hrm.training.loop import batches, train_step
from hrm.training.run import Prepared, validate_now
from hrm.training.settings import MOST_STEPS, TrainingConfig
from hrm.training.state import restore_state, state_tensors

WARM_UP = 3
"""Steps that are not counted: compiling, first allocations."""
FEWEST, MOST_SECONDS = 5, 10.0
"""Steps that are counted, at least, and seconds after which no more are. All by hand: ten seconds tell the rate of a
machine of one's own to some percent."""


def fitted(prepared: Prepared, training: TrainingConfig, seed: int, left: Callable[[], float]) -> TrainingConfig:
    """``training`` with as many steps as there is time for, once they have been tried; and a warm-up that is as much
    shorter as the run is.

    left: the seconds that there are, from now on. The state is afterwards what it was, so that the run is the one of
    that many steps, to the bit.
    """
    per_step = seconds_per_step(prepared, training, seed, MOST_SECONDS, left)
    steps = max(int(left() / per_step), len(training.early_max_segments) + 1)
    warmup = min(training.warmup_steps, training.warmup_steps * steps // training.steps)
    return replace(training, steps=steps, warmup_steps=warmup)


def seconds_per_step(
    prepared: Prepared, training: TrainingConfig, seed: int, most: float, left: Callable[[], float]
) -> float:
    """Seconds that a step takes here, with its share of the measurements on validation puzzles.

    Counted for at most ``most`` seconds, or a tenth of those that are ``left``."""
    state, task, runtime, validation = prepared
    kept = {name: tensor.clone() for name, tensor in state_tensors(state).items()}
    tables = [(rows.own, rows.own.detach().clone()) for rows in sharded_tables(state.model).values()]
    endless = replace(training, steps=MOST_STEPS)  # batches, not the schedule, of any number of steps
    coming = batches(task, 0, endless, seed, runtime.device)
    try:
        for _ in range(WARM_UP):
            train_step(state, next(coming), training)
        took: list[float] = []
        limit = time.perf_counter() + min(most, left() / 10)
        while len(took) < FEWEST or time.perf_counter() < limit:
            took.append(seconds(lambda: train_step(state, next(coming), training), runtime))
        per_step = sum(took) / len(took)
        if validation is not None:
            validate_now(state, validation, training, runtime)  # compiles
            per_step += (
                seconds(lambda: validate_now(state, validation, training, runtime), runtime) / training.validate_every
            )
        return per_step
    finally:
        restore_state(state, kept, None)
        with torch.no_grad():
            for own, before in tables:
                own.copy_(before)

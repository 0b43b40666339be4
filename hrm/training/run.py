"""A whole run: from its folder, through the loop, to the last checkpoint, stopping cleanly whenever it is asked to."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import torch

from hrm.errors import InputError
from hrm.nn.block import fit_levels
from hrm.runtime import Runtime, resolve
from hrm.signals import heard, known
from hrm.store.locate import CONFIG, list_checkpoints
from hrm.tasks.base import Task
from hrm.tasks.findings import FEWEST, num_train
from hrm.training.clock import Clock
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.hanging import watched
from hrm.training.init import begin_from
from hrm.training.loop import TrainState, initial_state, train
from hrm.training.place import is_of_this_launch, refuse_existing, sign, withdraw
from hrm.training.report import Report, TrainingDivergedError
from hrm.training.settings import TrainingConfig
from hrm.training.shards import shard_tables, spec_to_build
from hrm.training.validation import Validation, validate
from hrm.world import ALONE, World, device_of_rank, launch

MOST_VALIDATION = 100
"""Puzzles that validate where the settings name no number: enough to choose a checkpoint by, by hand."""


@dataclass(frozen=True)
class Outcome:
    """The end of a call of ``run``. The state at ``step`` is on the disk."""

    step: int
    is_finished: bool
    signal: int | None  # the signal that stopped it, if one did


class Prepared(NamedTuple):
    """A run that is ready to begin or to go on: nothing of it is on the disk yet."""

    state: TrainState
    task: Task
    runtime: Runtime
    validation: Task | None
    """A task whose held-out puzzles are training puzzles that ``task`` does not train on."""


def prepare(config: RunConfig, *, is_new: bool = True, world: World = ALONE) -> Prepared:
    """A run made ready: the model and its training state built, and the data read. A new one begins with the weights
    of ``config.init``, any other with those of its checkpoint. world: the ranks that train it, each on its own device.

    Raises ``InputError`` for settings, data or a device that cannot be used, before anything is written.
    """
    runtime = resolve(replace(config.runtime, device=device_of_rank(config.runtime.device, world)))
    torch.manual_seed(config.seed)
    task: Task = config.task.build()
    validation: Task | None = None
    if config.training.validate_every and (num := _num_validation(task, config.training)):
        task, validation = task.split_validation(num)
    model = config.model.build(spec_to_build(task.spec, config))
    if is_new and config.init is not None:
        begin_from(config.init, model)
    fit_levels(model, runtime)
    shard_tables(model.to(runtime.device), task.spec, config, world)
    state = initial_state(model, task.spec, config.training, config.seed, runtime, world)
    if config.training.corrupted_share and not model.keeps_state:
        raise InputError(
            f"training.corrupted_share is {config.training.corrupted_share}: a model of the kind "
            f"{config.model.name!r} starts every segment from the puzzle, so it must be 0"
        )
    task.train_batch(0, 1, config.seed)
    return Prepared(state, task, runtime, validation)


@contextmanager
def begun(
    path: Path,
    config: RunConfig,
    *,
    resume: bool = False,
    overwrite: bool = False,
    fit: Callable[[Prepared], TrainingConfig] | None = None,
    world: World = ALONE,
) -> Iterator[tuple[RunFolder, Prepared]]:
    """A run in its folder, held by this process, at the step where it begins or goes on.

    resume: the one that is in ``path``, if there is one. fit: the training of a new run, once it is ready, in place of
    that of ``config``. world: the ranks that train it; the first one alone writes. A new run that does not come to its
    first report leaves nothing behind. Raises ``InputError``.
    """
    # torchrun starts all ranks again where one was gone; of several machines only the first one's knows the folder.
    is_again = world.all(is_of_this_launch(path))[0]
    resume = world.all((resume or is_again) and (path / CONFIG).exists())[0]  # the first rank decides
    if resume and is_again:
        config = world.together(lambda: RunFolder.open(path).config)
    if not resume:
        world.first(lambda: refuse_existing(path, overwrite))  # before anything takes time
    prepared = world.together(lambda: prepare(config, is_new=not (resume and list_checkpoints(path)), world=world))
    if fit is not None and not resume:
        config = replace(config, training=fit(prepared))
    config = replace(config, task=prepared.task.config)
    made = None if resume else world.first(lambda: RunFolder.create(path, config, overwrite))
    try:
        folder = world.together(lambda: made or RunFolder.open(path, config))
        with held_by_first(folder, world):
            if not resume:
                world.first(lambda: sign(path))
            world.together(lambda: folder.restore(prepared.state))
            require_alike(prepared, config)
            yield folder, prepared
    except BaseException:
        if not resume and world.is_first:
            withdraw(path)
        raise


def require_alike(prepared: Prepared, config: RunConfig) -> None:
    """``InputError`` where ranks that are to train as one have other data, weights or steps, as their machines have
    other files."""
    state, world = prepared.state, prepared.state.world
    if world.size == 1:
        return
    batch = prepared.task.train_batch(state.step, config.training.batch_size, config.seed)
    tensors = [*state.model.state_dict().values(), *batch, state.generator.get_state()]
    digest = blake2b()
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    found = world.all((state.step, digest.hexdigest()))
    other = next((rank for rank, one in enumerate(found) if one != found[0]), None)
    if other is not None:
        raise world.failure(
            f"ranks 0 and {other} have other data, weights or steps: give all of them the same files, and one folder "
            "that all see"
        )


@contextmanager
def held_by_first(folder: RunFolder, world: World) -> Iterator[None]:
    """A time in which the first rank holds the folder for all."""
    with ExitStack() as stack:
        world.first(lambda: stack.enter_context(folder.held()))
        yield


def run(
    folder: RunFolder,
    prepared: Prepared,
    *,
    max_minutes: float | None = None,
    on_report: Callable[[Report, float], None] = lambda report, steps_per_s: None,
) -> Outcome:
    """The training until the last step, ``max_minutes`` or a signal of ``STOPPING``; saved now and then, by steps and
    by the clock, and at the end.

    ``on_report`` is shown every report and the rate since the one before. Raises ``InputError`` when the disk is full,
    the loss is not a number any more, or another process trains this run; the last good checkpoint stays.
    """
    state, task, runtime, validation = prepared
    config, world = folder.config.training, state.world
    few = {} if (num := num_train(task, FEWEST)) == FEWEST else {"num_train": num}
    with held_by_first(folder, world), stop_signals() as received, watched(folder.path, state.step, world) as pulse:
        clock = Clock(world, received, max_minutes, config.save_minutes)
        start, before = time.perf_counter(), state.step

        def is_over() -> bool:
            pulse.beat(state.step)
            return clock.is_over()

        try:
            for report, due in train(state, task, config, folder.config.seed, runtime, is_over, clock.is_late):
                if due.report:
                    rate = (report.step - before) / (time.perf_counter() - start)
                    if due.validate and validation is not None:
                        with pulse.at("measuring on validation puzzles"):
                            found = validate_now(state, validation, config, runtime)
                        folder.keep_if_best(state, found)
                        report = replace(report, validation=found)
                    _log(folder, state, report, steps_per_s=rate, **few)
                    if world.is_first:
                        with pulse.at("telling the report to trackers and the terminal"):
                            on_report(report, rate)
                    start, before = time.perf_counter(), report.step
                if due.save:
                    with pulse.at("saving"):
                        folder.save(state, is_passing=not due.report)
                    clock.saved()
        except TrainingDivergedError as error:
            kept = list_checkpoints(folder.path)
            where = f"the last good checkpoint is {kept[-1]}" if kept else "there is no checkpoint yet"
            raise world.failure(f"{error}: {where}. Try a lower training.lr, or another seed") from error
    stopped = next(filter(None, world.all(received[0] if received else None)), None)
    return Outcome(state.step, state.step >= config.steps, stopped)


def _num_validation(task: Task, config: TrainingConfig) -> int:
    """Number of training puzzles that validate; 0: there are too few to spare any."""
    if config.num_validation is not None:
        return config.num_validation
    num = num_train(task)
    return 0 if num < FEWEST else min(MOST_VALIDATION, num // 10)


def _log(folder: RunFolder, state: TrainState, report: Report, **more: float) -> None:
    """A line of ``metrics.jsonl``; where the disk refuses even that, the steps since the last checkpoint are saved."""
    try:
        state.world.first(lambda: folder.log(report, **more))
    except InputError as error:
        folder.save(state)
        raise state.world.failure(f"{error}; saved at step {state.step}: make room and go on with --resume") from error


def validate_now(state: TrainState, task: Task, config: TrainingConfig, runtime: Runtime) -> Validation:
    """The accuracy on the held-out puzzles of ``task`` at this moment."""
    return validate(
        state.model,
        state.ema,
        task,
        runtime,
        max_segments=config.max_segments,
        batch_size=config.batch_size,
        world=state.world,
    )


STOPPING = known("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU")
"""Ctrl-C, ``kill``, the end of the terminal or connection, a scheduler's warning (submitit's is SIGUSR2), the end of
the processor time that ``ulimit -t`` allows."""


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """A time in which the signals in ``STOPPING`` are collected and do not kill; a second one kills as usual.

    Not so under torchrun: what a terminal or a scheduler sends to all processes at once, it hands on to its ranks once
    more. It has a last word of its own, after 30 seconds."""
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if launch() is not None:
            return
        for name, handler in before.items():
            signal.signal(name, handler)

    with heard(STOPPING, remember) as before:
        yield received

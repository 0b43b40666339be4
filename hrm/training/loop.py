"""The training loop (arXiv 2506.21734, section 2), told in four acts.

Three are ``train_step``, to be read with the paper beside you; the fourth is in ``train``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar, cast

import torch
from torch import Tensor

from hrm.capture import Captured
from hrm.errors import InputError
from hrm.models.base import Carry, Reasoner
from hrm.nn.embedding import fetch_rows, sharded_tables
from hrm.runtime import Runtime
from hrm.segments.halting import continue_target, draw_min_segments, is_exact, share_right, should_halt, wants_to_halt
from hrm.segments.losses import segment_loss
from hrm.segments.slots import Slots, empty_slots, joined, parts, refill, take_rows
from hrm.tasks.base import Task
from hrm.training.ema import EMA
from hrm.training.optim import gradient_norm, learning_rate_factor, make_optimizers, set_learning_rate
from hrm.training.report import Report, report_of
from hrm.training.settings import Due, TrainingConfig
from hrm.training.starts import near_answers
from hrm.types import Batch, TaskSpec
from hrm.world import ALONE, GRADIENTS, World

T = TypeVar("T")


@dataclass
class TrainState:
    """Everything that a resumed run needs."""

    step: int
    model: Reasoner
    optimizers: list[torch.optim.Optimizer]
    ema: EMA | None
    slots: Slots
    generator: torch.Generator  # exploration, starts, noise; on the CPU, so that every machine draws the same
    world: World = ALONE  # of several ranks each has its share of the slots, and everything else alike
    learn: Callable[..., tuple[Slots, dict[str, Tensor]]] = field(default_factory=lambda: learn)  # or as one graph
    sums: list[dict[str, Tensor]] = field(default_factory=list)  # numbers of the steps since the last report


def initial_state(
    model: Reasoner, spec: TaskSpec, config: TrainingConfig, seed: int, runtime: Runtime, world: World = ALONE
) -> TrainState:
    """The state before the first step; ``model`` is already on the device. Raises ``InputError`` for a batch that the
    ranks of ``world`` cannot share equally."""
    shape = (world.share_of(config.batch_size, "training.batch_size"), spec.seq_len)
    like = Batch(*(torch.zeros(s, dtype=torch.int64, device=runtime.device) for s in (shape, shape, shape[:1])))
    return TrainState(
        step=0,
        model=model,
        optimizers=make_optimizers(
            model,
            config.optimizer,
            lr=config.lr,
            weight_decay=config.weight_decay,
            puzzle_lr=config.puzzle_lr,
            puzzle_weight_decay=config.puzzle_weight_decay,
            runtime=runtime,
        ),
        ema=EMA(model, config.ema_decay) if config.ema_decay else None,
        slots=empty_slots(model, like, runtime.dtype),
        generator=torch.Generator().manual_seed(seed),
        world=world,
        learn=captured(model, runtime) if runtime.capture else learn,
    )


def captured(model: Reasoner, runtime: Runtime) -> Callable[..., tuple[Slots, dict[str, Tensor]]]:
    """``learn`` of ``model`` as one graph, where that can be: a graph cannot be seeded anew for every step, nor be
    given rows that are fetched for it."""
    if not model.is_random and not sharded_tables(model):
        return Captured(learn, list(model.parameters()), must=runtime.must_capture)
    if runtime.must_capture and model.is_random:
        raise InputError("capture yes: this model draws random numbers in training, one graph cannot: leave it out")
    if runtime.must_capture:
        raise InputError("capture yes: rows of a sharded puzzle table are fetched for every step: leave one out")
    return learn


def train_step(state: TrainState, batch: Batch, config: TrainingConfig) -> dict[str, Tensor]:
    """One segment of every slot and one update of the weights. Changes ``state``; returns numbers for the report.

    HRM's loop over the segments of a puzzle (its figure 4) is the calls of this function, one after the other: a slot
    keeps its puzzle and state until it halts, and each slot is at a segment of its own. Of several ranks each has its
    share of the slots; ``batch`` (B rows) and the numbers drawn are of all slots, so they are the same for any number.
    """
    model, B, world, dtype = state.model, config.batch_size, state.world, state.slots.carry[0].dtype
    share = B // world.size  # slots of this rank

    def own(rows: T) -> T:
        return cast(T, parts(share, rows)[world.rank])

    if model.is_random:  # noise, random starts (EqR): seeded from the state, so that a resumed run draws the same
        torch.manual_seed(int(torch.randint(2**62, (), generator=state.generator)) + world.rank)

    # 1. Finished puzzles leave; new ones take their slots and start from a fresh carry: slot b, where it has halted,
    #    takes row b of the batch at segment 0. Its other rows are not used (as in the published code).
    fresh = model.initial_carry(share, dtype)
    if config.corrupted_share:  # in neither paper, and off unless asked for
        fetch_rows(model, own(batch).puzzle_ids)
        fresh = near_answers(model, fresh, batch, config.corrupted_share, config.corrupted_cells, state.generator, own)
    slots = refill(state.slots, fresh, own(batch))
    fetch_rows(model, slots.batch.puzzle_ids)

    # 2. One segment of every slot, its loss, backward: ``learn``. All slots at once or, where the device lacks the
    #    memory, some after the other, and the gradients add up, as those of the ranks do.
    max_segments = config.max_segments_at(state.step)  # M_max, all along the same unless short loops come first
    # M_min: with probability epsilon uniform in 2 .. M_max, else 1; drawn anew at every segment, for TRM, too (as in
    # the published code).
    minima = own(draw_min_segments(B, max_segments, config.exploration_prob, state.generator)).to(slots.steps.device)
    rows, size = continue_rows(state.step, B, config.continue_share), min(share, config.device_batch_size or B)
    places = range(world.rank * share, (world.rank + 1) * share, size)  # of the parts, among the B slots
    learned = []
    for first, part, least in zip(places, parts(size, slots), parts(size, minima), strict=True):
        those = (rows[(rows >= first) & (rows < first + len(least))] - first).to(slots.steps.device)
        learned.append(state.learn(model, part, least, max_segments, those, B / max(1, len(rows)), config))
    add_gradients(model, world)

    # 3. One optimizer step; EMA.
    state.step += 1
    norm = {"grad_norm": gradient_norm(model)} if config.due_at(state.step).report else {}  # of all ranks' gradient
    factor = learning_rate_factor(state.step, config.warmup_steps, config.steps, config.lr_min_ratio)
    for optimizer in state.optimizers:
        set_learning_rate(optimizer, factor)
        optimizer.step()
        optimizer.zero_grad()
    if state.ema is not None:
        state.ema.update()
    state.slots = joined([part for part, _ in learned])
    numbers = [numbers for _, numbers in learned]
    return {key: sum((some[key] for some in numbers[1:]), start=numbers[0][key]) for key in numbers[0]} | norm


def add_gradients(model: Reasoner, world: World) -> None:
    """Every gradient becomes its sum over the ranks; those of puzzle embeddings, sparse, are joined row by row, or
    go to the rank that has the row."""
    found = [p for p in model.parameters() if p.grad is not None]
    world.add((p.grad for p in found if p.grad is not None and not p.grad.is_sparse), GRADIENTS)
    for p in found:
        if p.grad is not None and p.grad.is_sparse:
            p.grad = world.add_sparse(p.grad)
    for rows in sharded_tables(model).values():
        rows.give_back()


def learn(
    model: Reasoner,
    slots: Slots,
    min_segments: Tensor,
    max_segments: int,
    rows: Tensor,
    weight: float,
    config: TrainingConfig,
) -> tuple[Slots, dict[str, Tensor]]:
    """One segment of b of the B slots, and the gradient of its loss, which is added to what is there. min_segments (b,)
    is M_min; rows (k,): those whose q_continue is trained, each for ``weight`` slots. Returns the slots after it, and
    numbers for the report, to be added up."""
    B = config.batch_size
    # The returned carry is detached: no gradient crosses a segment.
    carry, prediction = model(slots.carry, slots.batch)

    # Halt or continue.
    labels, steps = slots.batch.labels, slots.steps + 1
    own = model.own_lesson(prediction, slots.batch)  # None but for models that are not trained as below
    with torch.no_grad():
        # A puzzle leaves at M_max, or from M_min on if it wants to (with act): q_halt > q_continue; TRM: > 0.
        wants = own.may_leave if own else wants_to_halt(prediction.q_halt, prediction.q_continue)
        halted = should_halt(steps, wants & config.act, min_segments, max_segments)
        exact = is_exact(prediction.logits, labels)  # G_halt: every labelled cell is right
    target = None  # G_continue, of some rows or all
    if prediction.q_continue is not None and len(rows):
        target = value_of_going_on(model, carry, slots.batch, rows, steps >= max_segments)
    # Per puzzle: mean cross entropy (stablemax or softmax) of the cells that have a label, on Sudoku all of them, + 0.5
    # BCE(q_halt, G_halt) + 0.5 BCE(q_continue, G_continue), scaled up where only some rows have it, 0 where none has.
    loss = own or segment_loss(prediction, labels, exact, target, config.loss, rows, weight)
    torch.autograd.backward(loss.total / B)

    with torch.no_grad():
        right = share_right(prediction.logits.argmax(-1), labels)
        numbers = {  # losses are means over all B slots, the rest are sums over the puzzles that leave
            "loss": loss.total.detach() / B,
            "token_loss": loss.token.detach() / B,
            "halted": halted.sum(),
            "cells": (right * halted).sum(),
            "exact": (exact & halted).sum(),
            "segments": (steps * halted).sum(),
        }
    return Slots(carry, slots.batch, steps, halted), numbers


@torch.no_grad()
def value_of_going_on(model: Reasoner, carry: Carry, batch: Batch, rows: Tensor, is_last: Tensor) -> Tensor:  # (k,)
    """G_continue of ``rows`` (k,): what one more segment, with the same weights, says stopping or going on is worth
    (a probability), whichever is more. ``is_last`` (B,): no further segment is allowed, so only stopping counts."""
    _, ahead = model(take_rows(rows, carry), take_rows(rows, batch))
    assert ahead.q_continue is not None, "a model has q_continue always or never"
    return continue_target(ahead.q_halt, ahead.q_continue, is_last[rows])


def continue_rows(step: int, batch_size: int, share: float) -> Tensor:
    """The slots whose q_continue is trained in this step: all, or a window of that share of them, which moves on by its
    length from step to step."""
    num = max(1, round(share * batch_size)) if share else 0
    return (step * num + torch.arange(num)) % batch_size


def train(
    state: TrainState,
    task: Task,
    config: TrainingConfig,
    seed: int,
    runtime: Runtime,
    until: Callable[[], bool] = lambda: False,
    is_late: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[Report, Due]]:
    """The training to its last step, with a pause for every report: the caller shows it, and validates and saves where
    that is due. Where only saving is due, the steps of that report come again in the next.

    ``until`` is asked after every step, and then ``is_late``; True ends with a last report, or saves. Raises
    ``TrainingDivergedError`` instead of a report when a loss was not finite.
    """
    for batch in batches(task, state.step, config, seed, runtime.device):
        state.sums.append(train_step(state, batch, config))
        # 4. Once in a while: report, validate, save.
        is_stopped = until()
        due = config.due_at(state.step, is_stopped, is_late())
        if due.report or due.save:
            report = report_of(state.step, state.sums, state.world, lr=state.optimizers[0].param_groups[0]["lr"])
            if due.report:
                state.sums = []
            yield report, due
        if is_stopped:
            return


def batches(task: Task, first: int, config: TrainingConfig, seed: int, device: torch.device) -> Iterator[Batch]:
    """Batch number ``first`` and all after it, each prepared in the background while the one before is used."""

    def prepared(step: int) -> Batch:
        batch = task.train_batch(step, config.batch_size, seed)
        return batch.pinned() if device.type == "cuda" else batch

    with ThreadPoolExecutor(max_workers=1) as background:
        ahead = background.submit(prepared, first)
        for step in range(first, config.steps):
            batch = ahead.result()
            if step + 1 < config.steps:
                ahead = background.submit(prepared, step + 1)
            yield batch.to(device)

"""The training loop (arXiv 2506.21734, section 2), told in four acts.

Three are ``train_step``, to be read with the paper beside you; the fourth is in ``train``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from hrm.errors import InputError, require_from
from hrm.models.base import Carry, Reasoner
from hrm.runtime import Runtime
from hrm.segments.halting import continue_target, draw_min_segments, is_exact, share_right, should_halt, wants_to_halt
from hrm.segments.losses import LossKind, segment_loss
from hrm.segments.slots import Slots, empty_slots, refill, take_rows
from hrm.tasks.base import Task
from hrm.training.ema import EMA
from hrm.training.optim import OptimizerName, learning_rate_factor, make_optimizers, set_learning_rate
from hrm.training.report import Report, report_of
from hrm.training.starts import near_answers
from hrm.types import Batch, TaskSpec

MOST_STEPS, MOST_SLOTS = 2**31 - 1, 2**20
"""Steps and segments, and slots: above is a slip of the hand; chosen by hand."""


class Due(NamedTuple):
    """Work that is due after a step. Whatever is done, there is a report."""

    report: bool
    validate: bool
    save: bool


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The training of a model. The defaults are the paper's run on Sudoku-Extreme."""

    steps: int = 26_041
    """Optimizer steps: one segment of every slot each (20,000 epochs * 1,000 puzzles / 768)."""
    batch_size: int = 768
    """Slots B: puzzles thought about at once."""
    lr: float = 1e-4
    """Learning rate after the warm-up."""
    weight_decay: float = 1.0
    """Decoupled decay, times the learning rate."""
    puzzle_lr: float = 1e-4
    """Learning rate of the puzzle embeddings (SignSGD)."""
    puzzle_weight_decay: float = 1.0
    """Decay of the puzzle embeddings."""
    optimizer: OptimizerName = "adam_atan2"
    """The optimizer of the network."""
    warmup_steps: int = 2_000
    """Steps of linear warm-up."""
    lr_min_ratio: float = 1.0
    """The end of half a cosine, as a share of lr; 1 is constant."""
    loss: LossKind = "stablemax"
    """Cross entropy over stablemax or softmax."""
    max_segments: int = 16
    """M_max: a puzzle leaves its slot after as many segments."""
    early_max_segments: tuple[int, ...] = ()
    """M_max in the parts of the run before the last, all equally long: 3 3 8 before 16 thinks for at most 3 segments in
    the first half, 8 in the third quarter, 16 in the last. Short loops see more puzzles; long ones make answers
    last."""
    act: bool = True
    """A puzzle leaves its slot when the model wants to stop (ACT); otherwise after max_segments alone."""
    exploration_prob: float = 0.1
    """epsilon: how often a puzzle must stay for a random minimum of segments."""
    continue_share: float = 1.0
    """Share of the slots whose q_continue is trained in a step: each one costs a second segment (1: as published;
    0: none is, but a puzzle still halts at q_halt > q_continue, as in the published transformer)."""
    corrupted_share: float = 0.0
    """Share of the puzzles that start from their own answer, embedded and partly wrong: training/starts.py. They count
    in the accuracies of training, which are the higher for it."""
    corrupted_cells: float = 0.2
    """Share of the labelled cells of such an answer that take the token of another, often the same one (a fifth, as
    in successors of SE-RRM)."""
    ema_decay: float = 0.0
    """Decay of the average of the weights that is evaluated; 0 keeps none."""
    report_every: int = 50
    """Steps between reports; chosen by hand."""
    save_every: int = 1_000
    """Steps between checkpoints, chosen by hand; there is a report with each."""
    validate_every: int = 0
    """Steps between measurements on training puzzles held out for it; there is one at the end, and the best checkpoint
    is kept. 0: none, and every training puzzle is trained on."""
    num_validation: int | None = 100
    """Number of training puzzles that are held out when ``validate_every`` is above 0; chosen by hand. None: a tenth of
    them, 100 at most, and of fewer than 20 none."""

    def __post_init__(self) -> None:
        require_from(1, MOST_SLOTS, "training.", batch_size=self.batch_size)
        for name in ("steps", "max_segments", "report_every", "save_every", "num_validation"):
            require_from(1, MOST_STEPS, "training.", **{name: getattr(self, name)})
        for name in ("warmup_steps", "validate_every"):
            require_from(0, MOST_STEPS, "training.", **{name: getattr(self, name)})
        for name in ("lr", "puzzle_lr"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError(f"training.{name} is {getattr(self, name)}: it must be a finite number above 0")
        for name in ("weight_decay", "puzzle_weight_decay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"training.{name} is {getattr(self, name)}: it must be a finite number, at least 0")
        lengths = (1, *self.early_max_segments, self.max_segments)
        if any(a > b for a, b in itertools.pairwise(lengths)):
            raise InputError(
                f"training.early_max_segments is {' '.join(map(str, self.early_max_segments))} and max_segments "
                f"{self.max_segments}: each must be at least 1 and none below the one before"
            )
        if self.steps <= len(self.early_max_segments):
            raise InputError(
                f"training.steps is {self.steps}: training.early_max_segments parts the run into "
                f"{len(self.early_max_segments) + 1}, which needs a step for each"
            )
        shares = ("exploration_prob", "continue_share", "corrupted_share", "corrupted_cells")
        for name in (*shares, "ema_decay", "lr_min_ratio"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"training.{name} is {getattr(self, name)}: it must lie between 0 and 1")

    def max_segments_at(self, step: int) -> int:
        """M_max of the step after ``step`` finished ones."""
        stages = (*self.early_max_segments, self.max_segments)
        return stages[min(step * len(stages) // self.steps, len(stages) - 1)]

    def changes_at(self, step: int, before: TrainingConfig) -> Iterator[str]:
        """The differences that another number of steps makes to what the schedule asks for after ``step`` steps."""

        def factor(config: TrainingConfig) -> float:
            return learning_rate_factor(step + 1, config.warmup_steps, config.steps, config.lr_min_ratio)

        if (old := factor(before)) != (new := factor(self)):
            yield f"the learning rate is {new:.3g} of training.lr, not {old:.3g}"
        if (was := before.max_segments_at(step)) != (now := self.max_segments_at(step)):
            yield f"a puzzle is thought about for at most {now} segments, not {was}"

    def due_at(self, step: int, is_stopped: bool = False) -> Due:
        """The work that is due once ``step`` steps are finished, here or because the run ``is_stopped`` there.

        Validation at fixed steps only: where a run is stopped and goes on must not change which checkpoint is the best.
        """
        is_last = step == self.steps
        validates = self.validate_every > 0 and (step % self.validate_every == 0 or is_last)
        saves = step % self.save_every == 0 or is_last or is_stopped
        return Due(step % self.report_every == 0 or validates or saves, validates, saves)


@dataclass
class TrainState:
    """Everything that a resumed run needs."""

    step: int
    model: Reasoner
    optimizers: list[torch.optim.Optimizer]
    ema: EMA | None
    slots: Slots
    generator: torch.Generator  # exploration, starts, noise; on the CPU, so that every machine draws the same


def initial_state(model: Reasoner, spec: TaskSpec, config: TrainingConfig, seed: int, runtime: Runtime) -> TrainState:
    """The state before the first step; ``model`` is already on the device."""
    shape = (config.batch_size, spec.seq_len)
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
    )


def train_step(state: TrainState, batch: Batch, config: TrainingConfig) -> dict[str, Tensor]:
    """One segment of every slot and one update of the weights. Changes ``state``; returns numbers for the report.

    HRM's loop over the segments of a puzzle (its figure 4) is the calls of this function, one after the other: a slot
    keeps its puzzle and state until it halts, and each slot is at a segment of its own.
    """
    model, B, dtype = state.model, config.batch_size, state.slots.carry[0].dtype
    if model.is_random:  # noise, random starts (EqR): seeded from the state, so that a resumed run draws the same
        torch.manual_seed(int(torch.randint(2**62, (), generator=state.generator)))

    # 1. Finished puzzles leave; new ones take their slots and start from a fresh carry: slot b, where it has halted,
    #    takes row b of the batch at segment 0. Its other rows are not used (as in the published code).
    fresh = model.initial_carry(B, dtype)
    if config.corrupted_share:  # in neither paper, and off unless asked for
        fresh = near_answers(model, fresh, batch, config.corrupted_share, config.corrupted_cells, state.generator)
    slots = refill(state.slots, fresh, batch)

    # 2. One segment. The returned carry is detached: no gradient crosses a segment.
    carry, prediction = model(slots.carry, slots.batch)

    # 3. Halt or continue; the loss of this segment; backward; one optimizer step; EMA.
    labels, steps = slots.batch.labels, slots.steps + 1
    max_segments = config.max_segments_at(state.step)  # M_max, all along the same unless short loops come first
    with torch.no_grad():
        # A puzzle leaves at M_max, or from M_min on if it wants to (with act). M_min: with probability epsilon uniform
        # in 2 .. M_max, else 1; drawn anew at every segment, for TRM, too (as in the published code).
        min_segments = draw_min_segments(B, max_segments, config.exploration_prob, state.generator)
        wants = wants_to_halt(prediction.q_halt, prediction.q_continue) & config.act  # q_halt > q_continue; TRM: > 0
        halted = should_halt(steps, wants, min_segments.to(steps.device), max_segments)
        exact = is_exact(prediction.logits, labels)  # G_halt: every labelled cell is right
    target = rows = None  # G_continue, of some rows or all
    if prediction.q_continue is not None and config.continue_share > 0:
        rows = continue_rows(state.step, B, config.continue_share).to(steps.device)
        target = value_of_going_on(model, carry, slots.batch, rows, steps >= max_segments)
    # Per puzzle: mean cross entropy (stablemax or softmax) of the cells that have a label, on Sudoku all of them, + 0.5
    # BCE(q_halt, G_halt) + 0.5 BCE(q_continue, G_continue), scaled up where only some rows have it, 0 where none has.
    loss = segment_loss(prediction, labels, exact, target, config.loss, rows)
    torch.autograd.backward(loss.total / B)

    state.step += 1
    factor = learning_rate_factor(state.step, config.warmup_steps, config.steps, config.lr_min_ratio)
    for optimizer in state.optimizers:
        set_learning_rate(optimizer, factor)
        optimizer.step()
        optimizer.zero_grad()
    if state.ema is not None:
        state.ema.update()
    state.slots = Slots(carry, slots.batch, steps, halted)

    with torch.no_grad():
        right = share_right(prediction.logits.argmax(-1), labels)
        return {  # losses are means over the slots, the rest are sums over the puzzles that leave
            "loss": loss.total.detach() / B,
            "token_loss": loss.token.detach() / B,
            "halted": halted.sum(),
            "cells": (right * halted).sum(),
            "exact": (exact & halted).sum(),
            "segments": (steps * halted).sum(),
        }


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
) -> Iterator[tuple[Report, Due]]:
    """The training to its last step, with a pause for every report: the caller shows it, and validates and saves where
    that is due.

    ``until`` is asked after every step; True ends with a last report. Raises ``TrainingDivergedError`` instead of a
    report when a loss was not finite.
    """
    sums: list[dict[str, Tensor]] = []
    for batch in batches(task, state.step, config, seed, runtime.device):
        sums.append(train_step(state, batch, config))
        # 4. Once in a while: report, validate, save.
        is_stopped = until()
        due = config.due_at(state.step, is_stopped)
        if due.report:
            yield report_of(state.step, sums), due
            sums = []
        if is_stopped:
            return


def batches(task: Task, first: int, config: TrainingConfig, seed: int, device: torch.device) -> Iterator[Batch]:
    """Batch number ``first`` and all after it, each prepared in the background while the one before is used."""
    with ThreadPoolExecutor(max_workers=1) as background:
        ahead = background.submit(task.train_batch, first, config.batch_size, seed)
        for step in range(first, config.steps):
            batch = ahead.result()
            if step + 1 < config.steps:
                ahead = background.submit(task.train_batch, step + 1, config.batch_size, seed)
            yield batch.to(device)

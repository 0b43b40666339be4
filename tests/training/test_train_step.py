"""``train_step`` against the same steps written out: nothing of hrm/training or hrm/segments but the optimizers, which
have tests of their own."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from hrm.runtime import Runtime
from hrm.tasks.base import Task
from hrm.training.config import RunConfig
from hrm.training.loop import TrainState, initial_state, train_step
from hrm.training.optim import make_optimizers
from hrm.training.settings import TrainingConfig
from hrm.types import IGNORE_LABEL, Batch, Prediction

CPU = Runtime(torch.device("cpu"), torch.float32, False)
B, M, SEED = 8, 4, 3
ROWS = [[0, 1], [2, 3], [4, 5], [6, 7], [0, 1], [2, 3]]
"""A quarter of the slots, step by step: those whose q_continue is trained."""
FACTORS = [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
"""The warm-up over four steps."""


@pytest.fixture
def config(tiny_run: RunConfig) -> TrainingConfig:
    return replace(
        tiny_run.training,
        steps=12,
        batch_size=B,
        max_segments=M,
        warmup_steps=4,
        exploration_prob=0.5,
        continue_share=0.25,
        ema_decay=0.75,
    )


def started(run: RunConfig, config: TrainingConfig) -> tuple[TrainState, Task]:
    """A state whose model wants to halt at once, so that puzzles stay by exploration alone."""
    torch.manual_seed(SEED)
    task = run.task.build()
    model: Any = run.model.build(task.spec)
    with torch.no_grad():
        model.q_head.bias.copy_(torch.tensor([3.0, -3.0]))
    return initial_state(model, task.spec, config, SEED, CPU), task


def chosen(mask: Tensor, new: Any, old: Any) -> Any:
    """Rows (B, ...) of ``new`` where ``mask`` (B,) is true, else of ``old``; of NamedTuples."""
    pairs = zip(new, old, strict=True)
    return type(old)(*(torch.stack([n if m else o for m, n, o in zip(mask, *pair, strict=True)]) for pair in pairs))


class ByHand:
    """The published loop for HRM on its own copy of a model."""

    def __init__(self, state: TrainState, task: Task, config: TrainingConfig) -> None:
        assert state.ema is not None
        self.model, self.config = copy.deepcopy(state.model), config
        peaks = {"lr": config.lr, "puzzle_lr": config.puzzle_lr}
        decays = {"weight_decay": config.weight_decay, "puzzle_weight_decay": config.puzzle_weight_decay}
        self.optimizers = make_optimizers(self.model, config.optimizer, **peaks, **decays)
        self.average = {name: weight.clone() for name, weight in state.ema.average.items()}
        self.generator = torch.Generator().manual_seed(SEED)
        self.carry = self.model.initial_carry(B)
        self.batch = task.train_batch(0, B, SEED)
        self.steps, self.halted = torch.zeros(B, dtype=torch.int64), torch.ones(B, dtype=torch.bool)
        self.q_continue = torch.zeros(0)

    def step(self, batch: Batch, rows: list[int], factor: float) -> None:
        carry = chosen(self.halted, self.model.initial_carry(B), self.carry)
        self.batch = chosen(self.halted, batch, self.batch)
        self.steps = (1 - self.halted.long()) * self.steps + 1
        self.carry, prediction = self.model(carry, self.batch)
        assert prediction.q_continue is not None
        prediction.q_continue.retain_grad()
        self.q_continue = prediction.q_continue

        explores = torch.rand(B, generator=self.generator) < 0.5
        longer = torch.randint(2, M + 1, (B,), generator=self.generator)
        wants = prediction.q_halt > prediction.q_continue
        slots = zip(self.steps, wants, explores, longer, strict=True)
        self.halted = torch.tensor([s == M or (w and s >= (m if e else 1)) for s, w, e, m in slots])

        self.loss(prediction, rows).backward()
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = factor * group["peak_lr"]
            optimizer.step()
            optimizer.zero_grad()
        for name, weight in self.model.named_parameters():
            if name in self.average:
                self.average[name] = 0.75 * self.average[name] + 0.25 * weight.detach()

    def loss(self, prediction: Prediction, rows: list[int]) -> Tensor:
        labels = self.batch.labels
        with torch.no_grad():
            _, ahead = self.model(self.carry, self.batch)
            assert ahead.q_continue is not None
            best = torch.where(self.steps == M, ahead.q_halt, torch.maximum(ahead.q_halt, ahead.q_continue)).sigmoid()
        total = torch.zeros(())
        for b in range(B):
            labelled = labels[b] != IGNORE_LABEL
            x, y = prediction.logits[b][labelled].double(), labels[b][labelled]
            s = torch.where(x >= 0, x + 1, 1 / (1 - x.clamp(max=0)))
            total = total - (s.gather(1, y[:, None])[:, 0] / s.sum(1)).log().mean()
            is_right = bool((x.argmax(1) == y).all())
            total = total + 0.5 * entropy(prediction.q_halt[b], torch.tensor(float(is_right)))
            if b in rows:
                total = total + 0.5 * B / len(rows) * entropy(prediction.q_continue[b], best[b])
        return total / B


def entropy(logit: Tensor, target: Tensor) -> Tensor:
    return -(target * logit.sigmoid().log() + (1 - target) * (-logit).sigmoid().log())


def test_steps_are_those_written_out(tiny_run: RunConfig, config: TrainingConfig) -> None:
    state, task = started(tiny_run, config)
    hand = ByHand(state, task, config)
    seen: list[Tensor] = []

    def keep(module: Any, args: Any, output: tuple[Any, Prediction]) -> None:
        q_continue = output[1].q_continue
        if q_continue is not None and q_continue.requires_grad:  # not the look ahead
            q_continue.retain_grad()
            seen.append(q_continue)

    state.model.register_forward_hook(keep)
    stayed = 0
    for step, (rows, factor) in enumerate(zip(ROWS, FACTORS, strict=True)):
        batch = task.train_batch(step, B, SEED)
        hand.step(batch, rows, factor)
        train_step(state, batch, config)
        rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in state.optimizers]
        assert rates == [[config.lr * factor], [config.puzzle_lr * factor]], step
        assert state.slots.halted.tolist() == hand.halted.tolist(), step
        assert state.slots.steps.tolist() == hand.steps.tolist(), step
        stayed += int((~hand.halted).sum())

        grad, expected = seen[step].grad, hand.q_continue.grad
        assert grad is not None
        assert expected is not None
        assert grad.nonzero()[:, 0].tolist() == rows, step
        torch.testing.assert_close(grad, expected)

        assert state.ema is not None
        weights = dict(hand.model.named_parameters())
        for name, weight in state.model.named_parameters():
            torch.testing.assert_close(weight, weights[name], msg=lambda text, name=name: f"{name} {text}")
        for name, average in state.ema.average.items():
            torch.testing.assert_close(average, hand.average[name], msg=lambda text, name=name: f"{name} {text}")
            assert step == 0 or not torch.equal(average, weights[name])
    assert 5 < stayed < 40, "some stay, by exploration, and some do not"

"""Our HRM against the numbers of the published code: outputs, losses, gradients, halting, and weights after 8 steps."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from published import Parity, assert_close

from hrm.halting import continue_target, is_exact
from hrm.inference.slots import empty_slots, refill
from hrm.losses import segment_loss
from hrm.runtime import Runtime
from hrm.training.loop import TrainingConfig, TrainState, train_step
from hrm.training.loop import initial_state as training_state

CPU = Runtime(torch.device("cpu"), torch.float32, False)


@pytest.fixture(scope="module", params=["hrm_rope", "hrm_learned"])
def parity(request: pytest.FixtureRequest, shared: Path) -> Parity:
    return Parity(shared / "parity" / f"{request.param}.safetensors")


def training_config(parity: Parity) -> TrainingConfig:
    return TrainingConfig(
        steps=8,
        batch_size=parity.config["batch_size"],
        lr=parity.optimizer["lr"],
        weight_decay=parity.optimizer["weight_decay"],
        puzzle_lr=parity.optimizer["puzzle_emb"]["lr"],
        puzzle_weight_decay=parity.optimizer["puzzle_emb"]["weight_decay"],
        warmup_steps=0,
        loss="stablemax" if "stablemax" in parity.metadata["loss"] else "softmax",
        max_segments=parity.config["halt_max_steps"],
        exploration_prob=parity.config["halt_exploration_prob"],
    )


def initial_state(parity: Parity) -> TrainState:
    config, model = training_config(parity), parity.hrm()
    return training_state(model, parity.spec(), config, 0, CPU)


def tolerance(parity: Parity, k: int) -> float:
    """1e-5; but from the sixth optimizer step on ``hrm_learned`` (N 3, T 4) amplifies rounding.

    Its updates are nearly signs of gradients, so a weight with a gradient near zero turns on the last bit. Measured: up
    to 9e-5, and which of several equal ways attention or the positions are written moves that from 1e-5 to 9e-5.
    """
    return 2e-4 if parity.config["H_cycles"] == 3 and k >= 5 else 1e-5


def test_training_equals_the_published_run(parity: Parity) -> None:
    config, state = training_config(parity), initial_state(parity)
    model = state.model
    for k in range(8):
        close = partial(assert_close, tolerance=tolerance(parity, k))
        assert torch.equal(state.slots.halted, parity[f"train.{k}.halted_before"])

        # The same segment once more by hand, for the quantities that a step does not return.
        slots = refill(state.slots, model.initial_carry(config.batch_size), parity.batch(f"train.{k}"))
        carry, prediction = model(slots.carry, slots.batch)
        with torch.no_grad():
            _, ahead = model(carry, slots.batch)
        is_last = slots.steps + 1 >= config.max_segments
        target = continue_target(ahead.q_halt, ahead.q_continue, is_last)
        exact = is_exact(prediction.logits, slots.batch.labels)
        loss = segment_loss(prediction, slots.batch.labels, exact, target, config.loss)
        close(prediction.logits, parity[f"train.{k}.logits"])
        close(prediction.q_halt, parity[f"train.{k}.q_halt_logits"])
        close(prediction.q_continue, parity[f"train.{k}.q_continue_logits"])
        close(target, parity[f"train.{k}.target_q_continue"])
        close(loss.token.view(1), parity[f"train.{k}.lm_loss_sum"])
        close(loss.q_halt.view(1), parity[f"train.{k}.q_halt_loss_sum"])
        close(loss.q_continue.view(1), parity[f"train.{k}.q_continue_loss_sum"])

        sums = train_step(state, parity.batch(f"train.{k}"), config)
        assert torch.equal(state.slots.halted, parity[f"train.{k}.halted_after"])
        assert torch.equal(state.slots.steps, parity[f"train.{k}.steps_after"].long())
        assert sums["halted"] == parity[f"train.{k}.count"]
        assert sums["exact"] == parity[f"train.{k}.exact_count"]

    after = model.state_dict()
    published = parity.under("weights_after.")
    assert after.keys() == published.keys()
    for name, weight in published.items():
        assert_close(after[name], weight, 1e-4)

    # Evaluation after training: every segment, then the final state.
    batch = parity.batch("eval")
    carry = model.initial_carry(config.batch_size)
    for k in range(4):
        carry, prediction = model(carry, batch)
        assert_close(prediction.logits, parity[f"eval.{k}.logits"], 1e-4)
        assert_close(prediction.q_halt, parity[f"eval.{k}.q_halt_logits"], 1e-4)
        assert_close(prediction.q_continue, parity[f"eval.{k}.q_continue_logits"], 1e-4)
    assert_close(carry.z_H, parity["eval.final.z_H"], 1e-4)


def test_gradients_equal_the_published_ones(parity: Parity) -> None:
    config, model = training_config(parity), parity.hrm()
    slots = refill(
        empty_slots(model, parity.batch("train.0"), torch.float32),
        model.initial_carry(config.batch_size),
        parity.batch("train.0"),
    )
    _, prediction = model(slots.carry, slots.batch)
    exact = is_exact(prediction.logits, slots.batch.labels)
    target = parity["train.0.target_q_continue"]
    loss = segment_loss(prediction, slots.batch.labels, exact, target, config.loss)
    (loss.total / config.batch_size).backward()

    grads = {name: p.grad for name, p in model.named_parameters()}
    rows = grads.pop("embedding.puzzles.weight")
    assert_close(rows._values(), parity["train.0.grad.puzzle_emb_rows"])  # not yet summed: one row a slot
    published = parity.under("train.0.grad.")
    del published["puzzle_emb_rows"]
    assert grads.keys() == published.keys()
    for name, grad in published.items():
        assert_close(grads[name], grad)

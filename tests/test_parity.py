"""Our models against the numbers of the published code: outputs, losses, gradients, halting, weights after 8 steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from published import Parity, assert_close
from torch import Tensor, nn

from hrm.runtime import Runtime
from hrm.segments.halting import continue_target, is_exact
from hrm.segments.losses import segment_loss
from hrm.segments.slots import empty_slots, refill
from hrm.store.published import PUZZLES
from hrm.training.loop import TrainingConfig, TrainState, train_step
from hrm.training.loop import initial_state as training_state

# On two threads the order of sums moves trm_attention from 7e-6 to 1.8e-5.
pytestmark = pytest.mark.usefixtures("one_thread")

CPU = Runtime(torch.device("cpu"), torch.float32, False)


FILES = ["hrm_rope", "hrm_learned", "trm_attention", "trm_mlp", "transformer_act"]


@pytest.fixture(scope="module", params=FILES)
def parity(request: pytest.FixtureRequest, shared: Path) -> Parity:
    return Parity(shared / "parity" / f"{request.param}.safetensors")


def training_config(parity: Parity) -> TrainingConfig:
    _, training = parity.read_arch()
    return TrainingConfig(
        steps=8,
        batch_size=parity.config["batch_size"],
        lr=parity.optimizer["lr"],
        weight_decay=parity.optimizer["weight_decay"],
        puzzle_lr=parity.optimizer["puzzle_emb"]["lr"],
        puzzle_weight_decay=parity.optimizer["puzzle_emb"]["weight_decay"],
        warmup_steps=0,
        loss="stablemax" if "stablemax" in parity.metadata["loss"] else "softmax",
        **training,
    )


def initial_state(parity: Parity) -> TrainState:
    config, model = training_config(parity), parity.model()
    return training_state(model, parity.spec(), config, 0, CPU)


TRM_MLP = (1e-5, 1e-4, 1e-3, 1e-2, 1e-2, 1e-2, 3e-2, 1e-1)
"""Tolerances of ``trm_mlp`` by step or segment: its network multiplies a small difference by about seven in each.

Measured: our own runs from weights that differ by 1e-7 of themselves part by 2e-5, 7e-5, 3e-4, 2e-3 ... 6e-2 at steps 0
to 7; ours and the published one by half of that, and evaluated with the same weights by 6e-6, 3e-5, 1e-4, 7e-4 in four
segments. With the mixer's operations in the published order (no copies) step 0 is equal to the bit.
"""


def tolerance(parity: Parity, k: int) -> float:
    """1e-5; but from the sixth optimizer step on ``hrm_learned`` (N 3, T 4) amplifies rounding.

    Its updates are nearly signs of gradients, so a weight with a gradient near zero turns on the last bit. Measured: up
    to 9e-5, and which of several equal ways attention or the positions are written moves that from 1e-5 to 9e-5.
    """
    if parity.metadata["model"] == "trm_mlp":
        return TRM_MLP[k]
    return 2e-4 if parity.config["H_cycles"] == 3 and parity.config["L_cycles"] == 4 and k >= 5 else 1e-5


@contextmanager
def first_gradients(parity: Parity, model: nn.Module, k: int) -> Iterator[None]:
    """The published gradients in place of ours in the first step of ``transformer_act``.

    They agree to 6e-8, but one of them is zero but for rounding and has another sign here, and the first update is a
    sign: that weight goes the other way, and the logits after it differ by 2e-3. With the published ones, the seven
    steps that follow agree to 8e-6.
    """
    published = parity.under("train.0.grad.") if parity.metadata["model"] == "transformer" and k == 0 else {}
    hooks = [p.register_hook(partial(_replace, published[n])) for n, p in model.named_parameters() if n in published]
    yield
    for hook in hooks:
        hook.remove()


def _replace(published: Tensor, ours: Tensor) -> Tensor:
    assert_close(ours, published)
    return published


def test_training_equals_the_published_run(parity: Parity) -> None:
    config, state = training_config(parity), initial_state(parity)
    model = state.model
    for k in range(8):
        close = partial(assert_close, tolerance=tolerance(parity, k))
        assert torch.equal(state.slots.halted, parity[f"train.{k}.halted_before"])

        # The same segment once more by hand, for the quantities that a step does not return.
        slots = refill(state.slots, model.initial_carry(config.batch_size), parity.batch(f"train.{k}."))
        carry, prediction = model(slots.carry, slots.batch)
        target = None
        if f"train.{k}.target_q_continue" in parity.tensors:
            with torch.no_grad():
                _, ahead = model(carry, slots.batch)
            is_last = slots.steps + 1 >= config.max_segments
            target = continue_target(ahead.q_halt, ahead.q_continue, is_last)
            close(target, parity[f"train.{k}.target_q_continue"])
        exact = is_exact(prediction.logits, slots.batch.labels)
        loss = segment_loss(prediction, slots.batch.labels, exact, target, config.loss)
        close(prediction.logits, parity[f"train.{k}.logits"])
        close(prediction.q_halt, parity[f"train.{k}.q_halt_logits"])
        if prediction.q_continue is not None:
            close(prediction.q_continue, parity[f"train.{k}.q_continue_logits"])
        close(loss.token.view(1), parity[f"train.{k}.lm_loss_sum"])
        close(loss.q_halt.view(1), parity[f"train.{k}.q_halt_loss_sum"])
        if target is not None:
            close(loss.q_continue.view(1), parity[f"train.{k}.q_continue_loss_sum"])

        with first_gradients(parity, model, k):
            sums = train_step(state, parity.batch(f"train.{k}."), config)
        assert torch.equal(state.slots.halted, parity[f"train.{k}.halted_after"])
        assert torch.equal(state.slots.steps, parity[f"train.{k}.steps_after"].long())
        assert sums["halted"] == parity[f"train.{k}.count"]
        assert sums["exact"] == parity[f"train.{k}.exact_count"]

    after = model.state_dict()
    published = parity.under("weights_after.")
    assert after.keys() == published.keys()
    if parity.metadata["model"] == "trm_mlp":  # SignSGD: a gradient near zero may have turned (one number of 320)
        ours, theirs = after.pop(PUZZLES), published.pop(PUZZLES)
        assert ((ours - theirs).abs() > 1e-4).float().mean() < 0.01
    for name, weight in published.items():
        assert_close(after[name], weight, 1e-4)


def test_evaluation_equals_the_published_one(parity: Parity) -> None:
    """With the published weights after training: every segment, then the final state."""
    model, batch = parity.model("weights_after."), parity.batch("eval.")
    carry = model.initial_carry(parity.config["batch_size"])
    for k in range(4):
        close = partial(assert_close, tolerance=TRM_MLP[k] if parity.metadata["model"] == "trm_mlp" else 1e-5)
        carry, prediction = model(carry, batch)
        close(prediction.logits, parity[f"eval.{k}.logits"])
        close(prediction.q_halt, parity[f"eval.{k}.q_halt_logits"])
        if prediction.q_continue is not None:
            close(prediction.q_continue, parity[f"eval.{k}.q_continue_logits"])
    close(carry.z_H, parity["eval.final.z_H"])


def test_gradients_equal_the_published_ones(parity: Parity) -> None:
    config, model = training_config(parity), parity.model()
    slots = refill(
        empty_slots(model, parity.batch("train.0."), torch.float32),
        model.initial_carry(config.batch_size),
        parity.batch("train.0."),
    )
    _, prediction = model(slots.carry, slots.batch)
    exact = is_exact(prediction.logits, slots.batch.labels)
    target = parity.tensors.get("train.0.target_q_continue")
    loss = segment_loss(prediction, slots.batch.labels, exact, target, config.loss)
    (loss.total / config.batch_size).backward()

    grads = {name: p.grad for name, p in model.named_parameters()}
    rows = grads.pop(PUZZLES)
    assert_close(rows._values(), parity["train.0.grad.puzzle_emb_rows"])  # not yet summed: one row a slot
    published = parity.under("train.0.grad.")
    del published["puzzle_emb_rows"]
    assert grads.keys() == published.keys()
    for name, grad in published.items():
        assert_close(grads[name], grad)


def test_urm_equals_the_published_forward_pass(shared: Path) -> None:
    """Two segments in a row, and the gradients of the cross entropy of the second."""
    parity = Parity(shared / "parity/urm_forward.safetensors")
    model, batch = parity.model("weights."), parity.batch("")
    carry = model.initial_carry(parity.config["batch_size"])
    for k in range(2):
        carry, prediction = model(carry, batch)
        assert_close(prediction.logits, parity[f"segment.{k}.logits"])
        assert_close(prediction.q_halt, parity[f"segment.{k}.q_halt_logits"])
        assert_close(carry.z_H, parity[f"segment.{k}.hidden"])
    num_cells = batch.labels.numel()  # compared as a mean, for gradients of the usual size: those of the sum reach 36
    loss = F.cross_entropy(prediction.logits.flatten(0, 1), batch.labels.flatten())
    assert_close(loss.view(1), parity["loss_sum"] / num_cells)
    loss.backward()
    grads = {name: p.grad for name, p in model.named_parameters()}
    published = parity.under("grad.")
    assert grads.keys() - published.keys() == {PUZZLES, "q_head.weight", "q_head.bias"}
    for name, grad in published.items():
        assert_close(grads[name], grad / num_cells)

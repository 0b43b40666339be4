"""Our models against the numbers of the published code in float64: outputs, losses, gradients, halting, weights.

In float32 that cannot be had: some models amplify rounding from step to step, and the first update of a weight is the
sign of a gradient, which rounding can turn.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from published import RUNS, SMALL, TOLERANCE, Parity
from torch import Tensor

from hrm.models.base import Carry, Reasoner
from hrm.runtime import Runtime
from hrm.segments.halting import continue_target, is_exact
from hrm.segments.losses import segment_loss
from hrm.segments.slots import refill
from hrm.store.published_weights import PUZZLES
from hrm.training.loop import TrainState, initial_state, train_step
from hrm.training.settings import TrainingConfig
from hrm.types import Prediction


@pytest.mark.parametrize("name", RUNS)
def test_a_run_equals_the_published_one(name: str) -> None:
    check_run(Parity(SMALL / f"{name}.safetensors"))


@pytest.mark.parametrize("name", RUNS)
def test_a_run_of_the_larger_models_does(shared: Path, name: str) -> None:
    check_run(Parity(shared / f"parity64/{name}.safetensors"))


def test_urm_equals_the_published_one() -> None:
    check_segments(Parity(SMALL / "urm_forward.safetensors"))


def test_the_larger_urm_does(shared: Path) -> None:
    check_segments(Parity(shared / "parity64/urm_forward.safetensors"))


@pytest.mark.parametrize("ours", ["H_level.blocks.0.attention.qkv_proj.weight", "L_level.blocks.0.norm.weight"])
def test_what_no_file_leaves_out_must_be_there(ours: str) -> None:
    with pytest.raises(AssertionError, match=ours):
        Parity(SMALL / "hrm_rope.safetensors").compare_all("nothing.", {ours: torch.zeros(1)})


def check_run(parity: Parity) -> None:
    """Every step of training, the weights after it, evaluation with them."""
    config = training_config(parity)
    cpu = Runtime(torch.device("cpu"), torch.float64, False)
    state = initial_state(parity.model("weights_before."), parity.spec(), config, 0, cpu)
    for k in range(config.steps):
        check_step(parity, k, state, config)
    parity.compare_all("weights_after.", state.model.state_dict())
    state.model.load_state_dict(parity.under("weights_after."), strict=False)
    check_evaluation(parity, state.model.eval())
    assert not parity.unread


def training_config(parity: Parity) -> TrainingConfig:
    _, training = parity.read_arch()
    return TrainingConfig(
        steps=int(parity.metadata["train_steps"]),
        batch_size=parity.config["batch_size"],
        lr=parity.optimizer["lr"],
        weight_decay=parity.optimizer["weight_decay"],
        puzzle_lr=parity.optimizer["puzzle_emb"]["lr"],
        puzzle_weight_decay=parity.optimizer["puzzle_emb"]["weight_decay"],
        warmup_steps=0,
        loss="stablemax" if "stablemax" in parity.metadata["loss"] else "softmax",
        **training,
    )


def check_step(parity: Parity, k: int, state: TrainState, config: TrainingConfig) -> None:
    """One step, which is made; before it the same segment by hand, for what a step does not return."""
    at, model, B = f"train.{k}.", state.model, config.batch_size
    batch = parity.batch(at)
    parity.compare(f"{at}halted_before", state.slots.halted)
    slots = refill(state.slots, model.initial_carry(B, torch.float64), batch)
    carry, prediction = model(slots.carry, slots.batch)
    check_prediction(parity, at, model, carry, prediction)
    target = None
    if f"{at}target_q_continue" in parity:
        with torch.no_grad():
            _, ahead = model(carry, slots.batch)
        target = continue_target(ahead.q_halt, ahead.q_continue, slots.steps + 1 >= config.max_segments)
        parity.compare(f"{at}target_q_continue", target)
    labels = slots.batch.labels
    loss = segment_loss(prediction, labels, is_exact(prediction.logits, labels), target, config.loss)
    parity.compare(f"{at}lm_loss_sum", loss.token.view(1))
    parity.compare(f"{at}q_halt_loss_sum", loss.q_halt.view(1))
    if target is not None:
        parity.compare(f"{at}q_continue_loss_sum", loss.q_continue.view(1))
    if k == 0:
        (loss.total / B).backward()
        parity.compare_all(f"{at}grad.", gradients(model))
        model.zero_grad()

    sums = train_step(state, batch, config)
    torch.testing.assert_close(sums["loss"], loss.total.detach() / B, rtol=0, atol=TOLERANCE)
    parity.compare(f"{at}halted_after", state.slots.halted)
    parity.compare(f"{at}steps_after", state.slots.steps)
    parity.compare(f"{at}count", sums["halted"].view(1))
    parity.compare(f"{at}exact_count", sums["exact"].view(1))


def check_evaluation(parity: Parity, model: Reasoner) -> None:
    batch, carry = parity.batch("eval."), model.initial_carry(parity.config["batch_size"], torch.float64)
    for k in range(int(parity.metadata["eval_segments"])):
        carry, prediction = model(carry, batch)
        check_prediction(parity, f"eval.{k}.", model, carry, prediction)
    parity.compare("eval.final.z_H", carry.z_H)


def check_prediction(parity: Parity, at: str, model: Reasoner, carry: Carry, prediction: Prediction) -> None:
    q_continue = prediction.q_continue
    if q_continue is None:  # TRM's head has a second row, too, which nothing looks at
        q_continue = F.linear(carry.z_H[:, 0], model.q_head.weight, model.q_head.bias)[:, 1]
    parity.compare(f"{at}logits", prediction.logits)
    parity.compare(f"{at}q_halt_logits", prediction.q_halt)
    parity.compare(f"{at}q_continue_logits", q_continue)


def gradients(model: Reasoner) -> dict[str, Tensor]:
    grads = {name: p.grad for name, p in model.named_parameters()}
    grads["puzzle_emb_rows"] = grads.pop(PUZZLES)._values()  # not yet summed: one row a slot
    return grads


def check_segments(parity: Parity) -> None:
    """Two segments in a row, and the gradients of the cross entropy of the second."""
    model, batch = parity.model("weights."), parity.batch("")
    carry = model.initial_carry(parity.config["batch_size"], torch.float64)
    for k in range(2):
        carry, prediction = model(carry, batch)
        parity.compare(f"segment.{k}.logits", prediction.logits)
        parity.compare(f"segment.{k}.q_halt_logits", prediction.q_halt)
        parity.compare(f"segment.{k}.hidden", carry.z_H)
    loss = F.cross_entropy(prediction.logits.flatten(0, 1), batch.labels.flatten(), reduction="sum")
    parity.compare("loss_sum", loss.view(1))
    loss.backward()
    published = {"embedding.tokens", "lm_head.weight"}
    grads = {name: p.grad for name, p in model.named_parameters() if name in published or ".blocks." in name}
    parity.compare_all("grad.", grads)
    assert not parity.unread

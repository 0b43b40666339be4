from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hrm.errors import InputError
from hrm.models import MODELS
from hrm.models.direct import DirectConfig
from hrm.models.hrm import HRMConfig
from hrm.runtime import Runtime
from hrm.training.config import RunConfig
from hrm.training.loop import initial_state, train_step
from hrm.training.run import prepare
from hrm.training.starts import corrupted, near_answers
from hrm.types import IGNORE_LABEL, Batch, TaskSpec

SPEC = TaskSpec(vocab_size=11, seq_len=81, num_puzzles=1, grid_shape=(9, 9), symbols=tuple("_.123456789"))


def some_batch(B: int) -> Batch:
    generator = torch.Generator().manual_seed(1)
    labels = torch.randint(2, 11, (B, 81), generator=generator)
    labels[:, 70:] = IGNORE_LABEL
    inputs = torch.where(labels == IGNORE_LABEL, 0, 1)
    return Batch(inputs, labels, torch.zeros(B, dtype=torch.int64))


def test_a_fifth_of_the_labelled_cells_hold_what_another_of_them_holds() -> None:
    batch = some_batch(200)
    answers = corrupted(batch, 0.2, torch.Generator().manual_seed(3))
    assert torch.equal(answers[:, 70:], batch.inputs[:, 70:])
    wrong = answers[:, :70] != batch.labels[:, :70]
    assert wrong.float().mean().item() == pytest.approx(0.2 * 8 / 9, abs=0.01)  # a ninth is right by chance
    assert all(
        set(row.tolist()) <= set(label.tolist()) for row, label in zip(answers[:, :70], batch.labels, strict=True)
    )


def test_few_labels_are_corrupted_as_often() -> None:
    batch = some_batch(2000)
    labels = batch.labels.clone()
    labels[:, 4:] = IGNORE_LABEL
    labels[:, :4] = torch.tensor([2, 3, 4, 5])
    labels[0] = IGNORE_LABEL
    batch = batch._replace(labels=labels)
    answers = corrupted(batch, 0.2, torch.Generator().manual_seed(3))
    assert torch.equal(answers[0], batch.inputs[0])
    assert (answers[1:, :4] != labels[1:, :4]).float().mean().item() == pytest.approx(0.2 * 3 / 4, abs=0.02)
    assert set(answers[1:, :4].unique().tolist()) == {2, 3, 4, 5}


def test_nothing_and_everything_corrupted() -> None:
    batch = some_batch(4)
    generator = torch.Generator().manual_seed(3)
    assert torch.equal(corrupted(batch, 0.0, generator)[:, :70], batch.labels[:, :70])
    assert (corrupted(batch, 1.0, generator)[:, :70] != batch.labels[:, :70]).float().mean() > 0.7


def test_a_share_of_the_rows_start_at_their_answers() -> None:
    torch.manual_seed(0)
    model = HRMConfig(hidden_size=16, num_heads=2, puzzle_embedding_size=0).build(SPEC)
    batch = some_batch(400)
    fresh = model.initial_carry(400)
    carry = near_answers(model, fresh, batch, 0.25, 0.0, torch.Generator().manual_seed(2))
    moved = (carry.z_H != fresh.z_H).flatten(1).any(1)
    assert moved.float().mean().item() == pytest.approx(0.25, abs=0.06)
    at_answers = model.embedding(
        batch._replace(inputs=torch.where(batch.labels == IGNORE_LABEL, batch.inputs, batch.labels))
    )
    assert torch.equal(carry.z_H[moved], at_answers[moved])
    assert torch.equal(carry.z_L, fresh.z_L)
    assert not carry.z_H.requires_grad


def test_training_uses_them_and_draws_the_same_again(tiny_run: RunConfig) -> None:
    config = replace(tiny_run.training, corrupted_share=0.5)
    runs = []
    for training in (config, config, tiny_run.training):
        torch.manual_seed(0)
        task = tiny_run.task.build()
        cpu = Runtime(torch.device("cpu"), torch.float32, False)
        state = initial_state(tiny_run.model.build(task.spec), task.spec, training, 0, cpu)
        runs.append([float(train_step(state, task.train_batch(step, 8, 3), training)["loss"]) for step in range(6)])
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("direct", "deep")])
def test_every_model_with_a_state_can_start_there(name: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    model = MODELS[name](hidden_size=16, puzzle_embedding_size=16).build(SPEC)
    batch = some_batch(3)
    carry = near_answers(model, model.initial_carry(3, dtype), batch, 1.0, 0.2, torch.Generator().manual_seed(2))
    assert all(state.dtype == dtype for state in carry if state.is_floating_point())
    assert torch.isfinite(model(carry, batch)[1].logits).all()


def test_a_model_of_one_pass_says_that_it_cannot(tiny_run: RunConfig) -> None:
    model = DirectConfig(hidden_size=16, num_heads=2, puzzle_embedding_size=0)
    run = replace(tiny_run, model=model, training=replace(tiny_run.training, corrupted_share=0.25))
    with pytest.raises(InputError, match=r"corrupted_share is 0\.25"):
        prepare(run)

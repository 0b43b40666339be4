from __future__ import annotations

from pathlib import Path

import pytest
import torch

from hrm.errors import InputError
from hrm.runtime import Runtime
from hrm.training.config import RunConfig
from hrm.training.loop import initial_state, train_step
from hrm.training.state import restore_state, state_tensors
from hrm.world import World

CPU = Runtime(torch.device("cpu"), torch.bfloat16, False)


def test_everything_is_there_and_comes_back_to_the_bit(tiny_run: RunConfig) -> None:
    task = tiny_run.task.build()
    state = initial_state(tiny_run.model.build(task.spec), task.spec, tiny_run.training, 3, CPU)
    for step in range(3):
        train_step(state, task.train_batch(step, 8, 3), tiny_run.training)
    tensors = {name: tensor.clone() for name, tensor in state_tensors(state).items()}
    kinds = {name.split(".")[0] for name in tensors}
    assert kinds == {"model", "ema", "optimizers", "slots", "generator", "step"}

    other = initial_state(tiny_run.model.build(task.spec), task.spec, tiny_run.training, 4, CPU)
    restore_state(other, tensors, Path("state"))
    for name, tensor in state_tensors(other).items():
        assert torch.equal(tensor, tensors[name]), name
        assert tensor.dtype == tensors[name].dtype


@pytest.mark.parametrize("rank", [0, 1])
def test_numbers_of_steps_that_were_not_reported_yet_come_back_on_the_first_rank(
    tiny_run: RunConfig, rank: int
) -> None:
    task = tiny_run.task.build()
    state = initial_state(tiny_run.model.build(task.spec), task.spec, tiny_run.training, 3, CPU)
    for step in range(2):
        state.sums.append(train_step(state, task.train_batch(step, 8, 3), tiny_run.training))
    tensors = state_tensors(state)
    assert {name for name in tensors if name.startswith("sums.")} == {f"sums.{key}" for key in state.sums[0]}
    half = initial_state(tiny_run.model.build(task.spec), task.spec, tiny_run.training, 4, CPU, World(rank, 2))
    restore_state(half, tensors, Path("state"))
    for before, after in zip(state.sums, half.sums, strict=True):
        assert {key: (1 - rank) * float(value) for key, value in before.items()} == {
            key: float(value) for key, value in after.items()
        }
    restore_state(half, {name: tensor for name, tensor in tensors.items() if "sums." not in name}, Path("state"))
    assert half.sums == []


def test_the_state_of_another_run_is_refused(tiny_run: RunConfig) -> None:
    task = tiny_run.task.build()
    state = initial_state(tiny_run.model.build(task.spec), task.spec, tiny_run.training, 3, CPU)
    tensors = state_tensors(state)
    del tensors["slots.steps"]
    with pytest.raises(InputError, match=r"folder/state is not the state of this run: .*slots\.steps"):
        restore_state(state, tensors, Path("folder/state"))

"""A recording holds what happened, by name and shape, and no more than was allowed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from known import CPU, TASK, subject, toy
from safetensors.numpy import load_file

from hrm.analysis.recorder import bytes_per_puzzle, record
from hrm.errors import InputError
from hrm.models import MODELS
from hrm.models.base import Reasoner
from hrm.models.hrm import HRMConfig
from hrm.models.lattice import LatticeConfig

BATCH = subject(toy()).batch


def built(name: str) -> Reasoner:
    torch.manual_seed(0)
    model: Reasoner = MODELS[name](hidden_size=16, puzzle_embedding_size=0).build(TASK.spec).eval()
    return model


@pytest.mark.parametrize("name", MODELS)
def test_every_model_can_be_recorded(name: str) -> None:
    model = built(name)
    found = record(model, BATCH, 2, torch.float32, at_once=5)
    for level in set(model.update_names):
        states, num = found[f"states.{level}"], model.update_names.count(level)
        assert states.shape[:3] == (12, 2, num)
        assert found[f"answers.{level}"].shape == (12, 2, num, 16)
    assert found["answers"].shape == (12, 2, 16)
    assert found["q_halt"].shape == (12, 2)
    assert ("q_continue" in found.arrays) == (name in ("hrm", "transformer", "universal", "recurrent"))
    np.testing.assert_array_equal(found["inputs"], BATCH.inputs.numpy())


def test_the_last_state_is_the_carry_and_rows_do_not_depend_on_how_many_are_looked_at_together() -> None:
    model = HRMConfig(hidden_size=16, num_heads=2, puzzle_embedding_size=0).build(TASK.spec).eval()
    one, other = (record(model, BATCH, 3, torch.float32, at_once=size) for size in (12, 4))
    carry = model.initial_carry(12)
    with torch.inference_mode():
        for _ in range(3):
            carry, prediction = model(carry, BATCH)
    np.testing.assert_array_equal(one["states.H_level"][:, -1, -1], carry.z_H.numpy())
    np.testing.assert_array_equal(one["states.L_level"][:, -1, -1], carry.z_L.numpy())
    np.testing.assert_array_equal(one["answers"][:, -1], prediction.logits.argmax(-1).numpy())
    np.testing.assert_allclose(one["states.L_level"], other["states.L_level"], atol=1e-5)


def test_candidates_are_recorded_too_and_a_recording_is_a_file(tmp_path: Path) -> None:
    config = LatticeConfig(hidden_size=16, H_layers=1, H_cycles=2, mixing="mlp", positions="none")
    model = config.build(TASK.spec).eval()
    found = record(model, BATCH, 4, CPU.dtype)
    alive = found["carry.alive"]
    assert alive.shape == (12, 4, 16, 6)
    assert (np.diff(alive, axis=1) <= 0).all()
    found.save(tmp_path / "r.safetensors")
    assert {name: rows.shape for name, rows in load_file(tmp_path / "r.safetensors").items()} == {
        name: rows.shape for name, rows in found.arrays.items()
    }


def test_more_than_is_allowed_is_refused_before_it_begins() -> None:
    model = built("hrm")
    with pytest.raises(InputError, match=r"takes .* MiB and 5\.0 are allowed: give at most \d puzzles, fewer segments"):
        record(model, BATCH, 100, torch.float32, max_mib=5)
    with pytest.raises(InputError, match=r"takes .* MiB and 0\.5 are allowed: give fewer segments"):
        record(model, BATCH, 100, torch.float32, max_mib=0.5)


@pytest.mark.parametrize("name", ["hrm", "trm", "lattice", "equivariant"])
def test_the_memory_is_what_was_said(name: str) -> None:
    model = built(name)
    found = record(model, BATCH, 3, torch.float32)
    took = sum(rows.nbytes for rows in found.arrays.values()) - found["inputs"].nbytes
    assert 2 * took == 12 * bytes_per_puzzle(model, BATCH, 3, torch.float32)

"""Its parity with the published code is in tests/test_parity.py."""

from __future__ import annotations

import pytest
import torch
from models.test_recursion import BATCH, SPEC

from hrm.models.trm import TRMConfig


@pytest.mark.parametrize("mixing", ["attention", "mlp"])
def test_a_segment_equals_the_calls_written_out(mixing: str) -> None:
    torch.manual_seed(0)
    config = TRMConfig(hidden_size=32, num_heads=2, H_cycles=2, L_cycles=3, mixing=mixing, puzzle_embedding_size=32)
    model = config.build(SPEC)
    e = model.embedding(BATCH)
    assert e.shape == (4, 16 + 16, 32), "16 positions of puzzle embedding, whatever it fills"
    z_H, z_L = model.initial_carry(4)
    for _ in range(2):
        for _ in range(3):
            z_L = model.L_level(z_L, z_H + e)
        z_H = model.L_level(z_H, z_L)
    carry, prediction = model(model.initial_carry(4), BATCH)
    torch.testing.assert_close(carry.z_H, z_H)
    torch.testing.assert_close(carry.z_L, z_L)
    torch.testing.assert_close(prediction.logits, model.lm_head(z_H[:, 16:]))
    assert prediction.q_continue is None


def test_one_network_for_both_states() -> None:
    levels = {name.split(".")[0] for name, _ in TRMConfig().build(SPEC).named_parameters() if "level" in name}
    assert levels == {"L_level"}

from __future__ import annotations

import pytest
import torch

from hrm.nn.block import Block, Level
from hrm.nn.norm import rms_norm


@pytest.mark.parametrize("mixing", ["attention", "mlp"])
def test_post_norm(mixing: str) -> None:
    block, x = Block(16, 6, 2, 1.0, mixing, None), torch.randn(2, 6, 16)
    mixed = block.mixer(x) if mixing == "mlp" else rms_norm(x + block.attention(x))
    torch.testing.assert_close(block(x), rms_norm(mixed + block.swiglu(mixed)))


def test_a_level_adds_its_injection_then_runs_its_blocks() -> None:
    blocks = [Block(16, 6, 2, 1.0, "attention", None) for _ in range(2)]
    state, injection = torch.randn(2, 6, 16), torch.randn(2, 6, 16)
    torch.testing.assert_close(Level(blocks)(state, injection), blocks[1](blocks[0](state + injection)))

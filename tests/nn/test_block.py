from __future__ import annotations

import pytest
import torch

from hrm.nn.block import Block, Level, in_turn
from hrm.nn.norm import rms_norm


@pytest.mark.parametrize("mixing", ["attention", "mlp", "state_space"])
def test_post_norm(mixing: str) -> None:
    block, x = Block(16, 6, 2, 1.0, mixing, None), torch.randn(2, 6, 16)
    mixed = block.mixer(x) if mixing == "mlp" else rms_norm(x + getattr(block, mixing)(x))
    torch.testing.assert_close(block(x), rms_norm(mixed + block.swiglu(mixed)))
    assert [name for name in ("attention", "mixer", "state_space") if getattr(block, name) is not None] == [
        "mixer" if mixing == "mlp" else mixing
    ]


def test_a_hybrid_begins_with_the_recurrence_and_takes_turns() -> None:
    assert in_turn("hybrid", 5) == ["state_space", "attention", "state_space", "attention", "state_space"]
    assert in_turn("mlp", 2) == ["mlp", "mlp"]


def test_a_level_adds_its_injection_then_runs_its_blocks() -> None:
    blocks = [Block(16, 6, 2, 1.0, "attention", None) for _ in range(2)]
    state, injection = torch.randn(2, 6, 16), torch.randn(2, 6, 16)
    torch.testing.assert_close(Level(blocks)(state, injection), blocks[1](blocks[0](state + injection)))


def test_dropout_hides_a_share_of_what_every_block_sees_and_only_in_training() -> None:
    seen = []
    blocks = [torch.nn.Identity() for _ in range(2)]
    for block in blocks:
        block.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    level, ones = Level(blocks, dropout=0.25), torch.ones(100, 6, 16)
    level(ones, torch.zeros_like(ones))
    for x, kept in zip(seen, (0.75, 0.75**2), strict=True):
        assert (x != 0).float().mean().item() == pytest.approx(kept, abs=0.02)
        assert x.mean().item() == pytest.approx(1, abs=0.04), "what is left is scaled up"
    torch.testing.assert_close(level.eval()(ones, torch.zeros_like(ones)), ones)

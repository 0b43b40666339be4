from __future__ import annotations

import pytest
import torch

from hrm.nn.feedforward import ConvSwiGLU, SwiGLU, swiglu_width


@pytest.mark.parametrize(("hidden_size", "width"), [(512, 1536), (64, 256), (128, 512), (192, 512), (256, 768)])
def test_width_is_rounded_up_to_256(hidden_size: int, width: int) -> None:
    assert swiglu_width(hidden_size, 4.0) == width


def test_gate_comes_first() -> None:
    layer, x = SwiGLU(8, 256), torch.randn(2, 8)
    gate, up = (x @ layer.gate_up_proj.weight.T).split(256, dim=-1)
    torch.testing.assert_close(layer(x), (torch.nn.functional.silu(gate) * up) @ layer.down_proj.weight.T)


def test_the_convolution_sees_the_position_before() -> None:
    layer, x = ConvSwiGLU(8, 256), torch.randn(2, 5, 8)
    out = layer(x)
    gate, up = (x @ layer.gate_up_proj.weight.T).split(256, dim=-1)
    hidden = torch.nn.functional.silu(gate) * up
    before = torch.cat((torch.zeros(2, 1, 256), hidden[:, :-1]), dim=1)
    mixed = before * layer.conv_weight[:, 0, 0] + hidden * layer.conv_weight[:, 0, 1] + layer.conv_bias
    torch.testing.assert_close(out, torch.nn.functional.silu(mixed) @ layer.down_proj.weight.T)

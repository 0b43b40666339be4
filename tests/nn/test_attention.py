from __future__ import annotations

import pytest
import torch

from hrm.nn.attention import Attention
from hrm.nn.rotary import Rotary


def test_equals_attention_written_out() -> None:
    torch.manual_seed(0)
    layer, x = Attention(16, 2, Rotary(6, 8)), torch.randn(3, 6, 16)
    q, k, v = (part.view(3, 6, 2, 8).transpose(1, 2) for part in layer.qkv_proj(x).split(16, dim=-1))
    q, k = layer.rotary(q), layer.rotary(k)
    mixed = torch.softmax(q @ k.mT / 8**0.5, dim=-1) @ v
    torch.testing.assert_close(layer(x), layer.o_proj(mixed.transpose(1, 2).reshape(3, 6, 16)))


def test_without_positions_cells_are_a_set() -> None:
    layer, x = Attention(16, 2, None), torch.randn(1, 6, 16)
    order = torch.randperm(6)
    torch.testing.assert_close(layer(x)[:, order], layer(x[:, order]), rtol=1e-4, atol=1e-5)


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="multiple of twice"):
        Attention(18, 4, None)

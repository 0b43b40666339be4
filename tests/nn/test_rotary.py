from __future__ import annotations

import torch

from hrm.nn.rotary import Rotary


def test_scores_depend_on_the_distance_alone() -> None:
    rotary = Rotary(num_positions=12, head_size=8)
    q, k = torch.randn(8), torch.randn(8)
    scores = rotary(q.expand(1, 1, 12, 8)) @ rotary(k.expand(1, 1, 12, 8)).mT  # (1, 1, 12, 12)
    for distance in range(-11, 12):
        diagonal = scores[0, 0].diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), rtol=1e-4, atol=1e-4)


def test_first_position_is_not_turned_and_norms_stay() -> None:
    x = torch.randn(2, 3, 5, 8)
    turned = Rotary(5, 8)(x)
    torch.testing.assert_close(turned[:, :, 0], x[:, :, 0])
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1))


def test_tables_are_computed_anew_in_another_precision() -> None:
    rotary = Rotary(num_positions=12, head_size=6)
    cos, sin = rotary.cos, rotary.sin
    rotary.double()
    angles = torch.outer(torch.arange(12).double(), 10_000.0 ** (-torch.arange(3).double() / 3))
    torch.testing.assert_close(rotary.cos[:, 1], angles.cos(), rtol=0, atol=1e-14)
    torch.testing.assert_close(rotary.sin[:, 1], angles.sin(), rtol=0, atol=1e-14)
    assert not torch.equal(rotary.cos, cos.double())
    rotary.bfloat16()
    assert torch.equal(rotary.cos, cos.bfloat16())
    rotary.float()
    assert torch.equal(rotary.cos, cos)
    assert torch.equal(rotary.sin, sin)

from __future__ import annotations

import torch

from hrm.nn.mixer import Mixer


def test_channels_are_mixed_over_positions_by_one_shared_network() -> None:
    mixer, x = Mixer(6, 256), torch.randn(2, 6, 10)
    mixed = mixer(x)
    order = torch.randperm(10)
    torch.testing.assert_close(mixer(x[:, :, order]), mixed[:, :, order])  # channels do not see each other
    torch.testing.assert_close(mixed.square().mean(1), torch.ones(2, 10), rtol=1e-3, atol=1e-3)  # normed over positions


def test_every_position_sees_every_other() -> None:
    mixer, x = Mixer(6, 256), torch.randn(1, 6, 1, requires_grad=True)
    mixer(x)[0, 0, 0].backward()
    assert (x.grad != 0).all()

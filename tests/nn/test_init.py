from __future__ import annotations

import torch

from hrm.nn.init import lecun_normal, truncated_normal_


def test_std_is_what_was_asked_for_after_the_cut() -> None:
    torch.manual_seed(0)
    drawn = truncated_normal_(torch.empty(1_000_000), 0.5)
    assert abs(drawn.std().item() - 0.5) < 2e-3
    assert abs(drawn.mean().item()) < 2e-3
    assert drawn.abs().max() <= 2 * 0.5 / 0.8796


def test_lecun_scales_with_fan_in() -> None:
    torch.manual_seed(0)
    assert abs(lecun_normal(1000, 400, fan_in=400).std().item() - 0.05) < 5e-4

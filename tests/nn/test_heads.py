from __future__ import annotations

import torch

from hrm.nn.heads import QHead


def test_at_the_start_nothing_is_worth_anything() -> None:
    q_halt, q_continue = QHead(8, True)(torch.randn(3, 8))
    assert (q_halt == -5).all()
    assert (q_continue == -5).all()


def test_values_are_float32_and_the_second_may_be_left_out() -> None:
    head = QHead(8, False)
    q_halt, q_continue = head(torch.randn(3, 8, dtype=torch.bfloat16))
    assert q_halt.dtype == torch.float32
    assert q_continue is None
    assert head.weight.shape == (2, 8), "as in the published checkpoints"

from __future__ import annotations

import torch

from hrm.nn.norm import EPS, rms_norm


def test_every_vector_has_unit_root_mean_square() -> None:
    x = 7 * torch.randn(5, 3, 64)
    torch.testing.assert_close(rms_norm(x).square().mean(-1), torch.ones(5, 3), rtol=1e-5, atol=1e-5)


def test_equals_pytorchs_and_keeps_the_dtype() -> None:
    x = torch.randn(4, 16, dtype=torch.float32)
    torch.testing.assert_close(rms_norm(x), torch.nn.functional.rms_norm(x, (16,), eps=EPS))
    assert rms_norm(x.bfloat16()).dtype == torch.bfloat16

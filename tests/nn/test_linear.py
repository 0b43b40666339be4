from __future__ import annotations

import pytest
import torch

from hrm.nn.linear import Linear


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_works_in_the_precision_of_its_input_with_a_float32_master(dtype: torch.dtype) -> None:
    layer, x = Linear(8, 4), torch.randn(3, 8, dtype=dtype)
    y = layer(x)
    y.float().sum().backward()
    assert y.dtype == dtype
    assert layer.weight.dtype == layer.weight.grad.dtype == torch.float32
    torch.testing.assert_close(y.float(), x.float() @ layer.weight.T, rtol=2e-2, atol=2e-2)

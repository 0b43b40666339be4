from __future__ import annotations

import pytest
import torch

from hrm.nn.precision import at_least_float32


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_float64_passes_through_and_less_than_float32_becomes_it(dtype: torch.dtype) -> None:
    x = torch.ones(2, dtype=dtype)
    wide = at_least_float32(x)
    assert wide.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert (wide is x) == (dtype in (torch.float32, torch.float64)), "nothing is copied that need not be"

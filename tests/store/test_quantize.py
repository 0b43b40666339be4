from __future__ import annotations

import pytest
import torch

from hrm.errors import InputError
from hrm.store.quantize import dequantize, quantize, stored_as


def test_every_number_is_off_by_half_a_step_at_most() -> None:
    weights = {"w": torch.randn(5, 40) * torch.tensor([1e-3, 1, 10, 1, 0]).unsqueeze(1), "bias": torch.randn(3)}
    stored = quantize(weights)
    assert stored["w"].dtype == torch.int8
    again = dequantize(stored)
    assert again.keys() == weights.keys()
    assert torch.equal(again["bias"], weights["bias"])
    step = weights["w"].abs().amax(1, keepdim=True) / 127
    assert ((again["w"] - weights["w"]).abs() <= 0.501 * step).all()


def test_what_is_not_quantised_is_left_alone() -> None:
    weights = {"w": torch.randn(2, 3)}
    assert torch.equal(dequantize(weights)["w"], weights["w"])


def test_numbers_that_float16_cannot_hold_are_refused() -> None:
    weights = {"a": torch.ones(2), "b": torch.tensor([1.0, 7e4])}
    with pytest.raises(InputError, match="b has numbers too large for float16"):
        stored_as(weights, "float16")
    assert torch.equal(stored_as(weights, "float32")["b"], weights["b"])

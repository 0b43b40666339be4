from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

import pytest
import torch
from conftest import REPOSITORY
from torch import Tensor, nn

from hrm.models.recursion import Backbone, OneState
from hrm.models.settings import BackboneConfig
from hrm.nn.linear import Cast, Int8Linear, Linear
from hrm.types import Batch, TaskSpec


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_works_in_the_precision_of_its_input_with_a_float32_master(dtype: torch.dtype) -> None:
    layer, x = Linear(8, 4), torch.randn(3, 8, dtype=dtype)
    y = layer(x)
    y.float().sum().backward()
    assert y.dtype == dtype
    assert layer.weight.dtype == layer.weight.grad.dtype == torch.float32
    torch.testing.assert_close(y.float(), x.float() @ layer.weight.T, rtol=2e-2, atol=2e-2)


LAYERS = {
    "linear": (lambda: nn.Linear(6, 4), (3, 6)),
    "conv": (lambda: nn.Conv2d(6, 6, 3, padding=1, groups=6), (2, 6, 4, 4)),
    "norm": (lambda: nn.LayerNorm(6), (3, 6)),
    "both": (lambda: nn.Sequential(nn.Linear(6, 4), nn.SiLU(), nn.Linear(4, 6)), (3, 6)),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_plain_layer_works_in_the_precision_of_its_input(name: str, dtype: torch.dtype) -> None:
    make, shape = LAYERS[name]
    torch.manual_seed(0)
    plain, x = make(), torch.randn(shape)
    y = Cast(plain)(x.to(dtype))
    assert y.dtype == dtype
    torch.testing.assert_close(y.float(), plain(x), rtol=5e-2, atol=5e-2)
    y.float().square().sum().backward()
    for weight in plain.parameters():
        assert weight.dtype == torch.float32
        assert weight.grad is not None
        assert weight.grad.dtype == torch.float32
        assert weight.grad.any()


def test_the_model_of_the_page_thinks_and_learns_in_bfloat16_on_a_grid_that_is_no_square(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """docs/tutorials/own-model.md: a convolution over the grid, whose shape ``build(spec)`` is told."""
    page = (REPOSITORY / "docs/tutorials/own-model.md").read_text(encoding="utf-8")
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "class NearConfig" in block]
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)  # dataclasses look there for the names in annotations
    scope = module.__dict__
    scope |= {
        "math": math, "torch": torch, "nn": nn, "dataclass": dataclass, "ClassVar": ClassVar, "Iterator": Iterator,
        "Tensor": Tensor, "Cast": Cast, "Backbone": Backbone, "BackboneConfig": BackboneConfig, "OneState": OneState,
        "TaskSpec": TaskSpec,
    }  # fmt: skip
    exec("from __future__ import annotations\n" + code, scope)
    spec = TaskSpec(vocab_size=5, seq_len=12, num_puzzles=3, grid_shape=(3, 4), symbols=tuple("_.123"))
    model = scope["NearConfig"](hidden_size=16, num_heads=2, puzzle_embedding_size=16).build(spec)
    inputs = torch.randint(0, 5, (2, 12))
    batch = Batch(inputs, inputs, torch.tensor([0, 2]))
    carry, prediction = model(model.initial_carry(2, torch.bfloat16), batch)
    assert carry.z_H.dtype == torch.bfloat16
    assert prediction.logits.shape == (2, 12, 5)
    prediction.logits.float().square().mean().backward()
    assert model.near.layer.weight.grad.any()
    carry = model.initial_carry(1)
    changed = carry._replace(z_H=carry.z_H.index_add(1, torch.tensor([1]), torch.ones(1, 1, 16)))  # the first cell
    with torch.no_grad():
        near = [model.near(z.z_H[:, 1:].mT.unflatten(-1, (3, 4))).flatten(-2) for z in (carry, changed)]
    moved = (near[0] != near[1]).any(1)[0].nonzero().flatten().tolist()
    assert moved == [0, 1, 4, 5], "the cell itself, and those right of, below and diagonal to it"


def test_int8_is_close_and_exact_where_nothing_is_rounded() -> None:
    torch.manual_seed(0)
    layer, x = Linear(48, 16), torch.randn(5, 7, 48)
    x[2, 3] *= 1000  # a row of its own size does not spoil the others
    x[1, 1] = 0
    rounded, exact = Int8Linear(layer)(x), layer(x).detach()
    assert rounded.shape == (5, 7, 16)
    assert (rounded[1, 1] == 0).all()
    assert float(((rounded - exact).norm(dim=-1) / exact.norm(dim=-1).clamp(min=1e-9)).max()) < 0.03
    whole, steps = torch.randint(-127, 128, (16, 48)).float(), torch.randint(-127, 128, (4, 48)).float()
    whole[:, 0], steps[:, 1] = 127.0, -127.0
    layer.weight.data = whole
    torch.testing.assert_close(Int8Linear(layer)(steps), layer(steps))

from __future__ import annotations

import pytest
import torch

from hrm.nn.embedding import PuzzleEmbedding
from hrm.training.ema import EMA


def test_averages_the_network_and_takes_puzzles_as_they_are() -> None:
    model = torch.nn.ModuleDict({"puzzles": PuzzleEmbedding(2, 3), "net": torch.nn.Linear(3, 1)})
    start = model["net"].weight.detach().clone()
    ema = EMA(model, 0.9)
    with torch.no_grad():
        for p in model.parameters():
            p += 1
    ema.update()
    torch.testing.assert_close(ema.average["net.weight"], start + 0.1)
    evaluated = ema.evaluated(model)
    assert evaluated.keys() == model.state_dict().keys()
    torch.testing.assert_close(evaluated["net.weight"], start + 0.1)
    torch.testing.assert_close(evaluated["puzzles.weight"], torch.ones(2, 3))
    torch.testing.assert_close(model["net"].weight.detach(), start + 1)  # the run itself goes on with its own


def test_the_averages_same_size_as_the_weights_for_a_while() -> None:
    model = torch.nn.Linear(3, 2)
    ema = EMA(model, 0.9)
    before = model.weight.detach().clone()
    ema.average["weight"].add_(1)
    with ema.in_place():
        assert torch.equal(model.weight, before + 1)
    assert torch.equal(model.weight, before)
    with pytest.raises(RuntimeError), ema.in_place():
        model(torch.zeros(7))  # of another width
    assert torch.equal(model.weight, before)
    assert model.weight.requires_grad

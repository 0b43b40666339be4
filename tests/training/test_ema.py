from __future__ import annotations

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

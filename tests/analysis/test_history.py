"""Checkpoints are measured each by itself, in order."""

from __future__ import annotations

import pytest
import torch
from known import subject, toy

from hrm.analysis.history import look_at_history
from hrm.errors import InputError


def test_dimensions_and_drift_of_every_checkpoint() -> None:
    def line(z: torch.Tensor, injection: torch.Tensor) -> torch.Tensor:
        return torch.tanh(0.01 * injection.sum(-1, keepdim=True)) * torch.ones(16)

    about = subject(toy(), puzzles=12)
    models = [(10, toy(of_H=lambda z, i: z + torch.randn(z.shape))), (20, toy(of_L=lambda z, e: e, of_H=line))]
    found = look_at_history(about, models)
    first, last = found.figures["checkpoints"]
    assert (first["step"], last["step"]) == (10, 20)
    assert first["ratio"]["H_level"] > 5
    assert last["ratio"]["H_level"] == pytest.approx(1.0)
    assert last["drift"]["mean"] < 0.3 < first["drift"]["mean"]
    assert "from step 10 to 20" in found.sentence


def test_one_checkpoint_is_no_history() -> None:
    with pytest.raises(InputError, match="at least two checkpoints"):
        look_at_history(subject(toy(), puzzles=12), [(1, toy())])
    with pytest.raises(InputError, match="too few"):
        look_at_history(subject(toy(), puzzles=3), [(1, toy()), (2, toy())])

"""A contraction comes to rest, a rotation never does, and either is seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from known import subject, toy

from hrm.analysis.settle import Ends, area_under_curve, look_at_settling
from hrm.errors import InputError
from hrm.models.direct import DirectConfig


def test_the_drift_of_a_contraction_and_of_a_rotation() -> None:
    about = subject(toy(of_H=lambda z, i: 0.25 * z + 1.5))
    drift = Ends(about, about.batch).drift
    np.testing.assert_allclose(drift[:, 3:5] / drift[:, 2:4], 0.25, rtol=0.1)
    assert (drift[:, -1] < 0.05).all()

    def turn(z: torch.Tensor, i: torch.Tensor) -> torch.Tensor:
        return torch.stack((-z[..., 1::2], z[..., ::2]), dim=-1).flatten(-2)

    rotation = subject(toy(of_H=turn))
    np.testing.assert_allclose(Ends(rotation, rotation.batch).drift, 2**0.5, rtol=1e-5)
    settled, wandering = look_at_settling(about), look_at_settling(rotation)
    assert sum(row["puzzles"] for row in settled.figures["table"] if row["settled"]) == 12
    assert sum(row["puzzles"] for row in wandering.figures["table"] if row["settled"]) == 0
    assert "of 12 failed ones 12 do: most sit still at a wrong answer" in settled.sentence
    assert "of 12 failed ones 0 do: most never settle" in wandering.sentence
    assert settled.figures["ends_of_random_starts"]["different"]["mean"] == 1.0, "one fixed point"
    assert wandering.figures["ends_of_random_starts"]["different"]["mean"] == 8.0


def test_a_model_that_keeps_what_it_is_given_stays_at_the_solution() -> None:
    model = toy()
    weights = torch.linalg.qr(torch.randn(16, 16))[0][:6]
    model.lm_head.weight.data = weights
    model.embedding.tokens.data = weights.clone()
    found = look_at_settling(subject(model)).figures
    assert found["from_the_solution"]["share"] == 1.0
    assert found["one_empty_cell"]["share"] == 0.0, "it never looks at the puzzle"


def test_the_area_under_a_curve() -> None:
    assert area_under_curve(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert area_under_curve(np.array([1.0]), np.array([1.0])) == 0.5
    assert area_under_curve(np.array([]), np.array([1.0])) is None


def test_a_model_without_a_state_is_refused() -> None:
    about = subject(toy())
    model = DirectConfig(hidden_size=16, num_heads=2, H_layers=1, puzzle_embedding_size=0).build(about.task.spec)
    with pytest.raises(InputError, match="nothing settles"):
        look_at_settling(subject(model.eval()))

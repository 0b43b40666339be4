"""Participation ratios of spectra that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from known import subject, toy

from hrm.analysis.rank import end_states, look_at_rank, participation_ratio
from hrm.errors import InputError


def test_the_ratio_of_a_known_spectrum() -> None:
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(20, 20)))[0]
    scores = np.linalg.qr(rng.normal(size=(500, 20)) - 0.0)[0]
    scores -= scores.mean(0)
    scores = np.linalg.qr(scores)[0]  # uncorrelated columns of equal size
    spectrum = np.array([4.0, 2.0, 1.0, 1.0, *[0.0] * 16])
    points = scores * np.sqrt(spectrum) @ basis.T
    assert participation_ratio(points) == pytest.approx(8**2 / (16 + 4 + 1 + 1), rel=1e-6)
    assert participation_ratio(points + 7) == pytest.approx(64 / 22, rel=1e-6), "where they lie does not matter"
    assert participation_ratio(points[:, :3]) <= 3
    assert np.isnan(participation_ratio(np.ones((5, 3))))


def test_a_level_on_a_line_has_one_dimension_and_one_that_copies_the_puzzle_has_more() -> None:
    direction = torch.nn.functional.normalize(torch.arange(1.0, 17.0), dim=0)

    def on_a_line(state: torch.Tensor, injection: torch.Tensor) -> torch.Tensor:
        return 0.01 * torch.tanh(injection @ torch.ones(16))[..., None] * direction

    about = subject(toy(of_L=lambda z, e: e, of_H=on_a_line), puzzles=30)
    found = look_at_rank(about)
    assert found.figures["trained"]["H_level"]["ratio"] == pytest.approx(1.0)
    assert found.figures["trained"]["L_level"]["ratio"] > 1.5
    assert "H fewer than L" in found.sentence
    assert {level: rows.shape for level, rows in end_states(about.model, about).items()} == {
        "L_level": (30, 16, 16),
        "H_level": (30, 16, 16),
    }
    other = look_at_rank(replace(about, model=toy(of_L=on_a_line, of_H=lambda z, zl: z + torch.randn(z.shape))))
    assert "H more than L" in other.sentence


def test_too_few_puzzles_are_refused() -> None:
    with pytest.raises(InputError, match="at least 10"):
        look_at_rank(subject(toy(), puzzles=9))

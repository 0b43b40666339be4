"""Exponents of linear maps are the logarithms of their greatest eigenvalues."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from known import subject, toy

from hrm.analysis.lyapunov import exponents, look_at_exponents
from hrm.errors import InputError
from hrm.models.direct import DirectConfig


@pytest.mark.parametrize("greatest", [0.5, 1.0, 1.7])
def test_a_linear_map_of_known_spectrum(greatest: float) -> None:
    basis = torch.linalg.qr(torch.randn(16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(1)))[0]
    spectrum = torch.tensor([greatest, *[0.1 * greatest] * 15], dtype=torch.float64)
    matrix = (basis * spectrum) @ basis.T

    def mapped(z: torch.Tensor, injection: torch.Tensor) -> torch.Tensor:
        return z @ matrix

    model = toy(of_L=lambda z, e: 0 * z, of_H=mapped).double()
    about = subject(model)
    found, _ = exponents(model, about.batch, 12, torch.Generator().manual_seed(0))
    np.testing.assert_allclose(found, math.log(greatest), atol=0.02)


def test_solved_and_failed_are_told_apart_only_where_both_are() -> None:
    found = look_at_exponents(subject(toy(of_L=lambda z, e: 0 * z, of_H=lambda z, i: 0.5 * z + 1)))
    assert found.figures["auc"] is None
    assert found.figures["failed"]["mean"] == pytest.approx(math.log(0.5), abs=0.02)
    assert found.figures["positive"] == {"solved": 0, "failed": 0}
    assert "those of failed ones by -0.69" in found.sentence


def test_what_has_no_course_is_refused() -> None:
    about = subject(toy())
    direct = (
        DirectConfig(hidden_size=16, num_heads=2, H_layers=1, puzzle_embedding_size=0).build(about.task.spec).eval()
    )
    with pytest.raises(InputError, match="no latent state"):
        look_at_exponents(replace(about, model=direct))
    with pytest.raises(InputError, match="too few"):
        look_at_exponents(replace(about, segments=1))

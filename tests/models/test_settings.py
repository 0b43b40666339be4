from __future__ import annotations

import pytest

from hrm.errors import InputError
from hrm.models.hrm import HRMConfig


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"damping": 1.0}, "damping"),
        ({"noise": -1.0}, "noise"),
        ({"gradient_k": 0}, "gradient_k"),
        ({"puzzle_embedding_len": 1, "puzzle_embedding_size": 1024}, "fills 2 positions"),
        ({"hidden_size": 100}, "multiple of twice"),
        ({"hidden_size": 100, "num_heads": 5, "mixing": "state_space"}, "num_heads 5 must be even"),
        ({"hidden_size": 100, "num_heads": 6, "mixing": "state_space"}, "divide model.hidden_size 100"),
        ({"hidden_size": 72, "num_heads": 8, "mixing": "hybrid"}, "multiple of twice"),
        ({"mixing": "state_space", "state_size": 0}, "state_size"),
        ({"mixing": "hybrid", "H_layers": 1}, r"\(state_space, attention\), and model.H_layers is 1: .* at least 2"),
        ({"mixing": "hybrid", "L_layers": 1}, "L_layers is 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(setting: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        HRMConfig(**setting)

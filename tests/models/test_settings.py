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
    ],
)
def test_settings_that_cannot_be_are_refused(setting: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        HRMConfig(**setting)

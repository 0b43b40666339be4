from __future__ import annotations

import pytest

from hrm.errors import InputError
from hrm.inference.options import AttemptsConfig, HaltPolicy


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"max_segments": 0}, "max_segments is 0"),
        ({"min_segments": 0}, "min_segments is 0"),
        ({"min_segments": 9, "max_segments": 8}, "give 1 to max_segments"),
        ({"q_threshold": 1.0}, "q_threshold is 1.0"),
        ({"patience": 0}, "patience is 0"),
        ({"tolerance": 0.0}, "tolerance is 0"),
    ],
)
def test_impossible_policies(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        HaltPolicy(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"attempts": 0}, "attempts is 0"), ({"noise": 0.0}, "noise is 0"), ({"budget": 0}, "budget is 0")],
)
def test_impossible_settings(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        AttemptsConfig(**fields)  # type: ignore[arg-type]

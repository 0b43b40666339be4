from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hrm.config import from_dict, to_dict
from hrm.errors import InputError
from hrm.models.hrm import HRMConfig
from hrm.tasks.sudoku import SudokuConfig


@dataclass(frozen=True, kw_only=True)
class Inner:
    numbers: tuple[int, int] = (1, 2)


@dataclass(frozen=True, kw_only=True)
class Outer:
    file: Path | None = None
    inner: Inner = field(default_factory=Inner)


@pytest.mark.parametrize(
    "config", [HRMConfig(hidden_size=48), SudokuConfig(train=Path("a.csv"), givens=(30, 40)), Outer()]
)
def test_there_and_back(config: object) -> None:
    assert from_dict(type(config), to_dict(config)) == config


def test_the_name_comes_first() -> None:
    assert next(iter(to_dict(HRMConfig()).items())) == ("name", "hrm")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"hiden_size": 3}, "hiden_size"),
        ({"hidden_size": "wide"}, "hidden_size"),
        ({"mixing": "magic"}, "mixing"),
        ({"num_heads": 0}, "num_heads is 0"),
    ],
)
def test_what_is_wrong_is_named(values: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=rf"place\.json: .*{named}"):
        from_dict(HRMConfig, values, "place.json")

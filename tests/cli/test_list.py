from __future__ import annotations

from typing import get_args

import pytest

from hrm.cli import main
from hrm.nn.block import Mixing
from hrm.recipes import RECIPES


def test_everything_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in (*RECIPES, "hrm", "sudoku", *get_args(Mixing)))
    assert main(["list", "models"]) == 2

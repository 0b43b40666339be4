from __future__ import annotations

import pytest
import torch

import hrm
from hrm.cli import main


def test_what_an_issue_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env"]) == 0
    out = capsys.readouterr().out
    assert torch.__version__ in out
    assert hrm.__version__ in out
    assert "runs on" in out


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "usage: hrm VERB" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == hrm.__version__

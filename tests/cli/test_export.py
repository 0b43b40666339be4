from __future__ import annotations

from pathlib import Path

import pytest
import torch

from hrm.checkpoint import load_model
from hrm.cli import main


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 0), ("float16", 1e-3), ("int8", 2e-2)])
def test_the_folder_is_a_model(run_4x4: Path, tmp_path: Path, precision: str, tolerance: float) -> None:
    assert main(["export", str(run_4x4), str(tmp_path / "model"), "--precision", precision]) == 0
    ours, theirs = load_model(run_4x4).model.state_dict(), load_model(tmp_path / "model").model.state_dict()
    for name, tensor in ours.items():
        assert theirs[name].dtype == torch.float32
        torch.testing.assert_close(theirs[name], tensor, rtol=tolerance, atol=tolerance)
    assert "hrm train sudoku-4x4" in (tmp_path / "model/README.md").read_text()


def test_nothing_is_overwritten(run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run_4x4), str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from hrm.cli import main
from hrm.store.folder import load_model


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


def test_the_folder_may_be_given_as_a_flag(run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run_4x4), "--out", str(tmp_path / "model")]) == 0
    assert (tmp_path / "model/README.md").exists()
    for where in ([], [str(tmp_path / "a"), "--out", str(tmp_path / "b")]):
        assert main(["export", str(run_4x4), *where]) == 2
        assert "say once where to" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "reason"),
    [(["--precision", "float16"], "take float32 or int8"), (["--limit", "0"], "--limit is 0: it must be at least 1")],
)
def test_what_onnx_cannot_do_is_said(
    run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], args: list[str], reason: str
) -> None:
    assert main(["export", str(run_4x4), "--out", str(tmp_path / "model"), "--format", "onnx", *args]) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


@pytest.mark.slow
def test_a_trained_model_as_onnx(run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "model"
    assert main(["export", str(run_4x4), "--out", str(out), "--format", "onnx", "--precision", "int8"]) == 0
    shown = capsys.readouterr().out
    assert "from PyTorch in float32" in shown
    assert "| solved | " in shown
    assert sorted(p.name for p in out.iterdir()) == ["README.md", "config.json", "initial_carry.npz", "segment.onnx"]

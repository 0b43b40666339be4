from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hrm.cli import main


def test_a_folder_in_the_published_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["data", "export", "sudoku-4x4", "--task.num-train", "6", "--task.num-test", "3"]
    assert main([*args, "--out", str(tmp_path / "folder")]) == 0
    for split, num in (("train", 6), ("test", 3)):
        facts = json.loads((tmp_path / "folder" / split / "dataset.json").read_text())
        assert (facts["seq_len"], facts["vocab_size"], facts["total_groups"]) == (16, 6, num)
        assert np.load(tmp_path / "folder" / split / "all__inputs.npy").shape == (num, 16)
    assert main([*args, "--out", str(tmp_path / "folder")]) == 2
    assert "exists already" in capsys.readouterr().err

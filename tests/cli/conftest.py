from __future__ import annotations

from pathlib import Path

import pytest

from hrm.cli import main


@pytest.fixture(scope="session")
def run_4x4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has learned 4x4 boards a little."""
    out = tmp_path_factory.mktemp("runs") / "run"
    args = ["--training.steps", "60", "--training.batch-size", "64", "--runtime.compile", "no", "--task.num-test", "40"]
    assert main(["train", "sudoku-4x4", "--out", str(out), *args]) == 0
    return out

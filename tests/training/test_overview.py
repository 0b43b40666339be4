from __future__ import annotations

from pathlib import Path

from hrm.training.config import RunConfig
from hrm.training.overview import overview, runs_below
from hrm.training.run import begun


def test_a_run_that_is_held_is_running_and_one_without_reports_has_not_begun(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    with begun(tmp_path / "deep" / "run", tiny_run):
        assert overview(tmp_path / "deep" / "run").state == "running"
    assert overview(tmp_path / "deep" / "run").state == "not begun"
    assert list(runs_below(tmp_path)) == [tmp_path / "deep" / "run"]
    assert list(runs_below(tmp_path / "deep" / "run" / "checkpoints")) == []

from __future__ import annotations

from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.training.config import RunConfig
from hrm.training.overview import overview, require_config, runs_below
from hrm.training.run import begun


def test_a_run_that_is_held_is_running_and_one_without_reports_has_not_begun(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    with begun(tmp_path / "deep" / "run", tiny_run):
        assert overview(tmp_path / "deep" / "run").state == "running"
    assert overview(tmp_path / "deep" / "run").state == "not begun"
    assert list(runs_below(tmp_path)) == [tmp_path / "deep" / "run"]
    assert list(runs_below(tmp_path / "deep" / "run" / "checkpoints")) == []


def test_a_run_that_has_lost_its_configuration_is_one_still(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "a"
    run.mkdir(parents=True)
    assert list(runs_below(tmp_path)) == []
    (run / "metrics.jsonl").write_text("", encoding="utf-8")
    assert list(runs_below(tmp_path)) == [run]
    for call in (require_config, overview):
        with pytest.raises(InputError, match=r"runs/a is a run without its config.json: put it back$"):
            call(run)
    (run / "checkpoints" / "step_3").mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (run / "checkpoints" / "step_3" / name).write_text("{}", encoding="utf-8")
    assert list(runs_below(tmp_path)) == [run], "not its checkpoints"
    assert list(runs_below(run / "checkpoints")) == list(runs_below(run / "checkpoints" / "step_3")) == []
    with pytest.raises(InputError, match=r"put it back \(.*step_3/config.json is a copy\)$"):
        require_config(run)

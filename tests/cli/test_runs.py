from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hrm.cli import main
from hrm.training.config import RunConfig
from hrm.training.run import begun, run


def trained(tiny_run: RunConfig, folder: Path, **more: float) -> Path:
    with begun(folder, tiny_run) as (opened, prepared):
        run(opened, prepared, **more)
    return folder


def test_runs_are_listed_with_what_they_are_at(
    tiny_run: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = replace(tiny_run, training=replace(tiny_run.training, validate_every=12, num_validation=4))
    trained(checked, tmp_path / "study" / "a")
    trained(tiny_run, tmp_path / "b", max_minutes=1e-9)
    assert main(["runs", str(tmp_path), "--json"]) == 0
    a, b = sorted(json.loads(capsys.readouterr().out), key=lambda one: one["path"], reverse=True)
    assert (a["state"], a["step"], a["steps"], a["recipe"], a["seed"]) == ("finished", 12, 12, "tiny", 3)
    assert a["last"]["validation"]["puzzles"] == 4
    assert (b["state"], b["step"]) == ("stopped", 1)
    with begun(tmp_path / "b", tiny_run, resume=True):
        main(["runs", str(tmp_path / "b")])
    assert "running" in capsys.readouterr().out


def test_what_is_no_folder_of_runs_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", str(tmp_path / "nowhere")]) == 2
    assert main(["runs", str(tmp_path)]) == 0
    assert "no runs in" in capsys.readouterr().out


def test_a_damaged_run_does_not_hide_the_others(
    tiny_run: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("good", "spoilt"):
        trained(tiny_run, tmp_path / name)
    values = json.loads((tmp_path / "spoilt" / "config.json").read_text(encoding="utf-8"))
    del values["training"]["steps"]
    (tmp_path / "spoilt" / "config.json").write_text(json.dumps(values), encoding="utf-8")
    assert main(["runs", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "good" in said.out
    assert "it has no training.steps" in said.err


def test_damage_of_every_kind_is_said_and_hides_nothing(
    tiny_run: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("good", "text", "broken", "nameless"):
        trained(tiny_run, tmp_path / name)
    odd = '{"step": 3, "loss": "abc", "exact_accuracy": "x", "steps_per_s": [], "validation": {"solved": "x"}}\n'
    (tmp_path / "text" / "metrics.jsonl").write_text(odd, encoding="utf-8")
    (tmp_path / "broken" / "config.json").write_text("{", encoding="utf-8")
    values = json.loads((tmp_path / "nameless" / "config.json").read_text(encoding="utf-8"))
    values["model"]["name"] = 5
    (tmp_path / "nameless" / "config.json").write_text(json.dumps(values), encoding="utf-8")
    assert main(["runs", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert all(name in said.out for name in ("good", "text", "nameless"))
    assert "broken" in said.err
    assert "checkpoints" not in said.out
    assert main(["plot", str(tmp_path / "text")]) == 2
    assert main(["plot"]) == 2

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrm.analysis.plots import can_draw
from hrm.cli import main
from hrm.cli.plot import bars, curves, label
from hrm.training.config import RunConfig
from hrm.training.cost import training_flops
from hrm.training.run import begun, run


@pytest.fixture
def two(tiny_run: RunConfig, tmp_path: Path) -> Path:
    for name in ("a", "b"):
        with begun(tmp_path / "runs" / name, tiny_run) as (opened, prepared):
            run(opened, prepared)
    return tmp_path / "runs"


def test_runs_are_drawn_in_the_terminal_and_as_a_file(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", str(two)]) == 0
    out = capsys.readouterr().out
    assert "loss" in out
    assert "exact" in out
    assert "validated" not in out, "these runs have no validation"
    if can_draw():
        for ending in ("png", "svg"):
            file = two.parent / f"figure.{ending}"
            assert main(["plot", str(two / "a"), str(two / "b"), "--against", "minutes", "--out", str(file)]) == 0
            assert file.stat().st_size > 1000


def test_steps_and_minutes_are_those_of_the_reports(two: Path) -> None:
    assert curves(two / "a", "steps")["x"] == [3.0, 6.0, 9.0, 12.0]
    minutes = curves(two / "a", "minutes")["x"]
    assert minutes == sorted(minutes)
    assert 0 < minutes[0] < minutes[-1] < 5


def test_operations_are_those_of_the_steps(two: Path, tiny_run: RunConfig, capsys: pytest.CaptureFixture[str]) -> None:
    of_a_step = training_flops(tiny_run.model.build, tiny_run.task.build().spec, tiny_run.training)
    assert curves(two / "a", "operations")["x"] == [of_a_step * step for step in (3, 6, 9, 12)]
    assert main(["plot", str(two), "--against", "operations", "--only", "loss", "segments"]) == 0
    out = capsys.readouterr().out
    assert "loss" in out
    assert "segments" in out
    assert "exact" not in out
    assert f"{12 * of_a_step:.3g}" in out


def test_operations_of_the_run_that_another_began_with_are_told_as_left_out(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = json.loads((two / "b" / "config.json").read_text())
    (two / "b" / "config.json").write_text(json.dumps({**config, "init": "runs/a"}))
    assert label(two / "b", "operations") == f"{two / 'b'} (after runs/a, not counted)"
    assert label(two / "b", "steps") == str(two / "b")
    assert main(["plot", str(two), "--against", "operations", "--only", "loss"]) == 0
    assert capsys.readouterr().out.count("(after runs/a, not counted)") == 1


def test_a_run_that_has_lost_its_configuration_is_one_line(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (two / "a" / "config.json").unlink()
    copy = two / "a" / "checkpoints" / "step_00000012" / "config.json"
    said = f"hrm: {two / 'a'} is a run without its config.json: put it back ({copy} is a copy)\n"
    for given in (two / "a", two):
        assert main(["plot", str(given)]) == 2
        assert capsys.readouterr().err == said
    assert main(["runs", str(two)]) == 0, "the others are listed"
    assert capsys.readouterr().err == said


def test_bars_go_from_the_lowest_to_the_highest() -> None:
    assert bars([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert bars([2.0, 2.0]) == "▁▁"
    assert len(bars(list(range(1000)))) == 40


def test_what_cannot_be_drawn_is_one_line(two: Path, tmp_path: Path) -> None:
    (two / "a" / "metrics.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for given in (
        [str(two / "a")],
        [str(tmp_path / "empty")],
        [str(tmp_path / "none")],
        [str(two), "--out", "x.txt"],
        [str(two), "--only", "los"],
    ):
        assert main(["plot", *given]) == 2

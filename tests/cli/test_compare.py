from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hrm.analysis.plots import can_draw
from hrm.cli import main


@pytest.fixture(scope="module")
def measured(run_4x4: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of its own with results of the first 20 held-out puzzles."""
    run = shutil.copytree(run_4x4, tmp_path_factory.mktemp("measured") / "run")
    (run / "results.json").unlink(missing_ok=True)
    assert main(["eval", str(run), "--limit", "20", "--out", str(run / "results.json")]) == 0
    return run


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--price", "zzz=1,2"], "--price zzz=...: there is no such model here, there are "),
        (["--max-segments", "4"], "--max-segments is for models of ours beside logs"),
    ],
)
def test_options_that_would_do_nothing(
    measured: Path, options: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(measured), *options]) == 2
    assert reason in capsys.readouterr().err


def test_a_run_answers_the_puzzles_of_a_log(
    measured: Path, log_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = [tmp_path / "table.md", tmp_path / "table.json", *([tmp_path / "figure.png"] if can_draw() else [])]
    assert main(["compare", str(measured), str(log_4x4), "--out", *map(str, out)]) == 0
    said = capsys.readouterr().out
    assert "sudoku 4 x 4: 2 models" in said
    assert "answers that solved nothing" in said
    assert all(f"-> {path}" in said for path in out)
    results = json.loads(out[1].read_text())
    ours, theirs = results["models"]
    assert ours["puzzles"] == theirs["puzzles"] == 20
    assert ours["puzzles_digest"] == theirs["puzzles_digest"]
    assert results["notes"] == []
    assert theirs["solved"] == 0.15
    (pair,) = results["paired"]
    assert pair["both"] + pair["only_one"] == round(20 * ours["solved"])
    assert pair["both"] + pair["only_other"] == 3
    assert "| openai-api/local/parrot | 15.0 % [5.2, 36.0] | 20 |" in out[0].read_text()
    if can_draw():
        assert out[2].read_bytes().startswith(b"\x89PNG")


def test_the_puzzles_of_results_are_known_to_be_those_of_the_log(
    measured: Path, log_4x4: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run is trained with the recipe's data seed, and measures the same puzzles that the log asks."""
    results = json.loads((measured / "results.json").read_text())
    assert main(["compare", str(log_4x4), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["models"]
    config = json.loads((measured / "config.json").read_text())
    assert config["task"]["num_test"] == 40  # other held-out puzzles than the recipe's 500, for so many are drawn
    assert results["puzzles_digest"] != row["puzzles_digest"]
    assert len(results["puzzles_digest"]) == len(row["puzzles_digest"])


def test_runs_alone_are_compared_as_they_were_measured(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    shutil.copytree(measured, other)
    values = json.loads((other / "results.json").read_text())
    del values["puzzles_digest"]  # of a time before it was kept
    (other / "results.json").write_text(json.dumps(values))
    assert main(["compare", str(measured), str(other)]) == 0
    said = capsys.readouterr().out
    assert f"which puzzles {other} is about is not on record" in said
    assert said.count("20") >= 2


def test_bad_input_is_a_line(measured: Path, log_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no.eval").write_text("a text")
    cases = [
        ([], "which models?"),
        (["nowhere"], "there is no model at nowhere"),
        ([str(tmp_path / "no.eval")], "is no log of Inspect"),
        ([str(tmp_path / "none.eval")], "there is no file"),
        (["maze", str(log_4x4)], "maze is a model for maze 9 x 9, the log is about sudoku 4 x 4"),
        ([str(log_4x4), "--max-segments", "0"], "--max-segments is 0"),
        ([str(log_4x4), "--price", "cheap"], "give MODEL=READ,WROTE"),
        ([str(log_4x4), "--price", "m=1.2.3,4"], "give MODEL=READ,WROTE"),
        ([str(log_4x4), "--out", str(tmp_path / "table.txt")], "give a name that ends in .md, .json, .png"),
        ([str(log_4x4), "--out", str(tmp_path / "no" / "table.md")], "there is no folder"),
    ]
    for args, told in cases:
        assert main(["compare", *args]) == 2, args
        error = capsys.readouterr().err
        assert told in error
        assert error.count("\n") == 1
    assert not [*tmp_path.glob("table*")]

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrm.analysis.against import Paired
from hrm.cli import main

KEYS = {"samples_per_s", "seconds_per_step", "model_gflops", "matmul_gflops", "ratio", "peak_memory_mib"}


@pytest.mark.parametrize("what", [["train", "sudoku-4x4", "--batch", "4"], ["solve", "{run}", "--puzzles", "4"]])
def test_json_is_one_object(run_4x4: Path, what: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    args = [arg.format(run=run_4x4) for arg in what]
    assert main(["bench", *args, "--rounds", "1", "--variants", "eager", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result.keys() >= KEYS
    assert result["model_gflops"] == pytest.approx(result["ratio"] * result["matmul_gflops"])
    (variant,) = result["variants"]
    assert variant.items() <= result.items()


def test_memory_is_measured_for_each_number_of_cycles(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "memory", "sudoku-4x4", "--batch", "4", "--cycles", "1", "1", "2", "3", "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert [(line["H_cycles"], line["L_cycles"]) for line in lines] == [(1, 1), (2, 3)]
    assert all(line["peak_mib"] >= line["before_mib"] > 100 for line in lines)


def test_data(capsys: pytest.CaptureFixture[str]) -> None:
    args = ["bench", "data", "sudoku-4x4", "--batch", "16", "--rounds", "1", "--task.num-train", "20"]
    assert main(args) == 0
    shown = capsys.readouterr().out
    assert "examples/s" in shown
    assert "{" not in shown, "a person reads it once"
    assert main([*args, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["benchmark"] == "data sudoku-4x4"
    assert result.keys() >= {"examples_per_s", "seconds_per_batch", "first_batch_s", "peak_memory_mib"}


@pytest.mark.parametrize("benchmark", ["train", "memory", "scaling", "data"])
def test_help_without_a_recipe_names_them(benchmark: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", benchmark, "--help"]) == 0
    assert "sudoku-extreme-trm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["trian"], "did you mean 'train'"),
        (["train"], "name the recipe first"),
        (["train", "sudoku"], "did you mean"),
        (["train", "sudoku-4x4", "--batch", "0"], "--batch is 0"),
        (["memory", "sudoku-4x4", "--cycles"], "give at least one pair"),
        (["data"], "name the data first: hrm bench data SOURCE"),
        (["data", "sudoku-4x4", "--rounds", "0"], "--rounds is 0"),
    ],
)
def test_bad_input(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *args]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [True, False])
def test_against_another_revision(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []

    def compared(args: list[str], revision: str, rounds: int) -> list[Paired]:
        asked.append((args, revision, rounds))
        return [Paired("eager", (0.2, 0.1), (0.4, 0.4))]

    monkeypatch.setattr("hrm.cli.bench.compare", compared)
    args = ["train", "sudoku-4x4", "--against=HEAD~3", "--rounds", "2", "--batch", "8", "--variants", "eager"]
    assert main(["bench", *args, *(["--json"] if as_json else [])]) == 0
    assert asked == [(["train", "sudoku-4x4", "--batch", "8", "--variants", "eager"], "HEAD~3", 2)]
    out = capsys.readouterr().out
    if as_json:
        assert json.loads(out)["variants"][0]["median"] == 3.0
    else:
        assert [word for word in out.split() if word in ("3.00", "2.00", "4.00")] == ["3.00", "2.00", "4.00"]

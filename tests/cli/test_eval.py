from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hrm.cli import main


def test_a_table_and_results_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"  # of one step, and with the segments of its recipe
    few = ["--training.steps", "1", "--training.batch-size", "4", "--task.num-train", "8", "--task.num-test", "40"]
    assert main(["train", "sudoku-4x4", "--out", str(run), *few, "--runtime.compile", "no"]) == 0
    capsys.readouterr()
    assert main(["eval", str(run)]) == 0
    shown = capsys.readouterr().out
    assert "solved [95 %]" in shown
    assert "until it halts" in shown
    results = json.loads((run / "results.json").read_text())
    assert results["puzzles"] == 40
    assert [row["segments"] for row in results["segments"]] == [1, 2, 4, 8, 16]
    low, high = results["solved_95"]
    assert low <= results["solved"] <= high
    assert 0 < results["cells"] <= 1


def test_json_limit_and_the_same_twice(run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["eval", str(run_4x4), "--json", "--limit", "7", "--out", str(tmp_path / "r.json")]
    outputs = []
    for _ in range(2):
        assert main(args) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])["puzzles"] == 7


def test_a_row_per_puzzle_and_a_plot(run_4x4: Path, tmp_path: Path) -> None:
    args = ["eval", str(run_4x4), "--limit", "5", "--out", str(tmp_path / "r.json")]
    assert main([*args, "--samples", str(tmp_path / "s.csv")]) == 0
    header, *rows = (tmp_path / "s.csv").read_text().splitlines()
    assert header.startswith("puzzle,solved,exact,cells,halts_at,certainty")
    assert len(rows) == 5
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")
    assert main([*args, "--plot", str(tmp_path / "p.png")]) == 0
    assert (tmp_path / "p.png").stat().st_size > 5000


def test_puzzles_from_a_file(run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "mine.csv"
    data.write_text("question,answer\n1.3.341221434321,1234341221434321\n".replace("1.3.", "1.34"))
    args = ["eval", str(run_4x4), "--json", "--out", str(tmp_path / "r.json"), "--data"]
    assert main([*args, str(data)]) == 0
    results = json.loads(capsys.readouterr().out)
    assert (results["puzzles"], results["data"]) == (1, "mine.csv")

    data.write_text("question,answer,rating\n1.34341221434321,1234341221434321,7\n")
    assert main([*args, str(data)]) == 0
    (by_rating,) = json.loads(capsys.readouterr().out)["scores"]["by_rating"]
    assert (by_rating["from"], by_rating["puzzles"]) == (1, 1)

    data.write_text("question,answr\n1.34341221434321,1234341221434321\n")
    assert main([*args, str(data)]) == 2
    assert "answer" in capsys.readouterr().err
    data.write_text("question,answer\n1.34341221434321,1234341221434321\n1.34,1234\n")
    assert main([*args, str(data)]) == 2
    error = capsys.readouterr().err
    assert "mine.csv" in error
    assert "line 3" in error


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nowhere"], "there is no model at nowhere"),
        (["{run}", "--limit", "0"], "--limit is 0"),
        (["{run}", "--plot", "p.doc"], "a figure is"),
    ],
)
def test_bad_input(run_4x4: Path, args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", *(arg.format(run=run_4x4) for arg in args)]) == 2
    assert message in capsys.readouterr().err


@pytest.fixture(scope="module")
def validating_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose best checkpoint, by what its folder says, is that of step 8."""
    run = tmp_path_factory.mktemp("runs") / "run"
    small = ["--training.batch-size", "8", "--task.num-train", "30", "--task.num-test", "10", "--runtime.compile", "no"]
    often = ["--training.validate-every", "4", "--training.num-validation", "6", "--training.save-every", "6"]
    assert main(["train", "sudoku-4x4", "--out", str(run), "--training.steps", "12", *small, *often]) == 0
    (best,) = (run / "checkpoints").glob("best_*")
    found = json.loads((best / "validation.json").read_text())
    (best / "validation.json").write_text(json.dumps({**found, "step": 8, "solved": 0.5}))
    best.rename(best.with_name("best_00000008"))
    return run


@pytest.mark.parametrize(
    ("args", "checkpoint"),
    [
        ([], "best_00000008"),
        (["--checkpoint", "best"], "best_00000008"),
        (["--checkpoint", "last"], "step_00000012"),
        (["--checkpoint", "step_6"], "step_00000006"),
        (["--checkpoint", "step_00000006"], "step_00000006"),
    ],
)
def test_which_checkpoint(
    validating_run: Path, args: list[str], checkpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", str(validating_run), *args]) == 0
    shown = capsys.readouterr().out
    said = ": the best on 6 validation puzzles (50.0 % solved)" if checkpoint.startswith("best") else ""
    assert f"checkpoint {checkpoint}{said}\n" in shown
    named = f"results-{args[1]}.json" if args else "results.json"
    assert json.loads((validating_run / named).read_text())["checkpoint"] == checkpoint


def test_a_measurement_of_a_part_does_not_take_the_place_of_the_whole(run_4x4: Path, tmp_path: Path) -> None:
    run = shutil.copytree(run_4x4, tmp_path / "run")
    assert main(["eval", str(run)]) == 0
    whole = (run / "results.json").read_bytes()
    mine = tmp_path / "mine.csv"
    assert main(["data", "generate", "sudoku-4x4", "--num", "5", "--out", str(mine)]) == 0
    for args, name in (
        (["--limit", "3"], "results-first-3.json"),
        (["--data", str(mine)], "results-mine.json"),
        (["--data", str(mine), "--limit", "3", "--checkpoint", "last"], "results-mine-last-first-3.json"),
        (["--limit", "3", "--compare", "--rounds", "1"], "compared-first-3.json"),
    ):
        assert main(["eval", str(run), *args]) == 0
        assert (run / name).exists()
    assert (run / "results.json").read_bytes() == whole


@pytest.mark.parametrize("name", ["step_7", "step_x", "first", "12"])
def test_a_checkpoint_that_is_not_there(validating_run: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", str(validating_run), "--checkpoint", name]) == 2
    told = capsys.readouterr().err
    assert f"has no checkpoint {name!r}: there are last, step_00000006, step_00000012, best" in told


def test_no_best_checkpoint_where_a_run_does_not_validate(run_4x4: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", str(run_4x4), "--checkpoint", "best"]) == 2
    assert "no checkpoint 'best': there are last, step_00000060" in capsys.readouterr().err
    assert main(["eval", "sudoku", "--checkpoint", "last"]) == 2
    assert "it is no run folder" in capsys.readouterr().err

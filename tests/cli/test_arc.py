"""ARC through the program: trained, evaluated, refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from arc_tasks import FALL, GROW, SWAP, settings_of, write_folder

from hrm.cli import main

SMALL = ["--task.canvas", "6", "--task.num-augmentations", "5", "--training.steps", "3", "--runtime.compile", "no"]


def train(folder: Path, out: Path, *more: str) -> int:
    sets = settings_of(folder)
    paths = ["--task.train", *map(str, sets["train"]), "--task.test", *map(str, sets["test"]), "--task.tasks"]
    return main(["train", "arc-demo", "--out", str(out), *paths, "swap", "grow", "fall", *SMALL, *more])


def test_a_run_is_trained_and_evaluated_with_all_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert train(tmp_path / "data", run) == 0
    assert main(["eval", str(run), "--limit", "4"]) == 0
    shown = capsys.readouterr().out
    assert "pass@2" in shown
    results = json.loads((run / "results-first-4.json").read_text())
    assert results["scores"]["votes"] == 2
    assert not (run / "submission.json").exists(), "that would be one of all puzzles"
    files = run / "results-first-4"
    assert set(json.loads((files / "submission.json").read_text())) == {"fall"}
    assert (files / "pictures" / "fall.svg").read_text().startswith("<svg")
    held_out = write_folder(tmp_path / "held_out", FALL)
    assert main(["eval", str(run), "--data", str(held_out), "--out", str(tmp_path / "again.json"), "--limit", "4"]) == 0
    assert json.loads((tmp_path / "again.json").read_text())["scores"] == results["scores"]


def test_tasks_that_were_trained_on_are_not_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert train(tmp_path / "data", run) == 0
    seen = write_folder(tmp_path / "seen", SWAP, GROW)
    assert main(["eval", str(run), "--data", str(seen)]) == 2
    assert "2 of 2 evaluation tasks are training tasks too" in " ".join(capsys.readouterr().err.split())
    assert not (run / "results.json").exists()


def test_bad_data_leave_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(tmp_path / "data" / "train")
    (tmp_path / "data" / "train" / "bad.json").write_text('{"train": [{"input": [[1, 2], [3]]}]}')
    assert train(tmp_path / "data", tmp_path / "run") == 2
    message = "".join(capsys.readouterr().err.split())
    assert "bad.json:trainpair1,input:ragged:row2has1cells,row1has2" in message
    assert not (tmp_path / "run").exists()


def test_typing_a_grid_is_refused_with_the_way_to_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert train(tmp_path / "data", run) == 0
    assert main(["solve", "--model", str(run), "[[1, 2]]"]) == 2
    assert "hrm eval" in " ".join(capsys.readouterr().err.split())


def test_tasks_without_answers_are_answered_and_nothing_is_claimed(
    tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    challenges = shared / "cases" / "arc-kaggle-unlabelled" / "arc-agi_test_challenges.json"
    run, training = tmp_path / "run", write_folder(tmp_path / "train", SWAP)
    data = ["--task.train", str(training), "--task.test", str(challenges), "--task.canvas", "30", "--task.tasks"]
    assert main(["train", "arc-demo", "--out", str(run), *data, *SMALL[2:], "--training.batch-size", "2"]) == 0
    assert main(["eval", str(run), "--max-segments", "1"]) == 0
    shown = capsys.readouterr().out
    assert "has a known answer: what is solved was not measured" in shown
    assert "solved [95 %]" not in shown
    results = json.loads((run / "results.json").read_text())
    assert (results["solved"], results["exact_95"], results["cells"], results["with_answer"]) == (None, None, None, 0)
    assert (run / "submission.json").exists()
    assert main(["eval", str(run), "--max-segments", "1", "--data", str(challenges)]) == 0
    assert (run / "results-arc-agi_test_challenges.json").is_file()
    assert (run / "results-arc-agi_test_challenges" / "submission.json").exists()
    assert main(["export", str(run), str(tmp_path / "model")]) == 0
    card = (tmp_path / "model" / "README.md").read_text()
    assert "| solved" not in card
    assert "has a known answer: what is solved was not measured" in card
    assert "train: `train`; test: `arc-agi_test_challenges.json`" in card


def test_a_task_of_ones_own_is_trained_on_and_its_attempts_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, run = write_folder(tmp_path / "mine", FALL) / "fall.json", tmp_path / "run"
    more = ["--task.num-augmentations", "5", "--training.steps", "3", "--runtime.compile", "no"]
    assert main(["train", "arc", "--data", str(data), "--out", str(run), *more]) == 0
    shown = capsys.readouterr().out
    assert "of 2 test inputs solved in 2 attempts" in shown
    assert "attempt 1: " in shown
    assert "\x1b[" not in shown, "no codes where no terminal is"
    assert f"-> {run / 'submission.json'}" in " ".join(shown.split())
    assert f"-> {run / 'pictures'}" in " ".join(shown.split())
    kept = json.loads((run / "config.json").read_text())["task"]
    assert (kept["canvas"], kept["num_tasks"]) == (3, 1)  # its largest grids are 3 wide
    assert main(["train", "arc", "--out", str(tmp_path / "none")]) == 2
    assert "no data" in capsys.readouterr().err

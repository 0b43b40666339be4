from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from hrm.cli import main
from hrm.training.lock import locked

STEPS = ["--training.steps", "6", "--training.report-every", "3", "--training.batch-size", "8"]
QUICK = [*STEPS, "--task.num-train", "20"]


def status(args: list[str]) -> int:
    """The exit status, whether it is returned or raised (as the parser of options does)."""
    try:
        return main(args)
    except SystemExit as left:
        return int(left.code or 0)


def train(out: Path, *args: str, recipe: str = "sudoku-4x4") -> int:
    return main(["train", recipe, "--out", str(out), "--runtime.compile", "no", *QUICK, *args])


def test_a_run_and_a_line_per_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "run", "--seed", "5") == 0
    out = capsys.readouterr().out
    assert "seed 5" in out
    assert "step      3/6" in out
    assert "finished" in out
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert (config["seed"], config["training"]["steps"]) == (5, 6)
    assert [json.loads(line)["step"] for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()] == [3, 6]


def test_validation_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    often = ["--training.validate-every", "2", "--training.num-validation", "5"]
    assert train(tmp_path / "run", *often) == 0
    out = capsys.readouterr().out
    assert [line.split()[1] for line in out.splitlines() if "  validation " in line] == ["2/6", "4/6", "6/6"]
    assert "of 5 validation puzzles" in out
    found = [json.loads(line).get("validation") for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [None if at is None else at["puzzles"] for at in found] == [5, None, 5, 5]


def test_stopping_and_going_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "run", "--max-minutes", "1e-9") == 0
    assert "stopped at step 1 of 6 and saved" in capsys.readouterr().out
    assert train(tmp_path / "run", "--resume") == 0
    out = capsys.readouterr().out
    assert "resumed at step 1" in out
    assert "finished" in out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["train", "sudoku-dem"], "did you mean 'sudoku-demo'"),
        (["train", "--out", "x"], "name the recipe first"),
        (["trian"], "did you mean 'train'"),
        (["train", "sudoku-4x4", "--max-minutes", "0"], "must be above 0"),
        (["train", "sudoku-4x4", "--resume", "--overwrite"], "give one of them"),
        (["train", "sudoku-4x4", "--runtime.device", "cuda:77"], "device 'cuda:77' cannot be used"),
        (["train", "sudoku-4x4", "--task.size", "5"], "5"),
        (["train", "sudoku-extreme"], "data/sudoku-extreme/train.csv"),
        (["train", "grid"], "name their file with --data pairs.jsonl"),
        (["train", "grid", "--data", "none.jsonl"], "none.jsonl: no such file"),
        (["train", "published"], "name a folder in the published format with --data FOLDER"),
        (["train", "published", "--data", "none"], "none/train/dataset.json: no such file"),
        (["train", "sudoku-4x4", "--model.mixing", "attention", "--model.num-heads", "7"], "num_heads 7"),
        (["train", "sudoku-4x4", "--training.batch-size", "0"], "--training.batch-size is 0"),
        (["train", "sudoku-4x4", "--training.steps", "-1"], "--training.steps is -1"),
        (["train", "sudoku-4x4", "--training.validate-every", "-1"], "--training.validate-every is -1"),
        (
            ["train", "sudoku-4x4", "--training.validate-every", "9", "--training.num-validation", "250"],
            "the number of different",
        ),
    ],
)
def test_bad_input_is_told_with_status_2(
    args: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert status(args) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.startswith("hrm: ")
    assert told.count("\n") == 1, "a line"
    assert not (tmp_path / "runs").exists(), "nothing half-written"


def test_an_unknown_option_is_told_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "sudoku-4x4", "--training.stps", "3"]) == 2
    told = "hrm: there is no option --training.stps: did you mean --training.steps?\n"
    assert capsys.readouterr().err == told


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    lines = [{"input": [[i, j]], "output": [[j, i]]} for i in range(4) for j in range(4)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return tmp_path / "pairs.jsonl"


@pytest.mark.parametrize("option", ["--data", "--task.data"])
def test_training_on_pairs_of_ones_own(option: str, pairs: Path, tmp_path: Path) -> None:
    args = ["train", "grid", option, str(pairs), "--out", str(tmp_path / "run"), *STEPS]
    assert main(args) == 0
    task = json.loads((tmp_path / "run/config.json").read_text())["task"]
    assert (task["data"], task["symbols"], task["shape"]) == (str(pairs), "0123", [1, 2])
    assert main([*args, "--resume"]) == 0
    assert main(["eval", str(tmp_path / "run")]) == 0
    results = json.loads((tmp_path / "run/results.json").read_text())
    assert results["puzzles"] == 2
    pairs.unlink()  # what is known of the pairs is in the run
    assert main(["solve", "[[1, 3]]", "--model", str(tmp_path / "run")]) == 0


def test_pairs_that_changed_are_noticed_when_a_run_goes_on(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["train", "grid", "--data", str(pairs), "--out", str(tmp_path / "run"), *STEPS]
    assert main(args) == 0
    pairs.write_text(pairs.read_text() + '\n{"input": [[7, 7]], "output": [[7, 0]]}')
    assert main([*args, "--resume"]) == 2
    assert "line 17: '7' in the input is no symbol of this task (0 1 2 3)" in capsys.readouterr().err


def test_data_sets_what_the_task_trains_on(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solution = "1234341221434321"
    (tmp_path / "mine.csv").write_text(f"question,answer\n.{solution[1:]},{solution}\n")
    assert train(tmp_path / "run", "--data", str(tmp_path / "mine.csv")) == 0
    assert json.loads((tmp_path / "run/config.json").read_text())["task"]["train"] == str(tmp_path / "mine.csv")
    assert main(["train", "grid", "--data", str(pairs), "--task.data", "other.jsonl"]) == 2
    assert "--data is short for --task.data: give one of them" in capsys.readouterr().err


def test_an_existing_run_is_safe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "run") == 0
    before = (tmp_path / "run/metrics.jsonl").read_text()
    assert train(tmp_path / "run") == 2
    assert "go on with --resume, start anew with --overwrite" in capsys.readouterr().err
    assert train(tmp_path / "run", "--resume", "--training.lr", "1") == 2
    assert "training.lr is 0.002, not 1.0" in capsys.readouterr().err
    assert (tmp_path / "run/metrics.jsonl").read_text() == before
    assert train(tmp_path / "run", "--overwrite") == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_the_program_leaves_cleanly_on_a_signal(tmp_path: Path, number: signal.Signals, ready: list[str]) -> None:
    hrm = [sys.executable, "-m", "hrm"] if number == signal.SIGTERM else ready
    args = [*hrm, "train", "sudoku-4x4", "--out", str(tmp_path / "run"), *QUICK]
    args += ["--training.steps", "100000", "--training.report-every", "1", "--runtime.compile", "no"]
    process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("step"):
            break
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "and saved. Go on with --resume" in out
    assert "Traceback" not in err
    assert list((tmp_path / "run/checkpoints").glob("step_*"))


def test_a_run_goes_on_from_its_folder_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    assert train(out, "--max-minutes", "1e-9", "--seed", "5", "--training.lr", "3e-3") == 0
    for number, args in enumerate(
        (["--resume", str(out)], [f"--resume={out}"], [str(out), "--resume"], ["--out", str(out), "--resume"])
    ):
        assert main(["train", *args, "--training.steps", str(10 + number)]) == 0
        said = capsys.readouterr().out
        assert f"seed 5, {10 + number} steps" in said
        assert "finished" in said
    assert main(["train", "--resume", str(out), "--training.lr=3e-3"]) == 0, "what agrees may be said"
    saved = json.loads((out / "config.json").read_text())
    assert (saved["seed"], saved["training"]["steps"], saved["training"]["lr"]) == (5, 13, 3e-3)


@pytest.mark.parametrize("flag", ["--training.no-act", "--training.shard-puzzle-table"])
def test_the_command_that_began_a_run_goes_on_with_it(
    flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a scheduler gives it once more; what a flag says is so already."""
    command = (tmp_path / "run", "--resume", flag, "--model.puzzle-embedding-size", "16")
    assert train(*command, "--max-minutes", "1e-9") == 0
    assert "stopped at step 1 of 6" in capsys.readouterr().out
    assert train(*command) == 0
    assert "resumed at step 1" in capsys.readouterr().out
    other = flag.replace("no-", "") if "no-" in flag else flag.replace("shard", "no-shard")
    assert train(tmp_path / "run", "--resume", other) == 2
    assert "was made with other settings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--resume", "{run}", "--training.lr", "1"], "training.lr is 0.002, not 1.0"),
        (["--resume", "{run}", "--training.steps", "5"], "training.steps is 6, not 5"),
        (["--resume", "{run}", "--seed", "7", "--model.hidden-size=32"], "model.hidden_size is 64, not 32; seed is 0"),
        (["--resume", "{run}", "--architecture", "trm"], "trains the model hrm, not trm"),
        (["--resume", "{run}", "--minutes", "3"], "--minutes is for a new run, and the one in"),
        (["sudoku-6x6", "--resume", "--out", "{run}"], "is a run of the recipe sudoku-4x4, not sudoku-6x6"),
        (["--resume", "{run}/none"], "there is no run in"),
        (["--resume"], "name the recipe first"),
        (["--resume", "{run}", "--overwrite"], "give one of them"),
        (["sudoku-4x4", "--minutes", "3", "--training.steps", "9"], "--minutes sets the number of steps, and so does"),
        (["sudoku-4x4", "--minutes", "0"], "--minutes is 0.0: it must be above 0"),
        (["sudoku-4x4", "--minutes", "inf"], "--minutes is inf: it must be at most 525,600"),
        (["sudoku-4x4", "--seed", "-1"], "seed is -1: a seed is 0 or more"),
        (["sudoku-4x4", "--task.data-seed", "-1"], "data_seed is -1: a seed is 0 or more"),
        (["sudoku-4x4", "lr=1e-4"], "lr=1e-4: options begin with two dashes, --training.lr 1e-4"),
        (["sudoku-4x4", "--resume", "training.batch_size=3"], "--training.batch-size 3"),
        (["--resume", "{run}", "--out", "elsewhere"], "--resume and --out name different folders"),
        (["sudoku-4x4", "--model.hidden-size", "-3"], "hrm: --model.hidden-size is -3: it must be at least 1"),
        (["sudoku-4x4", "--training.lr", "nan"], "hrm: --training.lr is nan: it must be a finite number above 0"),
        (["sudoku-4x4", "--task.options", "seed=3"], "hrm: there is no option --task.options: did you mean"),
    ],
)
def test_what_a_run_cannot_go_on_or_begin_with(
    args: list[str], message: str, run_4x4: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "run"
    assert train(run) == 0
    before = sorted((file, file.stat().st_mtime_ns) for file in run.rglob("*") if file.is_file())
    assert status(["train", *(arg.format(run=run) for arg in args)]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert sorted((file, file.stat().st_mtime_ns) for file in run.rglob("*") if file.is_file()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_schedule_fits_the_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    args = ["train", "sudoku-4x4", "--out", str(out), "--training.batch-size", "8", "--task.num-train", "20"]
    before = time.monotonic()
    assert main([*args, "--minutes", "0.03"]) == 0
    assert 0.9 < time.monotonic() - before < 30  # 1.8 seconds where nobody else computes
    steps = json.loads((out / "config.json").read_text())["training"]["steps"]
    assert f"{steps:,} steps fit into 0.03 minutes" in (said := capsys.readouterr().out)
    assert f"step {steps:6,}/{steps:,}" in said
    assert main([*args, "--resume"]) == 0, "the run has that many steps now"


def test_one_process_trains_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "run", "--max-minutes", "1e-9") == 0
    with locked(tmp_path / "run"):
        for more in ("--resume", "--overwrite"):
            assert train(tmp_path / "run", more) == 2
            assert "is training in" in capsys.readouterr().err
    assert train(tmp_path / "run", "--resume") == 0


@pytest.mark.parametrize("reader", ["head -4", "true", "cat > /dev/full"])
def test_a_run_goes_on_when_nobody_reads(reader: str, tmp_path: Path, ready: list[str]) -> None:
    hrm = shlex.join([sys.executable, "-m", "hrm"] if reader == "head -4" else ready)
    line = f"{hrm} train sudoku-4x4 {' '.join(QUICK)} --training.steps 60 --out run | {reader}"
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0
    assert list((tmp_path / "run/checkpoints").glob("step_00000060"))
    assert done.stderr.count("Traceback") == 0
    assert "hrm: the output cannot be written any more (Broken pipe): the work goes on" in done.stderr


def test_a_run_that_does_not_begin_leaves_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with patch("hrm.cli.progress.run", side_effect=MemoryError), patch.dict(os.environ, HRM_TRACEBACK="0"):
        assert train(tmp_path / "run") == 2
    assert "out of memory" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_muon_for_a_narrow_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    narrow = ["--model.hidden-size", "32", "--model.num-heads", "2", "--training.optimizer", "muon"]
    assert train(tmp_path / "run", *narrow) == 0
    assert "no matrix of this model has both sides above 32, so Adam-atan2" in capsys.readouterr().err


def test_another_architecture_takes_the_place_of_the_recipes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--training.steps", "2", "--training.batch-size", "4", "--task.num-train", "8", "--task.num-test", "4"]
    few = ["--model.H-cycles", "1", "--model.L-cycles=2", "--runtime.compile", "no"]
    out = tmp_path / "run"
    assert main(["train", "sudoku-4x4", "--architecture", "trm", "--out", str(out), *small, *few]) == 0
    saved = json.loads((out / "config.json").read_text())["model"]
    assert (saved["name"], saved["hidden_size"], saved["mixing"], saved["L_cycles"]) == ("trm", 64, "mlp", 2)
    assert main(["train", "sudoku-4x4", "--architecture=trm", "--out", str(out), "--resume", *small, *few]) == 0
    assert main(["train", "sudoku-4x4", "--architecture", "trn", "--out", str(tmp_path / "other")]) == 2
    assert "did you mean 'trm'" in capsys.readouterr().err


def test_a_run_begins_from_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path / "first") == 0
    assert train(tmp_path / "second", "--init", str(tmp_path / "first"), "--seed", "8") == 0
    assert json.loads((tmp_path / "second/config.json").read_text())["init"] == str(tmp_path / "first")
    capsys.readouterr()
    assert train(tmp_path / "second", "--resume", "--init", str(tmp_path / "other")) == 2
    assert "--init is for a new run" in capsys.readouterr().err
    assert train(tmp_path / "third", "--init", "sudoku") == 2
    assert "does not fit the model of this run" in capsys.readouterr().err
    assert not (tmp_path / "third").exists()


def test_a_tracker_that_cannot_be_used_is_told_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path / "run", "--report-to", "tensorbord") == 2
    assert "unknown tracker 'tensorbord': did you mean 'tensorboard'?" in capsys.readouterr().err
    assert train(tmp_path / "run", "--report-to", "wandbb", "--report-to", "tensorboard") == 2, "all that are given"
    assert "did you mean 'wandb'?" in capsys.readouterr().err
    with patch("importlib.util.find_spec", return_value=None):
        assert train(tmp_path / "run", "--report-to", "wandb") == 2
    assert "pip install 'hrm-lab[wandb]'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_trackers_are_of_the_call_and_not_of_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorboard", reason="needs hrm-lab[tensorboard]")
    assert train(tmp_path / "run", "--max-minutes", "1e-9") == 0
    before = (tmp_path / "run" / "config.json").read_bytes()
    twice = ["--report-to", "tensorboard", "--report-to", "tensorboard"]
    assert main(["train", "--resume", str(tmp_path / "run"), *twice]) == 0
    assert (tmp_path / "run" / "config.json").read_bytes() == before
    out = capsys.readouterr().out
    assert out.count(f"tensorboard: tensorboard --logdir {tmp_path}") == 1
    assert list((tmp_path / "run" / "tensorboard" / "run").iterdir())
    assert train(tmp_path / "run", "--overwrite") == 0, "what a tracker has left is of the run"
    assert not (tmp_path / "run" / "tensorboard").exists()

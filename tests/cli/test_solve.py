from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from shlex import join, quote

import pytest

from hrm.cli import main

SOLVED = "1234341221434321"  # a full board: the rules are satisfied as soon as the model copies its givens


def solve(*args: str) -> int:
    return main(["solve", *args])


def test_json_has_an_object_per_puzzle_and_the_status_tells_whether_all_are_solved(
    run_4x4: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = solve(SOLVED, "1.34341221434321", "--model", str(run_4x4), "--json")
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    keys = {"puzzle", "solution", "solved", "segments", "certainty", "seconds", "attempts", "spent", "is_timed_out"}
    keys |= {"q_halt"}  # the certainty by its name until 2026-11
    assert [set(row) for row in rows] == [keys] * 2
    assert [row["puzzle"] for row in rows] == [SOLVED, "1.34341221434321"]
    assert status == (0 if all(row["solved"] for row in rows) else 1)
    for row in rows:
        assert row["solved"] == (row["solution"] == SOLVED)


def test_unsolved_is_status_1(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve("..3434122143432.", "--model", str(tiny_model), "--json") == 1
    assert not json.loads(capsys.readouterr().out.splitlines()[-1])["solved"]


@pytest.fixture
def tiny_model(tmp_path: Path) -> Path:
    """A model that has learned nothing."""
    args = ["--training.steps", "1", "--training.batch-size", "4", "--runtime.compile", "no", "--task.num-train", "8"]
    assert main(["train", "sudoku-4x4", "--out", str(tmp_path / "tiny"), *args]) == 0
    return tmp_path / "tiny"


def test_trace_shows_every_segment(run_4x4: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solve(SOLVED, "--model", str(run_4x4), "--trace", "--halt", "fixed", "--max-segments", "3")
    out = capsys.readouterr().out
    assert [out.count(f"segment {m} (") for m in (1, 2, 3, 4)] == [1, 1, 1, 0]
    solve(SOLVED, "--model", str(run_4x4), "--trace", "--inner", "--halt", "fixed", "--max-segments", "1")
    assert capsys.readouterr().out.count("L_level updated") == 4  # N = T = 2


def test_from_a_file_and_from_standard_input(
    run_4x4: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"# two puzzles\n{SOLVED}\n1.34341221434321\n"
    (tmp_path / "puzzles.txt").write_text(text)
    solve(str(tmp_path / "puzzles.txt"), "--model", str(run_4x4), "--json")
    assert len(capsys.readouterr().out.splitlines()) == 2
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    solve("-", "--model", str(run_4x4), "--json")
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(
    ("puzzle", "message"),
    [
        ("12", "16"),
        ("1z34341221434321", "z"),
        ("1134............", "1"),
        ("1...............", "several"),
        ("123....4........", "no solution"),
        ("missing.txt", "there is no file missing.txt"),
    ],
)
def test_bad_puzzles(run_4x4: Path, puzzle: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve(puzzle, "--model", str(run_4x4)) == 2
    assert message in capsys.readouterr().err


def test_bad_options(run_4x4: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve(SOLVED, "--model", str(run_4x4), "--max-segments", "0") == 2
    assert "max_segments is 0" in capsys.readouterr().err
    assert solve(SOLVED, "--model", str(run_4x4), "--trace", "--json") == 2
    capsys.readouterr()
    assert solve(str(run_4x4), "--model", str(run_4x4)) == 2
    assert "is a folder" in capsys.readouterr().err
    for options, message in (
        (["--deadline", "0"], "deadline is 0"),
        (["--halt", "q", "--q-threshold", "1"], "q_threshold is 1"),
        (["--trace", "--attempts", "3"], "--trace watches one plain attempt"),
        (["--inner"], "--inner shows more of --trace"),
        (["--num-slots", "0"], "num_slots is 0"),
        (["--attempts", "4", "--vary", "checkpoints"], "several checkpoints"),
    ):
        assert solve(SOLVED, "--model", str(run_4x4), *options) == 2
        assert message in capsys.readouterr().err


def test_no_attempts_at_all(run_4x4: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve(SOLVED, "--model", str(run_4x4), "--attempts", "0") == 2
    assert capsys.readouterr().err == "hrm: --attempts is 0: it must be at least 1\n"


def test_a_reader_who_has_seen_enough_is_no_error(run_4x4: Path, ready: list[str]) -> None:
    model = quote(str(run_4x4))
    command = f"{join(ready)} solve {' '.join([SOLVED] * 3)} --model {model} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_another_program_wrote(
    run_4x4: Path, tmp_path: Path, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text(f"{SOLVED}\r\n", encoding=encoding)
    solve(str(tmp_path / "mine"), "--model", str(run_4x4), "--json")
    assert json.loads(capsys.readouterr().out)["puzzle"] == SOLVED
    (tmp_path / "mine").write_bytes(b"\x80\x81")
    assert solve(str(tmp_path / "mine"), "--model", str(run_4x4)) == 2
    assert "not a text file in UTF-8" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names")
@pytest.mark.parametrize("source", ["<(printf '%s\\n' {0} {0})", "/dev/stdin", "-", ""])
def test_puzzles_from_a_pipe(run_4x4: Path, source: str, ready: list[str]) -> None:
    hrm = join([sys.executable, "-m", "hrm"] if source.startswith("<") else ready)
    pipe = f"printf '%s\\n' {SOLVED} {SOLVED} | {hrm} solve {source.format(SOLVED)}"
    command = ["bash", "-c", f"{pipe} --model {quote(str(run_4x4))} --json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [json.loads(line)["puzzle"] for line in done.stdout.splitlines()] == [SOLVED, SOLVED], done.stderr


def test_a_text_that_is_no_file_is_a_puzzle(run_4x4: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve("1" * 5000, "--model", str(run_4x4)) == 2
    assert "5000 cells found" in capsys.readouterr().err


BAD, OTHER = "1134............", "1.34341221434321"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_bad_puzzle_stops_no_other(
    run_4x4: Path, tmp_path: Path, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text(f"{SOLVED}\n{BAD}\n12\n\n{OTHER}\n")
    flags = ["--json"] if as_json else []
    assert solve(str(tmp_path / "mine.txt"), SOLVED, "none.sdm", "--model", str(run_4x4), *flags) == 2
    said = capsys.readouterr()
    for line, message in zip(
        said.err.splitlines(), ("line 2: digit 1", "line 3: 2 cells", "there is no file"), strict=True
    ):
        assert message in line
    if as_json:
        rows = [json.loads(line) for line in said.out.splitlines()]
        assert [row.get("puzzle") for row in rows] == [SOLVED, None, None, OTHER, SOLVED, None]
        assert "line 3: 2 cells found" in rows[2]["error"]
    else:
        assert "of 3 solved" in said.out


def test_of_many_bad_puzzles_the_first_are_named(
    run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.txt").write_text(f"{BAD}\n" * 30)
    assert solve(str(tmp_path / "bad.txt"), "--model", str(run_4x4), "--json") == 2
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 30
    assert len(said.err.splitlines()) == 21
    assert "and 10 more" in said.err


def test_files_that_other_verbs_write_and_other_programs(
    run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    four = ["--task.size", "4", "--task.givens", "None", "--task.train-givens", "None"]
    for name in ("own.csv", "own.csv.gz"):
        assert main(["data", "generate", "sudoku", "--num", "2", "--out", str(tmp_path / name), *four]) == 0
    (tmp_path / "kaggle.csv").write_text(f"quizzes;solutions\n{OTHER};{SOLVED}\n", encoding="utf-16")
    (tmp_path / "list.json").write_text(json.dumps([[1, 0, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]]))
    for name, num in (("own.csv", 2), ("own.csv.gz", 2), ("kaggle.csv", 1), ("list.json", 1)):
        capsys.readouterr()
        solve(str(tmp_path / name), "--model", str(run_4x4), "--json")
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert len(rows) == num
        assert all("error" not in row for row in rows)
    assert rows[0]["puzzle"] == OTHER


@pytest.mark.parametrize(
    "typed",
    [
        "[[1,0,3,4],[3,4,1,2],[2,1,4,3],[4,3,2,1]]",
        "1-34\n3412\n\n2143\n4321",
        "1x34341221434321",
        f"https://example.org/?bd={OTHER}",
        "1.34/3412/2143/4321",
        f"question,answer\n{OTHER},{SOLVED}",
    ],
)
def test_typed_as_in_a_file(run_4x4: Path, tmp_path: Path, typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text(typed)
    solve(typed, str(tmp_path / "file"), "--model", str(run_4x4), "--json")
    assert [json.loads(line)["puzzle"] for line in capsys.readouterr().out.splitlines()] == [OTHER, OTHER]


def test_several_puzzles_in_one_argument(run_4x4: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solve(f"{SOLVED}\n{BAD}\n{OTHER}", "--model", str(run_4x4), "--json")
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row.get("puzzle") for row in rows] == [SOLVED, None, OTHER]


@pytest.mark.parametrize(
    "name", ["missing.sdm", "missing.ss", "a.tsv", "b.md", "folder/puzzles", "./mine", "/tmp/none/x"]
)
def test_a_file_that_is_not_there(run_4x4: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve(name, "--model", str(run_4x4)) == 2
    assert f"hrm: there is no file {name}" in capsys.readouterr().err


HARD = "98.7.....6...5.9....5....7.4......3...89..5......24..7.1..3......98..7.........21"


def test_exact_finishes_what_the_model_has_not_solved_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--attempts", "1", "--max-segments", "4"]
    assert solve(HARD, "--exact", *few) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "solved by search, not by the model: " in said
    assert re.search(r"\d+ guess(es)? in the order of the model's beliefs, \d+ without them", said)
    (tmp_path / "in.txt").write_text(f"{HARD}\n{HARD[::-1]}\n")
    assert solve(str(tmp_path / "in.txt"), "--exact", "--out", str(tmp_path / "out.csv"), *few) == 0
    assert "2 of 2 solved (100.0 %), 2 of them by search, not by the model" in capsys.readouterr().out
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert all(int(row["guesses"]) > 0 and int(row["guesses_without_model"]) > 0 for row in rows)
    assert solve(HARD, "--exact", "--trace") == 2
    assert "--trace watches the model alone" in capsys.readouterr().err
    assert solve("S.......G" * 9, "--exact", "--model", "maze") == 2
    assert "exact: there is a search for Sudokus alone" in capsys.readouterr().err

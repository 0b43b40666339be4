from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hrm
from hrm.cli import main
from hrm.cli.answers import Tally, check_out, in_order, is_exact, row_of, writer
from hrm.errors import InputError
from hrm.inference.solution import Solution
from hrm.puzzles.base import Example

FULL = "1234341221434321"
CELLS = np.arange(16)
SOLUTION = Solution(0, "p", "s", True, 3, 0.9, 0.25, 2, 5, False, CELLS, CELLS)


@pytest.fixture
def many(tmp_path: Path) -> list[str]:
    """Puzzles that a little model solves and does not solve, as a file; their texts."""
    texts = [FULL[:i] + "." + FULL[i + 1 :] for i in range(16)] + [FULL, "1..434122143432.", FULL]
    (tmp_path / "many.txt").write_text("\n".join(texts))
    return texts


def test_a_row_per_puzzle_in_the_order_of_the_input(
    run_4x4: Path, many: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {}
    for name in ("a.csv", "a.csv.gz", "a.jsonl", "a.JSONL.gz"):
        args = [
            "solve",
            str(tmp_path / "many.txt"),
            "--model",
            str(run_4x4),
            "--num-slots",
            "3",
            "--attempts",
            "2",
            "--out",
        ]
        status = main([*args, str(tmp_path / name)])
        shown = capsys.readouterr().out
        content = (tmp_path / name).read_bytes()
        text = (gzip.decompress(content) if name.endswith("gz") else content).decode()
        if "csv" in name:
            rows[name] = list(csv.DictReader(io.StringIO(text)))
        else:
            rows[name] = [json.loads(line) for line in text.splitlines()]
        assert [row["puzzle"] for row in rows[name]] == many
        num_solved = sum(str(row["solved"]) == "True" for row in rows[name])
        assert shown.startswith(f"{num_solved} of {len(many)} solved (")
        assert len(shown.splitlines()) == 1, "no boards"
        assert status == (num_solved < len(many))
    assert rows["a.csv"][0].keys() == rows["a.jsonl"][0].keys()
    for row in rows["a.jsonl"]:
        assert row["solved"] == (row["solution"] == FULL)
        assert row["spent"] >= row["segments"] >= 1
        assert 0 < row["seconds"] < 60
        assert "exact" not in row, "the file holds no answers"


def test_nothing_stays_where_the_end_is_not_reached(tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    out.write_text("as before")

    def interrupted() -> None:
        with writer(out, has_answers=False, has_errors=False) as write:
            write(row_of(SOLUTION, None))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert out.read_text() == "as before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_columns_are_there_where_they_say_something(tmp_path: Path) -> None:
    with writer(tmp_path / "a.csv", has_answers=True, has_errors=True) as write:
        write(row_of(SOLUTION, True))
        write({"puzzle": "??", "error": 'not "a" puzzle, at all'})
    first, second = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text()))
    assert (first["exact"], first["solved"], first["error"]) == ("True", "True", "")
    assert (second["puzzle"], second["solution"], second["error"]) == ("??", "", 'not "a" puzzle, at all')
    with writer(None, has_answers=True, has_errors=True) as write:
        write({})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.txt", "ends in .csv or .jsonl"),
        ("none/a.csv", "there is no folder"),
        ("file/a.csv", "file is a file, not a folder"),
        ("folder.csv", "it is a folder"),
        ("many.csv", "replace the puzzles by their answers"),
    ],
)
def test_a_place_that_cannot_be_is_refused_before_any_work(
    name: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "many.csv").write_text(f"{FULL}\n")
    args = [str(tmp_path / "many.csv"), "--out", str(tmp_path / name), "--model", "no-such-model"]
    assert main(["solve", *args]) == 2
    assert message in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.csv", "many.csv"]
    check_out(tmp_path / "new.csv", ["1" * 5000, "-", str(tmp_path / "many.csv")])


@pytest.mark.parametrize("deadline", ["inf", "nan", "1e10", "-1", "0"])
def test_a_deadline_is_refused_before_any_work(deadline: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", FULL, "--model", "no-such-model", f"--deadline={deadline}"]) == 2
    assert capsys.readouterr().err.startswith("hrm: deadline is ")


def test_answers_come_in_turn(run_4x4: Path, many: list[str]) -> None:
    solver = hrm.load(run_4x4).solver(num_slots=2, attempts=2)
    examples = [solver.task.text.parse(text) for text in many]  # type: ignore[union-attr]
    assert [solution.index for solution in in_order(solver, examples, None, has_bar=True)] == list(range(len(many)))


def test_what_came_with_its_answer_is_scored() -> None:
    labels = np.where(CELLS < 8, CELLS, -100)  # some cells are nobody's to judge
    given = Example(CELLS, labels, is_given=True)
    assert is_exact(given, SOLUTION) is True
    assert is_exact(given, replace(SOLUTION, answer=CELLS[::-1])) is False
    assert is_exact(Example(CELLS, labels), SOLUTION) is None, "a search found it"
    assert is_exact(Example(CELLS, None), SOLUTION) is None
    tally = Tally(has_rules=True)
    for exact in (True, False, None):
        tally.add(SOLUTION, exact)
    tally.add(replace(SOLUTION, solved=False, is_timed_out=True), None)
    words = "3 of 4 solved (75.0 %), 1 of 2 equal to the answers of the input, 1 stopped by the deadline; "
    assert str(tally).startswith(words)
    without = Tally(has_rules=False)
    without.add(replace(SOLUTION, solved=None), None)
    assert str(without).startswith("1 of 1 answered; ")
    unknown = Tally(has_rules=True)
    for solved in (True, False, None):
        unknown.add(replace(SOLUTION, solved=solved), None)
    assert str(unknown).startswith("1 of 3 solved (33.3 %), 1 that the rules cannot judge; ")


def test_pairs_of_a_file_are_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = [{"input": [[i % 2, 1], [0, i // 2]], "output": [[1, i % 2], [i // 2, 0]]} for i in range(4)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, pairs)))
    small = ["--training.steps", "1", "--training.batch-size", "2", "--runtime.compile", "no"]
    args = ["--data", str(tmp_path / "pairs.jsonl"), "--out", str(tmp_path / "run"), *small]
    assert main(["train", "grid", *args]) == 0
    capsys.readouterr()
    args = ["--model", str(tmp_path / "run"), "--max-segments", "1", "--out", str(tmp_path / "out.jsonl")]
    assert main(["solve", str(tmp_path / "pairs.jsonl"), *args]) == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    num_exact = sum(row["exact"] for row in rows)
    assert f"4 of 4 answered, {num_exact} of 4 equal to the answers of the input; " in capsys.readouterr().out


def test_bad_input_names_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose another place with --out"):
        check_out(tmp_path / "none" / "a.csv", [])


def test_answers_beside_the_puzzles_are_compared_with_and_what_is_no_puzzle_has_a_row(
    run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blank = "." + FULL[1:]
    (tmp_path / "in.csv").write_text(f"question,answer\n{blank},{FULL}\n11{FULL[2:]},{FULL}\n{blank},\n")
    out = tmp_path / "out.csv"
    assert main(["solve", str(tmp_path / "in.csv"), "--model", str(run_4x4), "--out", str(out)]) == 2
    good, bad, unknown = csv.DictReader(io.StringIO(out.read_text()))
    assert good["exact"] == str(good["solution"] == FULL)
    assert (bad["puzzle"], bad["exact"]) == ("", "")
    assert "line 3" in bad["error"]
    assert (unknown["puzzle"], unknown["exact"], unknown["error"]) == (blank, "", "")
    assert "of 1 equal to the answers of the input" in capsys.readouterr().out

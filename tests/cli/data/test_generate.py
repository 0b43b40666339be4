from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from hrm.cli import main
from hrm.cli.data.generate import as_csv, generated
from hrm.errors import InputError
from hrm.puzzles.sudoku.files import read_csv
from hrm.puzzles.sudoku.rules import Layout
from hrm.tasks import TASKS
from hrm.tasks.sudoku import SudokuConfig

NINE = Layout(size=9)


def generate(out: Path, *args: str) -> int:
    return main(["data", "generate", "sudoku", "--num", "12", "--out", str(out), *args])


def test_the_file_is_what_the_task_reads(tmp_path: Path) -> None:
    assert generate(tmp_path / "a.csv") == 0
    puzzles, generated = read_csv(tmp_path / "a.csv", NINE), SudokuConfig(num_train=12).build().train_examples
    assert (puzzles.inputs == generated.inputs).all()
    assert (puzzles.labels == generated.labels).all()
    assert generate(tmp_path / "b.csv", "--split", "test") == 0
    held_out = read_csv(tmp_path / "b.csv", NINE)
    assert (held_out.inputs == SudokuConfig(num_test=12).build().test_examples.inputs).all()


def test_the_same_settings_give_the_same_bytes(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.csv.gz", "b.csv.gz", "c.csv.gz")]
    assert [generate(files[0]), generate(files[1]), generate(files[2], "--task.data-seed", "1")] == [0, 0, 0]
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()
    assert read_csv(files[0], NINE).inputs.shape == (12, 81)


def test_ratings_are_written_where_there_are_any(tmp_path: Path) -> None:
    path, grid = tmp_path / "rated.csv", "1234341221434321"
    path.write_text(f"question,answer,rating\n.{grid[1:]},{grid},2.5\n{grid[:-1]}.,{grid},\n")
    task = SudokuConfig(size=4, train=path, num_train=0).build()
    assert as_csv(task, "train") == path.read_bytes()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--num", "0", "--out", "{}/a.csv"], "--num is 0"),
        (["--num", "2", "--out", "{}/a.txt"], "ends in .csv or .csv.gz"),
        (["--num", "2", "--out", "{}/there.csv"], "exists already"),
        (["--num", "99999999", "--out", "{}/no/a.csv"], "there is no folder"),  # told before, not after
        (["--num", "2", "--out", "{}/a.csv", "--task.givens", "16", "20"], "from 22 to 81"),
    ],
)
def test_bad_input(args: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "there.csv").write_text("mine")
    assert main(["data", "generate", "sudoku", *(arg.format(tmp_path) for arg in args)]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
    assert (tmp_path / "there.csv").read_text() == "mine"


@dataclass(frozen=True)
class FromFolder:
    """The configuration of a task that only reads."""

    name: ClassVar[str] = "from-folder"
    folder: Path


def test_a_task_that_only_reads_cannot_generate(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="task 'from-folder' cannot be generated"):
        generated("mine", FromFolder(tmp_path), 3)  # type: ignore[arg-type]


def test_replacing_a_file_has_to_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")
    assert generate(tmp_path / "a.csv", "--overwrite") == 0
    assert read_csv(tmp_path / "a.csv", NINE).inputs.shape == (12, 81)


def test_the_givens_are_those_of_the_help(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate(tmp_path / "a.csv") == generate(tmp_path / "b.csv", "--split", "test") == 0
    assert capsys.readouterr().err == ""
    train, test = ((read_csv(tmp_path / name, NINE).inputs > 1).sum(axis=1) for name in ("a.csv", "b.csv"))
    assert set(train) == {30}, "the fewest"
    assert 30 <= min(test) < max(test) <= 45, "between the fewest and the most"
    with pytest.raises(SystemExit):
        main(["data", "generate", "sudoku", "--help"])
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "a held-out puzzle has any number between them, a training puzzle is made with the fewest" in shown


@pytest.mark.parametrize("task", [name for name in TASKS if name not in ("sudoku", "maze", "arc", "grid", "published")])
def test_the_help_speaks_of_no_other_puzzles(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["data", "generate", task, "--help"])
    assert not re.search("sudoku|maze", capsys.readouterr().out.replace("mini_sudoku", ""), re.IGNORECASE)

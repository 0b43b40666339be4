from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from hrm.cli import main
from hrm.cli.data import VERBS
from hrm.cli.source import find, read_with_recipe
from hrm.errors import InputError
from hrm.recipes import RECIPES
from hrm.tasks import TASKS
from hrm.tasks.sudoku import SudokuConfig
from hrm.training.config import RunConfig


def test_a_recipe_a_task_or_a_folder(run_4x4: Path) -> None:
    assert find("sudoku-6x6") == RECIPES["sudoku-6x6"]().task
    assert find("sudoku") == SudokuConfig()
    of_run = find(str(run_4x4))
    assert isinstance(of_run, SudokuConfig)
    assert (of_run.size, of_run.num_test) == (4, 40)
    assert find(str(next((run_4x4 / "checkpoints").iterdir()))) == of_run


def test_anything_else_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no data called 'sudoku-extrem'.*did you mean 'sudoku-extreme'"):
        find("sudoku-extrem")
    (tmp_path / "config.json").write_text('{"task": {"name": "chess"}}')
    with pytest.raises(InputError, match="unknown task 'chess'"):
        find(str(tmp_path))


def test_a_task_that_needs_a_setting_wants_a_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    def needs_folder(*, folder: Path) -> None: ...

    monkeypatch.setitem(TASKS, "from-folder", needs_folder)
    with pytest.raises(InputError, match="'from-folder' alone does not say which data: name a recipe"):
        find("from-folder")


def test_every_verb_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data"]) == 2
    assert main(["data", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {verb} " in shown for verb in VERBS)
    with pytest.raises(SystemExit) as exit_:
        main(["data", "check", "--help"])
    assert exit_.value.code == 0
    shown = capsys.readouterr().out
    assert "SOURCE" in shown
    assert "sudoku-extreme" in shown
    assert main(["data", "fetch", "--help"]) == 0
    assert "maze-hard" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["chek"], "did you mean 'check'"),
        (["check"], "name the data first: hrm data check SOURCE"),
        (["check", "--json"], "name the data first"),
        (["info", "sudoku", "--task.size", "5"], "size 5 is not supported"),
    ],
)
def test_bad_input(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", *args]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_that_is_called_like_a_recipe_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sudoku-demo").mkdir()
    (tmp_path / "sudoku-demo/config.json").write_text('{"task": {"name": "sudoku", "size": 4}}')
    assert find("sudoku-demo") == RECIPES["sudoku-demo"]().task
    assert find("./sudoku-demo") == SudokuConfig(size=4)
    (tmp_path / "mine").symlink_to(tmp_path / "sudoku-demo")
    assert find("mine") == SudokuConfig(size=4)
    with pytest.raises(InputError, match="no data called"):
        find("n" * 5000)


@dataclass(frozen=True, kw_only=True)
class Sized:
    size: int
    """Width of the state."""
    rounds: int = 3


def test_the_options_of_a_verb_begin_as_the_recipe_that_comes_first() -> None:
    def default(recipe: RunConfig) -> Sized:
        return Sized(size=recipe.model.hidden_size)

    recipe, options = read_with_recipe("bench nothing", default, ["sudoku-4x4", "--rounds", "5"])
    assert recipe.recipe == "sudoku-4x4"
    assert options == Sized(size=recipe.model.hidden_size, rounds=5)
    assert read_with_recipe("bench nothing", default, ["sudoku-4x4", "--size", "7"])[1].size == 7
    for args in ([], ["--rounds", "5"]):
        with pytest.raises(InputError, match=r"name the recipe first: hrm bench nothing RECIPE\. Recipes: sudoku"):
            read_with_recipe("bench nothing", default, args)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arc_tasks import grid, make_task

from hrm.config import to_dict
from hrm.errors import InputError
from hrm.llm.logs import Asked, kind_of_task
from hrm.llm.ours import _is_solved, as_measured, on_puzzles
from hrm.llm.questions import Questions, config_of, questions_of
from hrm.llm.rows import PuzzleKind
from hrm.llm.written import read
from hrm.models.hrm import HRMConfig
from hrm.puzzles.arc.report import Polled, report
from hrm.puzzles.arc.votes import Ballot
from hrm.recipes import RECIPES
from hrm.store.folder import load_model, write_tensors
from hrm.store.locate import BUILTIN, CONFIG, FORMAT, WEIGHTS
from hrm.tasks.arc import ArcConfig
from hrm.tasks.grid import GridConfig
from hrm.tasks.gym import GymConfig
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig


def asked(found: Questions) -> dict[str, Asked]:
    return {one.puzzle: Asked(one.question, one.label, found.task) for one in found.all}


def kind_of(found: Questions) -> PuzzleKind:
    return kind_of_task(config_of(found.task, "log"))


def test_a_model_answers_the_puzzles_of_a_log() -> None:
    found = questions_of(RECIPES["sudoku-demo"]().task, limit=12)
    kind = kind_of(found)
    row = on_puzzles("sudoku", kind, asked(found))
    assert row.digest == found.digest
    assert row.puzzles == 12
    assert row.solved >= 11  # 99 % of these are solved
    assert row.spent == load_model("sudoku").max_segments
    assert row.seconds is not None
    assert row.seconds > 0
    one = on_puzzles("sudoku", kind, asked(found), max_segments=1)
    assert one.spent == 1
    assert one.limits == "1 segments"
    assert one.solved < row.solved


def test_a_model_of_other_puzzles_is_refused_before_it_is_loaded() -> None:
    kind = kind_of_task(SudokuConfig(size=4))
    with pytest.raises(InputError, match="sudoku is a model for sudoku 9 x 9, the log is about sudoku 4 x 4"):
        on_puzzles("sudoku", kind, {})
    with pytest.raises(InputError, match="there is no model at nowhere"):
        on_puzzles("nowhere", kind, {})


def test_another_right_answer_than_the_label_counts(tmp_path: Path) -> None:
    config = MazeConfig(size=5)
    task = config.build()
    asked = Asked("S......................."[:24] + "G", "Soooo\n....o\n....o\n....o\n....G", to_dict(config))
    other = read(task.spec, "S....\no....\no....\no....\nooooG")
    assert _is_solved(task, asked, other)
    assert not _is_solved(task, asked, read(task.spec, "S....\no....\no....\no....\nooo.G"))


def test_the_judge_is_that_of_the_log() -> None:
    """A model without rules of its own beside a log of mazes: both are judged by the rules of mazes."""
    maze = MazeConfig(size=5)
    grid = GridConfig(symbols="# SGo", shape=(5, 5), symmetries=(), rename="").build()
    asked = Asked("S......................." + "G", "Soooo\n....o\n....o\n....o\n....G", to_dict(maze))
    assert _is_solved(grid, asked, read(grid.spec, "S....\no....\no....\no....\nooooG"))


def test_questions_in_words_are_judged_by_what_the_model_says(tmp_path: Path) -> None:
    pytest.importorskip("reasoning_gym", reason="reasoning-gym is the extra 'gym': pip install 'hrm-lab[gym]'")
    config = GymConfig(dataset="mini_sudoku", num_train=30, num_test=6)
    task = config.build()
    model = HRMConfig(hidden_size=16, num_heads=2, H_layers=1, L_layers=1)
    (tmp_path / CONFIG).write_text(
        json.dumps({"format": FORMAT, "model": to_dict(model), "task": to_dict(task.config), "max_segments": 2})
    )
    write_tensors(tmp_path / WEIGHTS, model.build(task.spec).state_dict())
    found = questions_of(config, limit=5)
    trained = task.entries.train[0]
    questions = asked(found) | {
        "other": Asked("Why?" * 200, "no", found.task),
        "trained": Asked(trained.question, trained.answer, found.task),
    }
    row = on_puzzles(str(tmp_path), kind_of(found), questions)
    assert (row.puzzles, row.solved) == (7, 0)
    assert row.notes == (
        f"{tmp_path}: 1 puzzle of the log do not fit its positions, and count as not solved",
        f"{tmp_path}: 1 puzzle of the log may have been trained on",
    )
    for one, entry in zip(found.all, task.test_entries, strict=False):
        right = np.maximum(0, task.layout.answer(entry.answer))
        assert _is_solved(task, asked(found)[one.puzzle], right)
        assert not _is_solved(task, asked(found)[one.puzzle], np.roll(right, 1))


def folder(tmp_path: Path, results: dict[str, Any] | None) -> Path:
    place = tmp_path / "model"
    place.mkdir()
    for file in (BUILTIN / "sudoku").iterdir():
        (place / file.name).write_bytes(file.read_bytes())
    if results is not None:
        (place / "results.json").write_text(json.dumps(results))
    assert (place / CONFIG).exists()
    return place


def test_what_was_measured_is_read(tmp_path: Path) -> None:
    results = {"solved": 0.9, "puzzles": 100, "with_verdict": 50, "max_segments": 16, "puzzles_digest": "abc"}
    row = as_measured(str(folder(tmp_path, results)))
    assert (row.solved, row.puzzles, row.digest, row.spent) == (45, 50, "abc", 16)
    assert row.outcomes is None


def test_arc_counts_tasks_in_two_attempts(tmp_path: Path) -> None:
    task = make_task("turned", [("12", "21")], [("34", "43"), ("56", "65")])
    half, whole = [Ballot(), Ballot()], [Ballot(), Ballot()]
    for ballots, second in ((half, "00"), (whole, "65")):
        ballots[0].add(grid("43"), 1.0)
        ballots[1].add(grid(second), 1.0)
    polled = [Polled(task._replace(name=name), ballots) for name, ballots in (("a", half), ("b", whole), ("c", whole))]
    model = HRMConfig(hidden_size=16, num_heads=2, H_layers=1, L_layers=1)
    config = {"format": FORMAT, "model": to_dict(model), "task": to_dict(ArcConfig(test=(tmp_path,), num_tasks=3))}
    (tmp_path / CONFIG).write_text(json.dumps(config))
    (tmp_path / WEIGHTS).touch()
    results = {"solved": 0.1, "puzzles": 9, "max_segments": 16, "scores": dict(report(polled, {}).figures)}
    (tmp_path / "results.json").write_text(json.dumps(results))
    row = as_measured(str(tmp_path))
    assert (row.solved, row.puzzles, row.attempts, str(row.kind)) == (2, 3, 2, "arc")


@pytest.mark.parametrize("results", [{}, {"solved": None, "puzzles": 3}, {"solved": 0.5, "puzzles": 0}])
def test_results_that_say_nothing_are_refused(results: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not say what was solved: measure it again"):
        as_measured(str(folder(tmp_path, results)))


def test_a_model_that_was_not_measured_says_how(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no results.json: measure it with 'hrm eval"):
        as_measured(str(folder(tmp_path, None)))
    with pytest.raises(InputError, match="there is no model at"):
        as_measured(str(tmp_path / "nowhere"))

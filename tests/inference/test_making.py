"""The package's small model answers first, and what it does not solve the stronger one takes over, honestly."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest

from hrm.inference.making import make_solver
from hrm.inference.solver import Solver
from hrm.puzzles.sudoku.rules import Layout
from hrm.store.folder import load_model

EASY = "530070000600195000098000060800060003400803001700020006060000280000419005000080079"
HARD = "..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9"


@pytest.fixture(scope="module")
def solver() -> Solver:
    return make_solver(load_model("sudoku"))


def test_what_the_first_model_solves_stays_its_own_and_the_rest_is_taken_over(solver: Solver) -> None:
    easy, hard = solver.solve([EASY, HARD])
    assert easy.solved
    assert easy.model is None
    assert (hard.index, hard.model) == (1, "sudoku-hard")
    assert 2 <= hard.attempts <= 33
    assert hard.spent > 64, "what the first model spent is counted"
    assert "model" not in easy.to_dict()
    assert hard.to_dict()["model"] == "sudoku-hard"
    assert hard.solved == solver.task.rules.are_solved(hard.inputs[None], hard.answer[None])[0]


@pytest.mark.parametrize("options", [{"attempts": 1}, {"halt": "q"}, {"max_segments": 8}, {"vary": "noise"}])
def test_who_wants_something_special_gets_the_one_model(options: dict[str, Any]) -> None:
    assert make_solver(load_model("sudoku"), **options).stronger is None


def test_other_models_have_none(tmp_path: object) -> None:
    assert make_solver(load_model("sudoku-hrm")).stronger is None
    assert make_solver(load_model("maze")).stronger is None


def test_a_deadline_is_kept(solver: Solver) -> None:
    (late,) = solver.solve([HARD], deadline=0.02)
    assert late.is_timed_out
    assert late.seconds < 5


def test_the_search_comes_after_both_and_after_a_deadline() -> None:
    (found,) = make_solver(load_model("sudoku"), exact=True).solve([HARD])
    assert found.solved
    assert found.search is None or found.model == "sudoku-hard"
    (late,) = make_solver(load_model("sudoku"), exact=True).solve([HARD], deadline=0.01)
    assert late.solved
    assert late.search is not None


def test_thoughts_are_those_of_the_puzzle_that_was_given(solver: Solver) -> None:
    seen: list[Any] = []
    solver.solve_examples(solver.parse([EASY, HARD]), seen.append)
    assert {thought.job.puzzle for thought in seen} == {0, 1}
    attempts = [thought.job.attempt for thought in seen if thought.job.puzzle == 1]
    assert attempts == sorted(attempts), "the second model's follow on"
    assert max(attempts) >= 1


def test_solved_is_never_said_of_a_board_that_breaks_the_rules(solver: Solver, shared: Path) -> None:
    with gzip.open(shared / "data" / "sudoku" / "test.csv.gz", "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    by_source: dict[str, list[str]] = {}
    for row in rows:
        by_source.setdefault(row["source"], []).append(row["question"])
    assert len(by_source) == 4
    questions = [question for found in by_source.values() for question in found[:3]]
    for question, solution in zip(questions, solver.solve(questions), strict=True):
        kept = all(
            given in (".", "0") or given == answer for given, answer in zip(question, solution.solution, strict=True)
        )
        units = [{solution.answer[cell] for cell in unit} for unit in Layout(size=9).units]
        assert solution.solved == (kept and all(unit == set(range(2, 11)) for unit in units))
        assert kept, "no given is ever changed"

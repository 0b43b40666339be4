"""Verdicts by the rules: what solves a puzzle, and what is wrong with puzzles and their answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.base import Searched
from hrm.puzzles.sudoku.backtracking import backtrack
from hrm.puzzles.sudoku.rules import Digits, Layout, are_complete
from hrm.puzzles.sudoku.solver import SEARCH_BUDGET, solve
from hrm.puzzles.sudoku.tokens import decode, encode


class SudokuRules:
    """``Rules`` of boards of one layout: the givens are kept, and every row, column and box has each digit once."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def are_solved(self, inputs: NDArray[np.integer], answers: NDArray[np.integer]) -> NDArray[np.bool_]:
        return are_sound(self.layout, np.maximum(decode(inputs), 0), decode(answers))

    def problems(self, inputs: NDArray[np.integer], labels: NDArray[np.integer]) -> list[str | None]:
        """No solution, several, or an answer that is not the one; None where all is well."""
        return find_problems(self.layout, decode(inputs), decode(labels))

    def related(self, num_cells: int) -> NDArray[np.bool_]:
        """Cells of one row, column or box."""
        units = self.layout.unit_of
        return np.asarray((units[:, :, None] == units[:, None, :]).any(0) & ~np.eye(num_cells, dtype=bool))

    def search(self, inputs: NDArray[np.integer], beliefs: NDArray[np.floating] | None) -> Searched:
        question = np.maximum(decode(inputs), 0).astype(np.uint8)
        of_digits = None if beliefs is None else beliefs[:, encode(np.arange(1, self.layout.size + 1, dtype=np.uint8))]
        found = backtrack(self.layout, question, of_digits)
        return found if found.answer is None else found._replace(answer=encode(found.answer))


def are_sound(layout: Layout, questions: NDArray[np.integer], answers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """True (N,) where the answer is a full grid by the rules that keeps the givens. (N, S) twice, any integers."""
    keeps_givens = ((questions == 0) | (questions == answers)).all(axis=1)
    return np.asarray(keeps_givens & are_complete(layout, answers))


def find_problems(
    layout: Layout,
    questions: NDArray[np.integer],
    answers: NDArray[np.integer],
    *,
    budget: int = SEARCH_BUDGET,
) -> list[str | None]:
    """The fault of each question (N, S), 0 for a blank, and its answer (N, S); None: nothing is wrong.

    Numbers that are neither a digit nor a blank are no error of ours: they are a problem of the puzzle.
    """
    readable = np.asarray(((questions >= 0) & (questions <= layout.size)).all(axis=1))
    boards: Digits = np.where(readable[:, None], questions, 0).astype(np.uint8)
    found = solve(layout, boards, limit=2, budget=budget)
    sound = are_sound(layout, questions, answers)
    is_other = (found.solutions[:, 0] != answers).any(axis=1)
    cases = [
        (~readable, "the question has cells that are neither a digit nor blank"),
        ((found.num_solutions == 0) & ~found.gave_up, "no solution"),
        ((found.num_solutions == 2) | (sound & is_other & (found.num_solutions == 1)), "several solutions"),
        (~sound, "the answer is not a solution"),
        (found.gave_up, "the search gave up: perhaps several solutions"),
    ]
    problems: list[str | None] = [None] * len(questions)
    for holds, words in reversed(cases):  # the first that holds counts
        for index in np.flatnonzero(holds):
            problems[index] = words
    return problems

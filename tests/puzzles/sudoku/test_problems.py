from __future__ import annotations

import numpy as np
import pytest

from hrm.puzzles.sudoku.generator import generate
from hrm.puzzles.sudoku.problems import are_sound, find_problems
from hrm.puzzles.sudoku.rules import Layout

NINE = Layout(size=9)


def board(text: str) -> np.ndarray:
    return np.array([int(symbol.replace(".", "0")) for symbol in text])


QUESTION = board("53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79")
ANSWER = board("534678912672195348198342567859761423426853791713924856961537284287419635345286179")


def problem(question: np.ndarray, answer: np.ndarray) -> str | None:
    (words,) = find_problems(NINE, question[None], answer[None])
    return words


def test_a_proper_puzzle_has_no_problem() -> None:
    assert problem(QUESTION, ANSWER) is None
    questions, answers = generate(20, seed=1)
    assert find_problems(NINE, questions, answers) == [None] * 20


def test_every_fault_has_its_words() -> None:
    exchanged = np.array([0, 2, 1, *range(3, 10)])[ANSWER]  # a full grid, but not of this question
    assert problem(QUESTION, exchanged) == "the answer is not a solution"
    assert problem(QUESTION, QUESTION) == "the answer is not a solution"
    wrong = ANSWER.copy()
    wrong[2] = 9
    assert problem(QUESTION, wrong) == "the answer is not a solution"
    assert problem(np.zeros(81, dtype=np.int64), ANSWER) == "several solutions"
    twice = QUESTION.copy()
    twice[2] = 5
    assert problem(twice, ANSWER) == "no solution"
    for strange in (-1, 10, -101):
        odd = QUESTION.copy()
        odd[2] = strange
        assert problem(odd, ANSWER) == "the question has cells that are neither a digit nor blank"
        assert problem(QUESTION, odd) == "the answer is not a solution"


def test_two_digits_that_can_be_exchanged_make_two_solutions() -> None:
    assert problem(np.where(ANSWER <= 2, 0, ANSWER), ANSWER) == "several solutions"


def test_a_search_that_gives_up_says_so() -> None:
    hard = board("8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..")
    solution = board("812753649943682175675491283154237896369845721287169534521974368438526917796318452")
    assert find_problems(NINE, hard[None], solution[None]) == [None]
    assert find_problems(NINE, hard[None], solution[None], budget=1) == [
        "the search gave up: perhaps several solutions"
    ]


@pytest.mark.parametrize("size", [4, 6, 16])
def test_other_sizes(size: int) -> None:
    questions, answers = generate(3, size=size, seed=1)
    layout = Layout(size=size)
    assert find_problems(layout, questions, answers) == [None] * 3
    assert find_problems(layout, questions, answers[::-1])[0] == "the answer is not a solution"
    assert are_sound(layout, questions, answers).all()

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.puzzles.sudoku.backtracking import backtrack
from hrm.puzzles.sudoku.generator import generate
from hrm.puzzles.sudoku.problems import SudokuRules, are_sound
from hrm.puzzles.sudoku.rules import Digits, Layout
from hrm.puzzles.sudoku.tokens import encode

NINE = Layout(size=9)
HARD = "98.7.....6...5.9....5....7.4......3...89..5......24..7.1..3......98..7.........21"


def digits(text: str) -> Digits:
    return np.array([0 if cell == "." else int(cell) for cell in text], dtype=np.uint8)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), size=st.sampled_from([4, 6, 9]), has_beliefs=st.booleans())
def test_whatever_is_believed_the_answer_is_right(seed: int, size: int, has_beliefs: bool) -> None:
    layout = Layout(size=size)
    (question,), (answer,) = generate(1, size=size, seed=seed)
    beliefs = np.random.default_rng(seed).normal(size=(size**2, size)) if has_beliefs else None
    assert (backtrack(layout, question, beliefs).answer == answer).all()


def test_beliefs_order_the_guesses_and_nothing_else() -> None:
    plain = backtrack(NINE, digits(HARD))
    assert plain.answer is not None
    assert are_sound(NINE, digits(HARD)[None], plain.answer[None])[0]
    knows = np.eye(9)[plain.answer - 1]
    right, wrong, equal = (backtrack(NINE, digits(HARD), sign * knows) for sign in (1.0, -1.0, 0.0))
    assert right.guesses < plain.guesses < wrong.guesses
    assert equal.guesses == plain.guesses, "equal beliefs are none"
    for found in (right, wrong):
        assert (found.answer == plain.answer).all()


def test_what_has_no_solution_or_takes_too_long_has_no_answer() -> None:
    impossible = digits("123......" + "..." + "456..." + "." * 63)
    impossible[18:21] = (7, 8, 0)  # nothing but 9 is left for the box's last cell, and
    impossible[26] = 9  # its row has one already
    found = backtrack(NINE, impossible)
    assert found.answer is None
    needed = backtrack(NINE, digits(HARD)).guesses
    assert backtrack(NINE, digits(HARD), most=needed // 2).answer is None
    assert backtrack(NINE, digits(HARD), most=needed + 1).answer is not None


def test_a_board_that_singles_solve_takes_no_guess() -> None:
    easy = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
    assert backtrack(NINE, digits(easy)).guesses == 0


def test_rules_search_in_tokens() -> None:
    rules = SudokuRules(NINE)
    plain = backtrack(NINE, digits(HARD))
    assert plain.answer is not None
    knows = np.zeros((81, 11))
    knows[np.arange(81), encode(plain.answer)] = 1.0
    found = rules.search(encode(digits(HARD)), knows)
    assert found.answer is not None
    assert rules.are_solved(encode(digits(HARD))[None], found.answer[None]) == [True]
    assert found.guesses < plain.guesses
    assert rules.search(encode(digits(HARD)), None).guesses == pytest.approx(plain.guesses)

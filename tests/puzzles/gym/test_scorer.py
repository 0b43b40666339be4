from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hrm.puzzles.base import is_solved, stopping_rules
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.scan import Limits, layout_of
from hrm.puzzles.gym.scorer import TOWER, EntryScorer, Scorer, is_harmless

ENTRIES = [Entry("Say 1 twice", "11", "{'n': (1, 2)}"), Entry("Say 2 twice", "22", "{'n': (2, 2)}")]
LAYOUT = layout_of(ENTRIES, Limits(20, 20))


class Library:
    """A data set whose scorer counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def score_answer(self, answer: str, entry: dict[str, Any]) -> float:
        self.asked += 1
        if answer == "2":
            raise ValueError("as scorers do")
        assert isinstance(entry["metadata"]["n"], tuple)
        return 1.0 if answer == entry["answer"] else 0.5


def test_the_scorer_is_found_by_the_question() -> None:
    library = Library()
    scorer = Scorer(LAYOUT, EntryScorer(lambda: library), lambda: ENTRIES)
    inputs = np.stack([LAYOUT.question(entry.question) for entry in ENTRIES])
    right = np.stack([np.maximum(0, LAYOUT.answer(entry.answer)) for entry in ENTRIES])
    assert scorer.are_solved(inputs, right).tolist() == [True, True]
    assert scorer.are_solved(inputs, right[::-1]).tolist() == [False, False], "a part of the score is not right"
    assert scorer.problems(inputs, right[::-1]) == ["not right for the scorer"] * 2
    assert scorer.problems(inputs, right) == [None, None]
    assert library.asked == 4, "asked once for each answer"
    assert scorer.scorer.score(ENTRIES[0], "2") == 0, "a scorer that fails"


def test_an_unknown_question_cannot_be_judged() -> None:
    at_hand = ENTRIES[:1]
    scorer = Scorer(LAYOUT, EntryScorer(Library), lambda: at_hand)
    inputs, right = LAYOUT.question(ENTRIES[1].question), np.maximum(0, LAYOUT.answer("22"))
    assert scorer.knows(inputs[None]).tolist() == [False]
    assert is_solved(scorer, inputs, right) is None
    assert scorer.problems(inputs[None], right[None]) == ["the scorer has no entry of it"]
    assert not scorer.are_solved(inputs[None], right[None]).any()
    at_hand.append(ENTRIES[1])
    assert is_solved(scorer, inputs, right) is True


def test_no_thinking_ends_by_it() -> None:
    assert stopping_rules(Scorer(LAYOUT, EntryScorer(Library), lambda: ENTRIES)) is None


@pytest.mark.parametrize("answer", ["9**9**9", "2^3^4", "9**(99999)", "1" * 40, "99!!", "9**9999999"])
def test_an_answer_that_takes_for_ever_is_wrong_unread(answer: str) -> None:
    library = Library()
    assert EntryScorer(lambda: library).score(ENTRIES[0], answer) == 0
    assert library.asked == 0


@pytest.mark.parametrize(
    "answer", ["-3*x**2 + 5*x**4", "x**4 - 9*x**3", "x**2*y**3", "2**3 × 5", "(1 + 2)*3", "7 20", "x^2 - 9999999"]
)
def test_usual_answers_are_read(answer: str) -> None:
    assert not TOWER.search(answer)


@pytest.mark.parametrize(
    "answer",
    [
        '__import__("os").system("touch x")',
        "().__class__",
        "exec(chr(49))",
        "[print][0](1)",
        "(print)(1)",
        "print (1)",
        "ｅｖａｌ(1)",
        "x.append(1)",
        "lambda x: x",
        "[x for x in y]",
        "'a'*9",
        'f"{1}"',
        "a:=1",
    ],
)
def test_a_program_is_no_answer(answer: str) -> None:
    library = Library()
    assert not is_harmless(answer)
    assert EntryScorer(lambda: library).score(ENTRIES[0], answer) == 0
    assert library.asked == 0


@pytest.mark.parametrize(
    "answer",
    ["(1 + 2)*3", "x**2 + 3*x*sin(x) - log(x)/2 + C", "1.5", "A knight. B knave.", "0 1\n1 0", "[[1, 2], [3, 4]]"],
)
def test_arithmetic_and_words_are(answer: str) -> None:
    assert is_harmless(answer)


def test_what_looks_like_a_program_is_right_where_it_is_the_answer() -> None:
    library = Library()
    entry = Entry("What does it say?", "print('a')", "{'n': (1, 2)}")
    assert EntryScorer(lambda: library).score(entry, entry.answer) == 1

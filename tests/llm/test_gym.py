from __future__ import annotations

import pytest

from hrm.llm.gym import judge_of, puzzle_digest
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.scorer import EntryScorer

ENTRY = Entry("What is 1 + 2?", "3", "{}")


class Library:
    """A data set whose scorer gives half a point to an answer that has the right one in it."""

    def score_answer(self, answer: str, entry: dict[str, str]) -> float:
        return 1.0 if answer == entry["answer"] else 0.5 if entry["answer"] in answer else 0.0


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        (" 3\n", "solved", "by the scorer"),
        ("It is 3", "wrong", "0.5 of 1"),
        ("4", "wrong", "0 of 1"),
        ("", "wrong", "0 of 1"),
        ("eval('1 + 2')", "malformed", "the scorer is not given it"),  # which its source would run
        ("3" * 30_000, "malformed", "the scorer is not given it"),
    ],
)
def test_an_answer_is_judged_by_the_library(text: str, kind: str, why: str) -> None:
    verdict = judge_of(EntryScorer(Library), ENTRY)(text)
    assert verdict.kind == kind
    assert why in verdict.why
    assert verdict.answer == text.strip()


def test_a_question_has_a_name_of_its_own() -> None:
    assert (
        puzzle_digest(ENTRY) == puzzle_digest(ENTRY._replace(answer="4")) != puzzle_digest(ENTRY._replace(question=""))
    )

from __future__ import annotations

import pytest

from hrm.llm.gym import judge_of, puzzle_digest
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.scorer import EntryScorer
from hrm.tasks.gym_entries import GymEntries

ENTRY = Entry("What is 1 + 2?", "3", "{}")


class Library:
    """A data set whose scorer gives half a point to an answer that has the right one in it."""

    def score_answer(self, answer: str, entry: dict[str, str]) -> float:
        return 1.0 if answer == entry["answer"] else 0.5 if entry["answer"] in answer else 0.0


def made_here() -> GymEntries:
    """Entries of a data set of one question."""
    entries = GymEntries("none", {}, library="0", data_seed=0, num_train=1, num_test=1)
    entries.test, entries.scorer = [ENTRY], EntryScorer(Library)
    return entries


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
    verdict = judge_of(made_here(), ENTRY.question, "whatever a log says")(text)
    assert verdict.kind == kind
    assert why in verdict.why
    assert verdict.answer == text.strip()


def test_a_question_has_a_name_of_its_own() -> None:
    assert (
        puzzle_digest(ENTRY) == puzzle_digest(ENTRY._replace(answer="4")) != puzzle_digest(ENTRY._replace(question=""))
    )


@pytest.mark.parametrize("label", ["3", "eval('1 + 2')"])
def test_what_a_log_alone_says_is_compared_and_never_given_to_a_scorer(label: str) -> None:
    """Some scorers run the entry's own answer; a question that the library does not make here may be anybody's."""
    entries = made_here()
    entries.scorer = EntryScorer(lambda: pytest.fail("a scorer was asked"))
    judge = judge_of(entries, "Another question?", label)
    assert judge(label).kind == "solved"
    assert judge("4").kind == "wrong"

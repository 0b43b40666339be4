"""Questions of reasoning-gym: the library's own words, judged by the library's own scorer. They need no positions of
ours, so any data set can be asked, those that a model of ours cannot be trained on too."""

from __future__ import annotations

from hashlib import blake2b

from hrm.llm.verdict import Ending, Judge, Verdict
from hrm.puzzles.gym.entries import Entry
from hrm.tasks.gym_entries import GymEntries

RULE = "Answer a question."
FORM = (
    "Think for as long as you like. Then write the answer, in the form that the question asks for, between <answer> "
    "and </answer>, nothing else. Only what stands there counts."
)


def puzzle_digest(entry: Entry) -> str:
    """A short name of a question."""
    return blake2b(entry.question.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def judge_of(entries: GymEntries, question: str, label: str) -> Judge:
    """The judge of answers to a question. Of its entry, which some scorers run as a program, none but the one that the
    library makes here is used: a log may be anybody's. Where it makes none, answers are compared with ``label``."""
    entry = next((entry for entry in entries.test if entry.question == question), None)

    def judge(text: str) -> Verdict:
        answer = text.strip()
        if entry is None:
            ending: Ending = "solved" if answer == label else "wrong"
            return Verdict(
                ending, "compared with the answer of the log: the library here makes no such question", answer
            )
        score = entries.scorer.score(entry, answer)
        if entries.scorer.is_right(entry, answer):
            return Verdict("solved", "by the scorer of reasoning-gym", answer)
        if entries.scorer.refuses(entry, answer):
            return Verdict("malformed", "a program, or without end: the scorer is not given it", answer)
        return Verdict("wrong", f"the scorer gives it {score:.2g} of 1", answer)

    return judge

"""Questions of reasoning-gym: the library's own words, judged by the library's own scorer. They need no positions of
ours, so any data set can be asked, those that a model of ours cannot be trained on too."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

from hrm.llm.verdict import Judge, Verdict
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.scorer import EntryScorer
from hrm.tasks.gym import GymConfig, entries_of

RULE = "Answer a question."
FORM = (
    "Think for as long as you like. Then write the answer, in the form that the question asks for, between <answer> "
    "and </answer>, nothing else. Only what stands there counts."
)


def puzzle_digest(entry: Entry) -> str:
    """A short name of a question."""
    return blake2b(entry.question.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@cache
def scorer_of(dataset: str, options: tuple[str, ...]) -> EntryScorer:
    """The scorer of a data set. Raises ``InputError``."""
    return entries_of(GymConfig(dataset=dataset, options=options)).scorer


def judge_of(scorer: EntryScorer, entry: Entry) -> Judge:
    """The judge of answers to the question of ``entry``."""

    def judge(text: str) -> Verdict:
        answer = text.strip()
        score = scorer.score(entry, answer)
        if scorer.is_right(entry, answer):
            return Verdict("solved", "by the scorer of reasoning-gym", answer)
        if scorer.refuses(entry, answer):
            return Verdict("malformed", "a program, or without end: the scorer is not given it", answer)
        return Verdict("wrong", f"the scorer gives it {score:.2g} of 1", answer)

    return judge

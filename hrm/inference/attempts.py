"""Several attempts at one puzzle, and which of their answers to give. No label is ever looked at."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.inference.options import DEFAULT_ATTEMPTS, AttemptsConfig, Choose
from hrm.inference.queue import Job, Thought
from hrm.puzzles.base import Example, is_solved, stopping_rules
from hrm.puzzles.symmetry import Symmetry
from hrm.tasks.base import Task


def settled_for(config: AttemptsConfig, task: Task) -> AttemptsConfig:
    """``config`` with nothing left open. Raises ``InputError`` for what this task cannot serve."""
    has_rules = stopping_rules(task.rules) is not None
    attempts = config.attempts or (DEFAULT_ATTEMPTS if has_rules else 1)
    choose: Choose = config.choose or ("verify" if has_rules else "vote")
    if attempts > 1 and choose == "verify" and not has_rules:
        raise InputError("this task has no rules by which an answer could be verified: choose by vote, or q")
    if attempts > 1 and config.vary == "symmetry":
        if task.spec.num_puzzles > 1:  # a symmetry of a puzzle that has an id is a puzzle with an id of its own
            raise InputError(
                "attempts at puzzles that are told apart by ids are votes over their variants: use hrm eval"
            )
        if task.symmetries is None:
            raise InputError("these puzzles have no known symmetries under which to try again: vary attempts by noise")
    return replace(config, attempts=attempts, choose=choose)


class Attempt(NamedTuple):
    """One attempt that has ended."""

    answer: NDArray[np.int64]  # (S,) in the puzzle's own terms: symmetries undone
    segments: int
    certainty: float
    residual: float
    solved: bool | None  # by the rules; None where there are none


class Attempts:
    """All attempts at all puzzles: hands out jobs, takes answers back, knows when a puzzle is settled. A ``Source``.

    Where an answer may end the trying (verification, a budget) attempts at a puzzle follow one another, so that what
    is spent does not depend on how many slots are free; otherwise they go on side by side.
    """

    def __init__(self, task: Task, config: AttemptsConfig, examples: Sequence[Example], num_models: int = 1) -> None:
        self.task, self.config, self.examples = task, settled_for(config, task), examples
        self.num_attempts, self.choose = self.config.attempts or 1, self.config.choose or "vote"
        self.ended: list[list[Attempt]] = [[] for _ in examples]
        self.follow_one_another = self.choose == "verify" or self.config.budget is not None
        self.running: list[dict[int, Attempt]] = [{} for _ in examples]  # attempt -> as it stands
        self.begun = [0] * len(examples)  # attempts
        self.spent = [0] * len(examples)  # segments
        self.seconds = [0.0] * len(examples)  # in which an attempt was in a slot
        self._closed: set[int] = set()
        self.num_models = num_models
        self.waiting: deque[tuple[int, int]] = deque()
        self._undo: dict[tuple[int, int], Symmetry] = {}

    def begin(self, model: int = 0) -> None:
        """The attempts for checkpoint number ``model``, lined up: everyone's first one before any second."""
        turns = range(model, self.num_attempts, self.num_models)
        if self.follow_one_another:
            turns = turns[:1]
        self.waiting = deque((puzzle, attempt) for attempt in turns for puzzle in range(len(self.examples)))

    def next_job(self) -> Job | None:
        """The next attempt at a puzzle that is not settled."""
        while self.waiting:
            puzzle, attempt = self.waiting.popleft()
            if not self._is_settled(puzzle):
                self.begun[puzzle] += 1
                return self._job(puzzle, attempt)
        return None

    def is_done(self, puzzle: int) -> bool:
        """True when no attempt at this puzzle is under way or still to begin."""
        is_waiting = self.begun[puzzle] < self.num_attempts and not self._is_settled(puzzle)
        return not is_waiting and len(self.ended[puzzle]) == self.begun[puzzle]

    def take(self, thought: Thought) -> None:
        """Note what has become of an attempt."""
        job = thought.job
        undo = self._undo.get((job.puzzle, job.attempt))
        answer = thought.answer if undo is None else undo.apply(thought.answer[None])[0]
        self.running[job.puzzle][job.attempt] = Attempt(
            answer, thought.segment, thought.certainty, thought.residual, None
        )
        self.spent[job.puzzle] += 1
        if not thought.halted:
            return
        ended = self.running[job.puzzle].pop(job.attempt)
        ended = ended._replace(answer=ended.answer.copy())  # a row of all slots: it would keep the others in memory
        self.ended[job.puzzle].append(self._checked(job.puzzle, ended))
        self._undo.pop((job.puzzle, job.attempt), None)
        following = job.attempt + self.num_models
        if self.follow_one_another and following < self.num_attempts:
            self.waiting.append((job.puzzle, following))

    def close(self, puzzle: int) -> None:
        """The end of a puzzle that is answered: what its attempts gave is let go of."""
        self._closed.add(puzzle)
        self.ended[puzzle].clear()
        self.running[puzzle].clear()

    def chosen(self, puzzle: int) -> Attempt | None:
        """The attempt whose answer to give, of those that have ended and those under way; None before the first
        segment."""
        running = [self._checked(puzzle, attempt) for attempt in self.running[puzzle].values()]
        attempts = self.ended[puzzle] + running
        return attempts[CHOICES[self.choose](attempts)] if attempts else None

    def _checked(self, puzzle: int, attempt: Attempt) -> Attempt:
        """The attempt with its verdict by the rules, where there are any."""
        return attempt._replace(solved=is_solved(self.task.rules, self.examples[puzzle].inputs, attempt.answer))

    def _is_verified(self, puzzle: int) -> bool:
        return self.choose == "verify" and any(attempt.solved for attempt in self.ended[puzzle])

    def _is_settled(self, puzzle: int) -> bool:
        """True when no further attempt at this puzzle may begin."""
        is_spent = self.config.budget is not None and self.spent[puzzle] >= self.config.budget
        return puzzle in self._closed or is_spent or self._is_verified(puzzle)

    def _job(self, puzzle: int, attempt: int) -> Job:
        example, vary = self.examples[puzzle], self.config.vary
        inputs = example.inputs
        seed = (self.config.attempt_seed, attempt, zlib.crc32(inputs.tobytes()))
        job = Job(puzzle, attempt, inputs, example.puzzle_id, seed=seed)
        if attempt == 0 or vary == "checkpoints":
            return job
        if vary == "noise":
            return job._replace(noise=self.config.noise)
        if vary in ("starts", "decisions"):
            return job._replace(has_drawn_start=True)
        assert self.task.symmetries is not None, "settled_for has asked"
        drawn = self.task.symmetries.draw(1, np.random.default_rng(seed))
        self._undo[puzzle, attempt] = drawn.inverse()
        return job._replace(inputs=drawn.apply(inputs[None])[0])


def by_vote(attempts: Sequence[Attempt]) -> int:
    """The most frequent answer; of equally frequent ones that with the higher mean q; of its attempts the surest."""
    groups: dict[bytes, list[int]] = {}  # equal answers -> their attempts
    for index, attempt in enumerate(attempts):
        groups.setdefault(attempt.answer.tobytes(), []).append(index)

    def worth(group: list[int]) -> tuple[int, float]:
        return len(group), sum(attempts[i].certainty for i in group) / len(group)

    most_frequent = max(groups.values(), key=worth)
    return max(most_frequent, key=lambda i: attempts[i].certainty)


def by_q(attempts: Sequence[Attempt]) -> int:
    """The answer the model is surest of."""
    return max(range(len(attempts)), key=lambda i: attempts[i].certainty)


def by_residual(attempts: Sequence[Attempt]) -> int:
    """The answer whose state moved least in its last segment."""
    return min(range(len(attempts)), key=lambda i: attempts[i].residual)


def by_rules(attempts: Sequence[Attempt]) -> int:
    """The first answer that obeys the rules, else the one the model is surest of."""
    return next((i for i, attempt in enumerate(attempts) if attempt.solved), by_q(attempts))


CHOICES: dict[Choose, Callable[[Sequence[Attempt]], int]] = {
    "vote": by_vote,
    "q": by_q,
    "residual": by_residual,
    "verify": by_rules,
}

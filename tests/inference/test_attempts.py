from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.inference.attempts import Attempt, Attempts, by_q, by_residual, by_rules, by_vote, settled_for
from hrm.inference.options import AttemptsConfig
from hrm.inference.queue import Job, Thought
from hrm.puzzles.base import AnswerKey, Example, is_solved, stopping_rules
from hrm.puzzles.sudoku.problems import SudokuRules
from hrm.tasks.sudoku import SudokuConfig

TASK = SudokuConfig(size=4).build()
SOLUTION = np.array([int(c) + 1 for c in "1234341221434321"])
PUZZLE = np.where(np.arange(16) % 3 == 0, 1, SOLUTION)
WRONG = np.where(np.arange(16) == 3, 1, SOLUTION)


def attempt(answer: int, q: float, residual: float = 0.0, solved: bool | None = False) -> Attempt:
    return Attempt(np.array([answer]), 1, q, residual, solved)


def thought(job: Job, answer: np.ndarray, halted: bool = True) -> Thought:
    return Thought(job, 1, answer, 0.5, 0.1, halted, 0.0)


def test_the_vote_is_by_count_then_by_mean_q() -> None:
    assert by_vote([attempt(1, 0.9), attempt(2, 0.2), attempt(2, 0.3)]) == 2
    assert by_vote([attempt(1, 0.9), attempt(2, 0.2)]) == 0
    assert by_vote([attempt(1, 0.1), attempt(1, 0.3), attempt(2, 0.9), attempt(2, 0.0)]) == 2


def test_the_other_choices() -> None:
    tries = [attempt(1, 0.2, 0.3), attempt(2, 0.9, 0.2), attempt(3, 0.5, 0.1, True)]
    assert (by_q(tries), by_residual(tries), by_rules(tries)) == (1, 2, 2)
    assert by_rules(tries[:2]) == 1


class Key(SudokuRules):
    """Rules that are an answer key: of puzzles whose first cell is blank."""

    def knows(self, inputs: NDArray[np.integer]) -> NDArray[np.bool_]:
        return np.asarray(inputs[:, 0] == 1)


def test_by_an_answer_key_no_attempt_is_chosen_and_what_it_does_not_know_it_does_not_judge() -> None:
    task = SudokuConfig(size=4).build()
    task.rules = key = Key(task.layout)
    assert isinstance(key, AnswerKey)
    assert not isinstance(TASK.rules, AnswerKey)
    assert (stopping_rules(key), stopping_rules(TASK.rules)) == (None, TASK.rules)
    assert settled_for(AttemptsConfig(), TASK).choose == "verify"
    settled = settled_for(AttemptsConfig(), task)
    assert (settled.attempts, settled.choose) == (1, "vote")
    with pytest.raises(InputError, match="no rules by which an answer could be verified"):
        settled_for(AttemptsConfig(attempts=2, choose="verify"), task)
    assert is_solved(key, PUZZLE, SOLUTION) is True
    assert is_solved(key, PUZZLE, WRONG) is False
    assert is_solved(key, SOLUTION, SOLUTION) is None


def test_everyones_first_attempt_is_the_plain_one_and_comes_first() -> None:
    tries = Attempts(TASK, AttemptsConfig(attempts=3, choose="vote"), [Example(PUZZLE, None), Example(WRONG, None)])
    tries.begin()
    jobs = []
    while (job := tries.next_job()) is not None:
        jobs.append(job)
    assert [(j.puzzle, j.attempt) for j in jobs] == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]
    assert (jobs[0].inputs == PUZZLE).all()
    assert not (jobs[2].inputs == PUZZLE).all()


def test_symmetries_are_undone_in_the_answer() -> None:
    tries = Attempts(TASK, AttemptsConfig(attempts=2, choose="vote"), [Example(SOLUTION, None)])
    tries.begin()
    tries.next_job()
    second = tries.next_job()
    assert second is not None
    tries.take(thought(second, second.inputs))  # a model that copies a full board
    (ended,) = tries.ended[0]
    assert (ended.answer == SOLUTION).all()
    assert ended.solved


def test_verification_tries_again_after_each_failure_and_stops_at_the_first_success() -> None:
    tries = Attempts(TASK, AttemptsConfig(attempts=3, vary="noise"), [Example(PUZZLE, None)] * 2)
    tries.begin()
    first, other = tries.next_job(), tries.next_job()
    assert first is not None
    assert other is not None
    assert tries.next_job() is None, "the second attempt waits for the first"
    tries.take(thought(first, WRONG))
    assert not tries.is_done(0)
    second = tries.next_job()
    assert second is not None
    assert (second.puzzle, second.attempt, second.noise) == (0, 1, 0.3)
    tries.take(thought(second, SOLUTION))
    assert tries.is_done(0)
    assert tries.next_job() is None
    chosen = tries.chosen(0)
    assert chosen is not None
    assert (chosen.answer == SOLUTION).all()
    assert not tries.is_done(1)


def test_no_attempt_begins_beyond_the_budget_however_many_slots_are_free() -> None:
    tries = Attempts(TASK, AttemptsConfig(attempts=9, choose="q", budget=4), [Example(PUZZLE, None)])
    tries.begin()
    for _ in range(2):
        job = tries.next_job()
        assert job is not None
        assert tries.next_job() is None
        tries.take(thought(job, WRONG, halted=False))
        tries.take(thought(job, WRONG))
    assert tries.next_job() is None
    assert tries.is_done(0)
    assert (tries.begun[0], tries.spent[0]) == (2, 4)


def test_an_attempt_under_way_counts_for_the_best_answer_so_far() -> None:
    tries = Attempts(TASK, AttemptsConfig(attempts=2), [Example(PUZZLE, None)])
    tries.begin()
    assert tries.chosen(0) is None
    first = tries.next_job()
    assert first is not None
    tries.take(thought(first, WRONG))
    second = tries.next_job()
    assert second is not None
    undone = tries._undo[0, 1].inverse().apply(SOLUTION[None])[0]
    tries.take(thought(second, undone, halted=False))
    chosen = tries.chosen(0)
    assert chosen is not None
    assert chosen.solved


def test_what_a_puzzle_draws_does_not_depend_on_its_place() -> None:
    alone = Attempts(TASK, AttemptsConfig(attempts=2, choose="q"), [Example(PUZZLE, None)])
    beside = Attempts(TASK, AttemptsConfig(attempts=2, choose="q"), [Example(SOLUTION, None), Example(PUZZLE, None)])
    drawn = []
    for tries in (alone, beside):
        tries.begin()
        jobs = list(iter(tries.next_job, None))
        assert [job.attempt for job in jobs] == [0] * len(tries.examples) + [1] * len(tries.examples)
        drawn.append(jobs[-1].inputs)
    assert (drawn[0] == drawn[1]).all()

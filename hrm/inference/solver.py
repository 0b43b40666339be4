"""Solving: puzzles wait in a queue, each is thought about until it halts, perhaps several times, and answered once."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.inference.attempts import Attempt, Attempts, settled_for
from hrm.inference.lock import lock_of
from hrm.inference.options import AttemptsConfig, HaltPolicy, Vary, check_deadline, check_slots
from hrm.inference.queue import WORTH_CARRYING, Queue, Thought, Usage
from hrm.inference.ready import ready
from hrm.inference.search import finish
from hrm.inference.solution import Solution
from hrm.inference.trace import Step, trace
from hrm.models.base import Reasoner
from hrm.puzzles.base import Example, in_words, required, searchable, stopping_rules
from hrm.runtime import Runtime, RuntimeConfig, resolve
from hrm.store.folder import LoadedModel, load_model
from hrm.store.locate import list_checkpoints, run_of
from hrm.tasks.base import Task, required_text

LONGER = 4
"""Multiple of the segments of training for which a puzzle is thought about at most, unless told otherwise. Chosen by
hand: four times 16 segments solve 91.7 % in place of 89.5 (benchmarks/solve-sudoku-demo-xeon-amx-2026-11.md)."""

Puzzles = str | Sequence[Any] | NDArray[Any]
"""A puzzle, or several: what ``Solver.solve`` takes."""


class Solver:
    """A model that answers. Made by ``hrm.load``; give it one puzzle or many. Calls from several threads take turns.

    It thinks with a twin of the model: hooks of the model do not fire in it.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        policy: HaltPolicy,
        attempts: AttemptsConfig,
        *,
        num_slots: int = 64,  # chosen by hand: speed and memory depend on it
        runtime: Runtime | None = None,
        exact: bool = False,
        stronger: Callable[[], tuple[str, Solver]] | None = None,
    ) -> None:
        """exact: what the model has not solved is finished by a search (search.py). stronger: makes the solver, and
        tells its model's name, that takes over what this one does not solve. ``InputError`` for what the task cannot
        serve."""
        self.task: Task = loaded.task
        self.policy, self.attempts = policy, settled_for(attempts, self.task)
        self.searchable = searchable(self.task.rules) if exact else None
        self.stronger = stronger
        check_slots(num_slots)
        if runtime is not None and not isinstance(runtime, Runtime):
            raise InputError(
                f"runtime is {runtime!r}: give hrm.runtime.resolve(RuntimeConfig(device=...)), or leave it out"
            )
        self.num_slots = num_slots
        self.runtime = runtime or resolve(RuntimeConfig(), solving=True)
        if policy.rule == "rules" and stopping_rules(self.task.rules) is None:
            raise InputError("this task has no rules by which an answer could be checked: halt by q, or fixed")
        several = self.attempts.attempts != 1
        if several:
            _require_possible(self.attempts.vary, loaded.model)
        self.models = [loaded.model]
        if several and self.attempts.vary == "checkpoints":
            others = [folder for folder in reversed(list_checkpoints(run_of(loaded))) if folder != loaded.path]
            self.models += [load_model(folder).model for folder in others]
            if len(self.models) < 2:
                raise InputError(f"{loaded.path} is not a run with several checkpoints: vary attempts in another way")
            most = min(self.attempts.attempts or 1, len(self.models))  # a checkpoint gives the same answer every time
            self.attempts = replace(self.attempts, attempts=most)
        plain = self.runtime._replace(compile=False, capture=False)
        self.plain = [ready(model, plain) for model in self.models]
        self.models = [ready(model, self.runtime) for model in self.models]
        has_random_starts = loaded.config["model"].get("random_start", False)
        if several and self.attempts.choose == "residual" and not has_random_starts:
            warnings.warn(
                "the residual tells right from wrong only in models trained with random starts (EqR, arXiv "
                "2605.21488), and this one was not: vote and q are safer",
                stacklevel=3,
            )
        self.usage = Usage()
        self._lock = lock_of(loaded.model)

    def solve(self, puzzles: Puzzles, *, deadline: float | None = None) -> list[Solution]:
        """The answers to puzzles as a person writes them, in the order of the puzzles.

        puzzles: one puzzle or a list of them. A puzzle is a text (a line, a board), its rows (lists, texts, an array
        (9, 9)), or all its cells (a list, an array (81,)); several may be one array (N, 81) or (N, 9, 9). 0 is a blank
        cell of a Sudoku. deadline: seconds after which every puzzle gets its best answer so far. Raises ``InputError``
        for anything that is not a puzzle of this model's task, a number with the cells as its digits among them.
        """
        return self.solve_examples(self.parse(puzzles), deadline=deadline)

    def stream(self, puzzles: Puzzles, *, deadline: float | None = None) -> Iterator[Solution]:
        """The same, each answer as soon as it is there; ``index`` says to which puzzle."""
        return self.stream_examples(self.parse(puzzles), deadline=deadline)

    def solve_examples(
        self,
        examples: Sequence[Example],
        on_thought: Callable[[Thought], None] = lambda thought: None,
        *,
        deadline: float | None = None,
    ) -> list[Solution]:
        """The answers to puzzles that are parsed already; ``on_thought`` is shown every segment of every attempt."""
        solutions = self.stream_examples(examples, on_thought, deadline=deadline)
        return sorted(solutions, key=lambda solution: solution.index)

    def stream_examples(
        self,
        examples: Sequence[Example],
        on_thought: Callable[[Thought], None] = lambda thought: None,
        *,
        deadline: float | None = None,
    ) -> Iterator[Solution]:
        """``stream`` of puzzles that are parsed already. Holds the model until it ends or is closed."""
        check_deadline(deadline)
        return self._stream(examples, on_thought, deadline)

    def _stream(
        self, examples: Sequence[Example], on_thought: Callable[[Thought], None], deadline: float | None
    ) -> Iterator[Solution]:
        start = time.perf_counter()
        handed_on = []
        for solution in self._own(examples, on_thought, deadline, start):
            if self.stronger is None or solution.solved or solution.is_timed_out:
                yield self._finished(solution)
            else:
                handed_on.append(solution)
        if handed_on:
            yield from self._taken_over(handed_on, examples, on_thought, deadline, start)

    def _taken_over(
        self,
        solutions: Sequence[Solution],
        examples: Sequence[Example],
        on_thought: Callable[[Thought], None],
        deadline: float | None,
        start: float,
    ) -> Iterator[Solution]:
        """The answers of the stronger model to what this one has not solved."""
        assert self.stronger is not None
        name, other = self.stronger()

        def pass_on(thought: Thought) -> None:
            before, job = solutions[thought.job.puzzle], thought.job
            job = job._replace(puzzle=before.index, attempt=job.attempt + before.attempts)
            on_thought(thought._replace(job=job))

        left = None if deadline is None else max(1e-9, deadline - (time.perf_counter() - start))
        for found in other.stream_examples([examples[s.index] for s in solutions], pass_on, deadline=left):
            before = solutions[found.index]
            if found.attempts == 0:  # the deadline came first
                yield self._finished(replace(before, is_timed_out=True))
                continue
            together = replace(
                found,
                index=before.index,
                seconds=before.seconds + found.seconds,
                attempts=before.attempts + found.attempts,
                spent=before.spent + found.spent,
                model=name,
            )
            yield self._finished(together)

    def _own(
        self,
        examples: Sequence[Example],
        on_thought: Callable[[Thought], None],
        deadline: float | None,
        start: float,
    ) -> Iterator[Solution]:
        """The answers of this model alone."""
        tries = Attempts(self.task, self.attempts, examples, len(self.models))
        still_open = set(range(len(examples)))
        is_over = False
        with self._lock.held(deadline) as is_ours:
            thoughts_of_all = self._think(tries) if is_ours else iter(())
            before = time.perf_counter()
            for thoughts in thoughts_of_all:
                in_slots, took = {thought.job.puzzle for thought in thoughts}, time.perf_counter() - before
                for puzzle in in_slots:
                    tries.seconds[puzzle] += took
                for thought in thoughts:
                    on_thought(thought)
                    tries.take(thought)
                settled = {i for i in in_slots & still_open if tries.is_done(i)}
                still_open -= settled
                for puzzle in sorted(settled):
                    yield self._solution(puzzle, tries, is_timed_out=False)
                before = time.perf_counter()  # what the reader did with an answer is nobody's time
                is_over = deadline is not None and time.perf_counter() - start >= deadline
                if is_over:
                    break
        for puzzle in sorted(still_open):
            yield self._solution(puzzle, tries, is_timed_out=is_over or not is_ours)

    def _think(self, tries: Attempts) -> Iterator[list[Thought]]:
        """The segments of all attempts, checkpoint by checkpoint."""
        for number, model in enumerate(self.models):
            tries.begin(number)
            queue = self._queue(model, self.plain[number], len(tries.waiting))
            yield from queue.think(tries, self.task.spec.seq_len)

    def trace(self, puzzle: str | Example, *, inner: bool = False) -> Iterator[Step]:
        """One plain attempt at a puzzle: a ``Step`` after every segment, with ``inner`` after every update, too."""
        example = self.parse(puzzle)[0] if isinstance(puzzle, str) else puzzle
        with self._lock.held(None):
            yield from trace(self.plain[0], self.task, self.runtime, self.policy, example, inner=inner)

    def text(self, inputs: NDArray[np.int64], answer: NDArray[np.int64] | None = None) -> str:
        """The puzzle (S,), or with an answer (S,) that: one line of symbols, or the words of its kind."""
        line = "".join(self.task.spec.symbols[token] for token in (inputs if answer is None else answer))
        return line if (words := in_words(self.task.text, inputs, answer)) is None else words

    def parse(self, puzzles: Puzzles) -> list[Example]:
        """Puzzles as a person writes them (``solve``), in the tokens of the task. Raises ``InputError``."""
        text_of = required_text(self.task)
        return [text_of.parse(puzzles)] if isinstance(puzzles, str) else required(text_of.parse_values(puzzles))

    def _queue(self, model: Reasoner, plain: Reasoner, num_jobs: int) -> Queue:
        is_fused = (self.runtime.compile or self.runtime.capture) and num_jobs >= WORTH_CARRYING * self.num_slots
        num_slots = self.num_slots if is_fused else max(1, min(self.num_slots, num_jobs))
        models = (model, plain) if is_fused else (plain, None)
        queue = Queue(models[0], self.runtime, self.policy, num_slots, self.task.rules, models[1])
        queue.usage = self.usage
        return queue

    def _solution(self, puzzle: int, tries: Attempts, *, is_timed_out: bool) -> Solution:
        """The answer of a puzzle that is over, whose attempts are let go of."""
        inputs = tries.examples[puzzle].inputs
        nothing = Attempt(inputs, 0, 0.0, 0.0, None if stopping_rules(self.task.rules) is None else False)
        chosen = tries.chosen(puzzle) or nothing
        tries.close(puzzle)
        return Solution(
            index=puzzle,
            puzzle=self.text(inputs),
            solution=self.text(inputs, chosen.answer),
            solved=chosen.solved,
            segments=chosen.segments,
            certainty=chosen.certainty,
            seconds=tries.seconds[puzzle],
            attempts=tries.begun[puzzle],
            spent=tries.spent[puzzle],
            is_timed_out=is_timed_out,
            inputs=inputs,
            answer=chosen.answer,
            render=self.task.render,
        )

    def _finished(self, solution: Solution) -> Solution:
        """``solution``, with the answer of a search where that is wanted and the model has none that is right."""
        if self.searchable is None or solution.solved:
            return solution
        start = time.perf_counter()
        segments = max(1, self.policy.max_segments // LONGER)
        answer, search = finish(self.searchable, self.plain[0], self.runtime, solution.inputs, segments)
        solution = replace(solution, search=search, seconds=solution.seconds + time.perf_counter() - start)
        if answer is None:
            return solution
        return replace(solution, answer=answer, solution=self.text(solution.inputs, answer), solved=True)


def _require_possible(vary: Vary, model: Reasoner) -> None:
    """``InputError`` for attempts that would not differ, or not sensibly, with this model."""
    if vary == "decisions" and not model.guesses:
        raise InputError("this model makes no guesses: vary attempts by symmetry, noise, starts or checkpoints")
    if vary in ("noise", "starts") and model.guesses:
        raise InputError(f"this model has no latent state to vary by {vary}: vary attempts by decisions or symmetry")

"""A queue behind the slots: what waits takes the place of what has halted, so that no slot is idle for long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrm.inference.options import HaltPolicy
from hrm.inference.policy import Seen, halts
from hrm.models.base import Carry, Reasoner, standard_normal
from hrm.puzzles.base import Rules
from hrm.runtime import Runtime
from hrm.segments.slots import Slots, empty_slots, refill, take_rows
from hrm.types import IGNORE_LABEL, Batch

TOLERATED_IDLE = 0.05
"""Share of the slots that may be carried along empty before those that think move together. Chosen by hand: with less
they move more often, with more they carry more."""


WORTH_CARRYING = 0.7
"""Share of busy slots below which a fused model gives way to the plain one, which can do with fewer slots: what they do
a second differs by as much (docs/log.md, 2026-11-26)."""


class Job(NamedTuple):
    """One attempt at one puzzle, as the model will see it."""

    puzzle: int  # which of the puzzles
    attempt: int  # counted from 0
    inputs: NDArray[np.int64]  # (S,)
    puzzle_id: int = 0
    noise: float = 0.0  # standard deviation of what is added to the state before every segment
    has_drawn_start: bool = False  # ``Reasoner.drawn_start``
    seed: tuple[int, ...] = ()  # of noise and start; of this job alone, so that its neighbours do not matter


class Thought(NamedTuple):
    """A job after one more segment."""

    job: Job
    segment: int  # counted from 1
    answer: NDArray[np.int64]  # (S,)
    certainty: float  # probability that the model gives to being right
    residual: float  # how far the state moved, as a share of its size
    halted: bool
    seconds: float  # since the job took its slot


class Source(Protocol):
    """The place that jobs come from."""

    def next_job(self) -> Job | None:
        """The next job; None when there is none just now. Asked again after every segment."""
        ...


class Usage:
    """The expense of a queue: rows of segments that thought, and rows that were carried along idle."""

    def __init__(self) -> None:
        self.busy = 0
        self.idle = 0

    @property
    def idle_share(self) -> float:
        return self.idle / max(1, self.busy + self.idle)


class _Seat(NamedTuple):
    """The host's knowledge of a slot that is taken."""

    job: Job
    since: float
    rng: np.random.Generator | None  # for a job with noise or a random start


class _State(NamedTuple):
    """The device's knowledge of all slots."""

    slots: Slots
    answers: Tensor  # (B, S) after the last segment
    unchanged: Tensor  # (B,) int64, see ``Seen``


class Queue:
    """A queue of jobs that ``num_slots`` slots of ``model`` think about until there are no more.

    Shapes stay as they are while jobs wait. When none does and more than ``TOLERATED_IDLE`` of the slots are free, the
    rest move together into as many as they need. To a compiled model every shape is a new one: below
    ``WORTH_CARRYING`` the plain one takes over.
    """

    def __init__(
        self,
        model: Reasoner,
        runtime: Runtime,
        policy: HaltPolicy,
        num_slots: int,
        rules: Rules | None,
        plain: Reasoner | None = None,
    ) -> None:
        """rules: of the puzzles; None where there are none. plain: the same model, not compiled, where ``model`` is."""
        assert rules is not None or policy.rule != "rules"
        self.model, self.runtime, self.policy, self.plain = model, runtime, policy, plain
        self.num_slots = num_slots
        self.rules = rules
        self.usage = Usage()

    @torch.inference_mode()
    def think(self, source: Source, num_cells: int) -> Iterator[list[Thought]]:
        """Each job in a slot after every segment, as it stands then."""
        seats: list[_Seat | None] = [None] * self.num_slots
        state = self._empty(num_cells)
        while True:
            for index in range(len(seats)):
                if seats[index] is None and (job := source.next_job()) is not None:
                    needs_rng = job.noise > 0 or job.has_drawn_start
                    rng = np.random.default_rng(job.seed) if needs_rng else None
                    seats[index] = _Seat(job, time.perf_counter(), rng)
            num_busy = sum(seat is not None for seat in seats)
            if num_busy == 0:
                return
            if self.plain is not None and num_busy < WORTH_CARRYING * len(seats):
                self.model, self.plain = self.plain, None
            if num_busy < (1 - TOLERATED_IDLE) * len(seats) and self.plain is None:
                seats, state = _keep_busy(seats, state)
            state, seen = self._segment(seats, state)
            self.usage.busy += num_busy
            self.usage.idle += len(seats) - num_busy
            thoughts = _thoughts(seats, state, seen)
            yield [thought for thought in thoughts if thought is not None]
            for index, thought in enumerate(thoughts):
                if thought is None or thought.halted:
                    seats[index] = None
            is_free = torch.tensor([seat is None for seat in seats], device=self.runtime.device)
            state = state._replace(slots=state.slots._replace(halted=is_free))

    def _empty(self, num_cells: int) -> _State:
        B, device = self.num_slots, self.runtime.device
        slots = empty_slots(self.model, self._batch([None] * B, num_cells), self.runtime.dtype)
        return _State(slots, torch.zeros_like(slots.batch.inputs), torch.zeros(B, dtype=torch.int64, device=device))

    def _segment(self, seats: list[_Seat | None], state: _State) -> tuple[_State, Seen]:
        is_new = state.slots.halted
        incoming = self._batch(seats, state.answers.shape[1])
        slots = refill(state.slots, self._fresh_carry(seats, is_new), incoming)
        carry, prediction = self.model(self._with_noise(slots.carry, seats), slots.batch)
        answers = prediction.logits.argmax(-1)
        is_same = (answers == state.answers).all(-1) & ~is_new
        unchanged = torch.where(is_same, state.unchanged + 1, 0)
        solved = None
        if self.policy.rule == "rules" and self.rules is not None:
            solved = torch.from_numpy(self.rules.are_solved(incoming.inputs.cpu().numpy(), answers.cpu().numpy()))
            solved = solved.to(self.runtime.device)
        moved = residual(slots.carry, carry)
        seen = Seen(prediction.q_halt, prediction.q_continue, unchanged, moved, solved, prediction.is_stuck)
        steps = slots.steps + 1
        return _State(Slots(carry, slots.batch, steps, halts(self.policy, seen, steps)), answers, unchanged), seen

    def _batch(self, seats: list[_Seat | None], num_cells: int) -> Batch:
        nothing = np.zeros(num_cells, dtype=np.int64)
        inputs = torch.from_numpy(np.stack([nothing if seat is None else seat.job.inputs for seat in seats]))
        ids = torch.tensor([0 if seat is None else seat.job.puzzle_id for seat in seats])
        return Batch(inputs, torch.full_like(inputs, IGNORE_LABEL), ids).to(self.runtime.device)

    def _fresh_carry(self, seats: list[_Seat | None], is_new: Tensor) -> Carry:
        """The start of the jobs that have just come: the model's own, or a random one."""
        carry = self.model.initial_carry(len(seats), self.runtime.dtype)
        rngs = [seat.rng if seat is not None and seat.job.has_drawn_start else None for seat in seats]
        drawn = {index: rng for index, rng in enumerate(rngs) if rng is not None and bool(is_new[index])}
        if not drawn:
            return carry
        carry = type(carry)(*(part.clone() for part in carry))
        for index, rng in drawn.items():
            usual = type(carry)(*(part[index] for part in carry))
            for part, start in zip(carry, self.model.drawn_start(usual, rng), strict=True):
                part[index] = start
        return carry

    def _with_noise(self, carry: Carry, seats: list[_Seat | None]) -> Carry:
        """Noise on the state that the answer is read from, where a job asks for it (PTRM, arXiv 2605.19943)."""
        noisy = [i for i, seat in enumerate(seats) if seat is not None and seat.job.noise > 0]
        if not noisy:
            return carry
        z = carry[0].clone()
        for index in noisy:
            seat = seats[index]
            assert seat is not None
            assert seat.rng is not None
            z[index] += seat.job.noise * standard_normal(seat.rng, z[index])
        return carry._replace(**{carry._fields[0]: z})


def residual(before: Carry, after: Carry) -> Tensor:
    """``||after - before|| / ||after||`` over all states of two carries, (B,) float32; whole numbers are no states."""
    states = [(a.float(), b.float()) for a, b in zip(before, after, strict=True) if b.is_floating_point()]
    moved = sum((b - a).square().flatten(1).sum(1) for a, b in states)
    size = sum(b.square().flatten(1).sum(1) for _, b in states)
    return torch.sqrt(moved / size)


def _keep_busy(seats: list[_Seat | None], state: _State) -> tuple[list[_Seat | None], _State]:
    """The busy ones, in as many slots."""
    busy = [index for index, seat in enumerate(seats) if seat is not None]
    rows = torch.tensor(busy, device=state.answers.device)
    return [seats[index] for index in busy], take_rows(rows, state)


def _thoughts(seats: list[_Seat | None], state: _State, seen: Seen) -> list[Thought | None]:
    now = time.perf_counter()
    answers, steps, halted = state.answers.cpu().numpy(), state.slots.steps.tolist(), state.slots.halted.tolist()
    certainty, moved = seen.q_halt.sigmoid().tolist(), seen.residual.tolist()
    return [
        None
        if seat is None
        else Thought(seat.job, steps[i], answers[i], certainty[i], moved[i], halted[i], now - seat.since)
        for i, seat in enumerate(seats)
    ]

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from hrm.inference.options import HaltPolicy
from hrm.inference.queue import Job, Queue, Thought, residual
from hrm.models.base import Reasoner, standard_normal
from hrm.runtime import Runtime
from hrm.types import Batch, Prediction

CPU = Runtime(torch.device("cpu"), torch.float32, False)


class Count(NamedTuple):
    z: Tensor  # (B, 1, 1)


class Counter(Reasoner):
    """Counts segments in its state, and wants to stop when the count reaches the first token of the puzzle."""

    is_random, update_names = False, ("level",)

    def carry_at(self, carry: Count, answers: Batch) -> Count:
        return carry

    def drawn_start(self, carry: Count, rng: np.random.Generator) -> Count:
        return Count(standard_normal(rng, carry.z))

    def own_lesson(self, prediction: Prediction, batch: Batch) -> None: ...

    def initial_carry(self, batch_size: int, dtype: torch.dtype = torch.float32) -> Count:
        return Count(torch.zeros(batch_size, 1, 1, dtype=dtype))

    def forward(self, carry: Count, batch: Batch) -> tuple[Count, Prediction]:
        z = carry.z + 1
        q = z[:, 0, 0] - batch.inputs[:, 0] + 0.5
        return Count(z), Prediction(self.read(z).expand(-1, batch.inputs.shape[1], -1), q, None)

    def read(self, state: Tensor) -> Tensor:
        return torch.nn.functional.one_hot(state[:, :, 0].round().long().clamp(0, 19), 20).float()


class Jobs:
    def __init__(self, jobs: list[Job]) -> None:
        self.jobs = deque(jobs)

    def next_job(self) -> Job | None:
        return self.jobs.popleft() if self.jobs else None


def job(puzzle: int, segments: int, **more: object) -> Job:
    return Job(puzzle, 0, np.array([segments, 0, 0]), **more)  # type: ignore[arg-type]


def run(
    jobs: Jobs, num_slots: int, policy: HaltPolicy | None = None, runtime: Runtime = CPU
) -> tuple[Queue, list[Thought]]:
    queue = Queue(Counter(), runtime, policy or HaltPolicy(rule="q", max_segments=12), num_slots, None)
    return queue, [thought for thoughts in queue.think(jobs, 3) for thought in thoughts]


@settings(deadline=None, max_examples=40)
@given(lengths=st.lists(st.integers(1, 15), max_size=20), num_slots=st.integers(1, 9))
def test_every_job_is_thought_about_until_it_halts_whatever_is_beside_it(lengths: list[int], num_slots: int) -> None:
    _, thoughts = run(Jobs([job(i, length) for i, length in enumerate(lengths)]), num_slots)
    for i, length in enumerate(lengths):
        own = [t for t in thoughts if t.job.puzzle == i]
        last = min(length, 12)  # always by max_segments
        assert [t.segment for t in own] == list(range(1, last + 1))
        assert [t.halted for t in own] == [False] * (last - 1) + [True]
        assert (own[-1].answer == last).all()


def test_free_slots_are_filled_at_once_and_the_rest_move_together() -> None:
    queue, _ = run(Jobs([job(i, 1 + i % 8) for i in range(200)]), 16)
    assert queue.usage.busy == sum(1 + i % 8 for i in range(200))
    assert queue.usage.idle_share < 0.05


class Recorder(Counter):
    """Remembers how many puzzles it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def forward(self, carry: Count, batch: Batch) -> tuple[Count, Prediction]:
        self.sizes.append(len(batch.inputs))
        return super().forward(carry, batch)


def test_a_fused_model_sees_one_shape_and_gives_way_when_few_are_left() -> None:
    fused, plain = Recorder(), Recorder()
    lengths = [12, 9, 9, 6, 6, 3, 3, 3, 3, 3]
    jobs = Jobs([job(i, length) for i, length in enumerate(lengths)])
    policy = HaltPolicy(rule="q", max_segments=12)
    queue = Queue(fused, CPU._replace(compile=True), policy, 10, None, plain)
    thoughts = [thought for thoughts in queue.think(jobs, 3) for thought in thoughts]
    assert fused.sizes == [10] * 3, "then half of them are done"
    assert plain.sizes == [5] * 3 + [3] * 3 + [1] * 3
    for i, length in enumerate(lengths):
        assert [t.segment for t in thoughts if t.job.puzzle == i] == list(range(1, length + 1))


def test_an_answer_that_stays_the_same_is_counted_anew_for_every_job() -> None:
    policy = HaltPolicy(rule="unchanged", patience=2, max_segments=30)
    _, thoughts = run(Jobs([job(0, 1), job(1, 1)]), 1, policy)  # the count stops changing the answer at 19
    assert [max(t.segment for t in thoughts if t.job.puzzle == i) for i in (0, 1)] == [21, 21]


@pytest.mark.parametrize("more", [{"noise": 0.8}, {"has_drawn_start": True}])
def test_noise_and_starts_are_the_jobs_own(more: dict[str, object]) -> None:
    plain = [t.answer[0] for t in run(Jobs([job(0, 12)]), 1)[1]]
    alone = [t.answer[0] for t in run(Jobs([job(0, 12, seed=(3,), **more)]), 1)[1]]
    beside = run(Jobs([job(1, 3, seed=(8,), **more), job(0, 12, seed=(3,), **more), job(2, 5)]), 2)[1]
    assert alone == [t.answer[0] for t in beside if t.job.puzzle == 0]
    assert alone != plain
    assert [t.answer[0] for t in beside if t.job.puzzle == 2] == [1, 2, 3, 4, 5]


def test_residual_is_a_share_of_the_state() -> None:
    before, after = Count(torch.tensor([[[3.0]], [[1.0]]])), Count(torch.tensor([[[4.0]], [[1.0]]]))
    assert residual(before, after).tolist() == [0.25, 0.0]

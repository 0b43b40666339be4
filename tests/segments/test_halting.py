from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from hrm.segments.halting import continue_target, draw_min_segments, is_exact, share_right, should_halt, wants_to_halt
from hrm.types import IGNORE_LABEL


@given(st.integers(1, 20), st.floats(0, 1), st.integers(0, 2**31))
def test_minimum_lies_between_one_and_the_limit(max_segments: int, prob: float, seed: int) -> None:
    drawn = draw_min_segments(64, max_segments, prob, torch.Generator().manual_seed(seed))
    assert ((drawn >= 1) & (drawn <= max_segments)).all()


def test_exploration_has_the_stated_share_and_is_uniform() -> None:
    drawn = draw_min_segments(200_000, 16, 0.1, torch.Generator().manual_seed(0))
    explored = drawn[drawn > 1]
    assert abs(len(explored) / len(drawn) - 0.1) < 0.003
    counts = torch.bincount(explored, minlength=17)[2:]
    assert len(counts) == 15
    assert (counts / len(explored) - 1 / 15).abs().max() < 0.006
    assert (draw_min_segments(1000, 16, 0.0) == 1).all()


@given(st.lists(st.tuples(st.integers(1, 16), st.booleans(), st.integers(1, 16)), min_size=1))
def test_never_before_the_minimum_and_always_at_the_limit(rows: list[tuple[int, bool, int]]) -> None:
    steps, wants, minimum = (torch.tensor(column) for column in zip(*rows, strict=True))
    halts = should_halt(steps, wants, minimum, 16)
    assert halts[steps >= 16].all()
    assert not halts[(steps < minimum) & (steps < 16)].any()
    assert not halts[~wants & (steps < 16)].any()
    assert halts[wants & (steps >= minimum)].all()


def test_two_values_are_compared_and_one_is_held_against_zero() -> None:
    q_halt = torch.tensor([1.0, -1.0])
    assert wants_to_halt(q_halt, torch.tensor([2.0, -2.0])).tolist() == [False, True]
    assert wants_to_halt(q_halt, None).tolist() == [True, False]


def test_exact_needs_every_labelled_cell_and_at_least_one() -> None:
    logits = torch.eye(3)[torch.tensor([[0, 1, 2], [0, 1, 1], [0, 1, 1], [0, 0, 0]])]
    labels = torch.tensor([[0, 1, 2], [0, 1, 2], [0, 1, IGNORE_LABEL], [IGNORE_LABEL] * 3])
    assert is_exact(logits, labels).tolist() == [True, False, True, False]


def test_continue_target_bootstraps_from_the_better_value_until_the_last_segment() -> None:
    target = continue_target(torch.tensor([0.0, 0.0]), torch.tensor([1.0, 1.0]), torch.tensor([False, True]))
    torch.testing.assert_close(target, torch.tensor([1.0, 0.0]).sigmoid())


def test_share_of_labelled_cells_that_are_right() -> None:
    answers, labels = torch.tensor([[1, 2, 3], [1, 2, 3]]), torch.tensor([[1, 5, IGNORE_LABEL], [IGNORE_LABEL] * 3])
    assert share_right(answers, labels).tolist() == [0.5, 0.0]

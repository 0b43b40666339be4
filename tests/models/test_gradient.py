"""Every rule gives the same state, and the gradient that its name promises."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from hrm.models.gradient import num_seen, run_updates

SCHEDULE, ROUNDS = "LLHLLH", 2


class Pair(NamedTuple):
    z_H: Tensor  # (B, D)
    z_L: Tensor  # (B, D)


class Linears:
    """Updates that are linear maps, so that every Jacobian is known."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        draw = lambda: 0.3 * torch.randn(3, 3, generator=generator, dtype=torch.float64)  # noqa: E731
        self.weights = {"H": draw().requires_grad_(), "L": draw().requires_grad_()}
        self.start = Pair(torch.randn(2, 3, dtype=torch.float64), torch.randn(2, 3, dtype=torch.float64))
        self.probe = torch.randn(2, 3, dtype=torch.float64)

    def update(self, z: Pair, level: str) -> Pair:
        if level == "L":
            return z._replace(z_L=(z.z_L + z.z_H) @ self.weights["L"])
        return z._replace(z_H=(z.z_H + z.z_L) @ self.weights["H"])

    def gradients(self, z: Pair) -> tuple[Tensor, ...]:
        return torch.autograd.grad((z.z_H * self.probe).sum(), list(self.weights.values()))

    def by_hand(self, seen: int) -> tuple[Tensor, ...]:
        z = self.start
        for index, level in enumerate(SCHEDULE):
            if index == len(SCHEDULE) - seen:
                z = Pair(z.z_H.detach(), z.z_L.detach())
            z = self.update(z, level)
        return self.gradients(z)


@pytest.mark.parametrize(
    ("rule", "k", "seen"),
    [("one_step", 1, 2), ("last_round", 1, 3), ("last_k", 4, 4), ("last_k", 99, 6), ("bptt", 1, 6)],
)
def test_the_gradient_sees_the_updates_that_the_rule_names(rule: str, k: int, seen: int) -> None:
    net = Linears()
    assert num_seen(SCHEDULE, ROUNDS, rule, k) == seen
    z = run_updates(net.update, net.start, SCHEDULE, ROUNDS, rule, k)
    for ours, expected in zip(net.gradients(z), net.by_hand(seen), strict=True):
        torch.testing.assert_close(ours, expected)


def test_a_model_of_one_level_sees_its_last_update() -> None:
    assert num_seen("HHHHHH", 2, "one_step", 1) == 1
    assert num_seen("HHHHHH", 2, "last_round", 1) == 3


@pytest.mark.parametrize("rule", ["one_step", "last_round", "last_k", "neumann"])
def test_the_state_is_the_same_whatever_the_rule(rule: str) -> None:
    net = Linears()
    ours = run_updates(net.update, net.start, SCHEDULE, ROUNDS, rule, 2)
    everything = run_updates(net.update, net.start, SCHEDULE, ROUNDS, "bptt", 1)
    for a, b in zip(ours, everything, strict=True):
        assert torch.equal(a, b)


def test_the_first_term_of_neumann_is_one_step() -> None:
    net = Linears()
    first = net.gradients(run_updates(net.update, net.start, SCHEDULE, ROUNDS, "neumann", 1))
    for ours, expected in zip(first, net.by_hand(2), strict=True):
        torch.testing.assert_close(ours, expected)


def test_neumann_tends_to_the_gradient_of_the_fixed_point() -> None:
    """At a fixed point of contracting updates, many terms equal backpropagation through many rounds."""
    net = Linears()
    z = net.start
    for _ in range(200):
        z = run_updates(net.update, z, "LH", 1, "bptt", 1)
        z = Pair(z.z_H.detach() + 0.1, z.z_L.detach())  # + 0.1: the fixed point of the linear maps alone is zero

    def shifted(state: Pair, level: str) -> Pair:
        state = net.update(state, level)
        return state._replace(z_H=state.z_H + 0.1) if level == "H" else state

    through_time = net.gradients(run_updates(shifted, z, "LH" * 60, 60, "bptt", 1))
    implicit = net.gradients(run_updates(shifted, z, "LH", 1, "neumann", 60))
    for ours, expected in zip(implicit, through_time, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-6, atol=1e-9)


def test_without_gradient_nothing_is_kept() -> None:
    net = Linears()
    with torch.no_grad():
        z = run_updates(net.update, net.start, SCHEDULE, ROUNDS, "neumann", 3)
    assert not z.z_H.requires_grad


def test_a_state_that_an_update_ignores_has_no_share_in_neumann() -> None:
    """As in a model of one pass, whose update starts from nothing."""
    net = Linears()

    def from_nothing(z: Pair, level: str) -> Pair:
        return Pair(net.probe @ net.weights["H"], z.z_L)

    z = run_updates(from_nothing, net.start, "H", 1, "neumann", 4)
    (grad,) = torch.autograd.grad((z.z_H * net.probe).sum(), [net.weights["H"]])
    torch.testing.assert_close(grad, net.probe.T @ net.probe)

"""The updates of a segment that the gradient sees: one choice, orthogonal to the model.

The updates of a segment are a string, its *schedule*: HRM with N = 2, T = 2 is ``LLHLLH``. A rule says at which update
the gradient begins; all before it run without one.

    one_step    the last update of each level (HRM, arXiv 2506.21734, section 2)
    last_round  the last of the N cycles (TRM, arXiv 2510.04871)
    last_k      the last k updates
    bptt        all of them
    neumann     the fixed point's own gradient, ``(I - J)^-1`` as k terms ``I + J + J^2 ...`` with J the Jacobian of the
                last update of each level; k = 1 is one_step (arXiv 2506.21734, section 2; arXiv 1909.01377)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor

GradientRule = Literal["one_step", "last_round", "last_k", "bptt", "neumann"]

State = TypeVar("State", bound=tuple[Tensor, ...])
"""A NamedTuple of tensors with a leading B."""

Update = Callable[[State, str], State]
"""One update of one level: the state, and which level."""


def num_seen(schedule: str, num_rounds: int, rule: GradientRule, k: int) -> int:
    """The number of updates at the end of ``schedule``, of ``num_rounds`` equal rounds, that the gradient sees."""
    seen = {
        "one_step": len(set(schedule)),
        "last_round": len(schedule) // num_rounds,
        "last_k": k,
        "bptt": len(schedule),
        "neumann": len(set(schedule)),
    }[rule]
    return min(seen, len(schedule))


def run_updates(
    update: Update[State], state: State, schedule: str, num_rounds: int, rule: GradientRule, k: int
) -> State:
    """``state`` after all updates of ``schedule``. Whatever the rule, the state is the same; its gradient is not."""
    seen = num_seen(schedule, num_rounds, rule, k)
    with torch.no_grad():
        for level in schedule[:-seen]:
            state = update(state, level)
    if rule == "neumann" and torch.is_grad_enabled():
        return _implicit(update, state, schedule[-seen:], k)
    for level in schedule[-seen:]:
        state = update(state, level)
    return state


def _implicit(update: Update[State], state: State, schedule: str, num_terms: int) -> State:
    before = type(state)(*(z.detach().requires_grad_() for z in state))
    after = before
    for level in schedule:
        after = update(after, level)
    return type(state)(*_Neumann.apply(before, after, num_terms, *after))  # type: ignore[no-untyped-call]


class _Neumann(torch.autograd.Function):
    """The identity; backward, ``v`` becomes ``v (I + J + ... + J^(k-1))``, with J = d after / d before."""

    @staticmethod
    def forward(ctx: Any, before: tuple[Tensor, ...], after: tuple[Tensor, ...], num_terms: int, *z: Tensor) -> Any:
        ctx.before, ctx.after, ctx.num_terms = before, after, num_terms
        return tuple(part.view_as(part) for part in z)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:
        total, term = grads, grads
        for _ in range(ctx.num_terms - 1):
            term = torch.autograd.grad(
                ctx.after, ctx.before, term, retain_graph=True, allow_unused=True, materialize_grads=True
            )
            total = tuple(a + b for a, b in zip(total, term, strict=True))
        del ctx.before, ctx.after
        return None, None, None, *total

"""Interventions: what becomes of the answer when a level's state is held, exchanged, disturbed or begun anew.

What can be read off a state need not matter to the model (a probe alone proves nothing); what changes the answer when
it is changed does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrm.analysis.subject import Finding, Subject, mean_of, said
from hrm.errors import InputError
from hrm.models.base import Carry, Reasoner
from hrm.models.recursion import Recursion
from hrm.nn.block import Level
from hrm.types import Batch

NOISE = 1.0
"""Standard deviation of the noise, as a share of the root mean square of the state; chosen by hand."""

Change = Callable[[Reasoner, Carry, str, torch.Generator], Carry]
"""The carry after an intervention on one of its states."""


@contextmanager
def held(model: Recursion, level: str) -> Iterator[None]:
    """A time in which the updates of a level leave its state as it is.

    Named by the order of updates: one network may renew both levels.
    """
    names, count = model.update_names, 0
    field = f"z_{level.removesuffix('_level')}"
    now: dict[str, Tensor] = {}

    def remember(module: Any, args: tuple[Any, ...]) -> None:
        now["state"] = getattr(args[0], field)

    def hold(module: Any, args: Any, state: Tensor) -> Tensor:
        nonlocal count
        name = names[count % len(names)]
        count += 1
        return now["state"] if name == level else state

    with ExitStack() as hooks:
        for module in model.modules():
            if isinstance(module, Level):
                hooks.enter_context(module.register_forward_hook(hold))
        hooks.enter_context(model.register_forward_pre_hook(remember))
        yield


def swap(model: Reasoner, carry: Carry, field: str, generator: torch.Generator) -> Carry:
    """The state of the puzzle beside it."""
    return carry._replace(**{field: getattr(carry, field).roll(1, dims=0)})


def noise(model: Reasoner, carry: Carry, field: str, generator: torch.Generator) -> Carry:
    """Normal numbers on top, ``NOISE`` times as large as the state."""
    state = getattr(carry, field)
    size = state.double().flatten(1).square().mean(1).sqrt().view(-1, *[1] * (state.ndim - 1))
    drawn = torch.randn(state.shape, generator=generator, dtype=torch.float32).to(state.device)
    return carry._replace(**{field: (state + NOISE * size * drawn).to(state.dtype)})


def restart(model: Reasoner, carry: Carry, field: str, generator: torch.Generator) -> Carry:
    """The first state again."""
    return carry._replace(**{field: getattr(model.initial_carry(len(carry[0]), carry[0].dtype), field)})


CHANGES: dict[str, Change] = {"swap": swap, "noise": noise, "restart": restart}
"""What is done to a state once. ``freeze`` goes on; ``one given``: the state that the same puzzle would have reached
with one of its givens changed."""


def with_one_given_changed(batch: Batch, generator: torch.Generator) -> Batch:
    """The puzzles with one cell that the question gives, drawn at random, holding what another one of them holds.
    A given is a cell whose token is that of the answer."""
    B, S = batch.inputs.shape
    is_given = batch.inputs == batch.labels
    order = torch.rand(B, S, generator=generator).to(is_given.device)
    cell = torch.where(is_given, order, -1.0).argmax(1)
    old = batch.inputs[torch.arange(B), cell]
    differs = is_given & (batch.inputs != old[:, None])
    other = torch.where(differs, order, -1.0).argmax(1)
    inputs = batch.inputs.clone()
    changed = torch.where(differs.any(1), batch.inputs[torch.arange(B), other], old)
    inputs[torch.arange(B), cell] = changed
    return batch._replace(inputs=inputs)


@torch.inference_mode()
def outcomes(
    subject: Subject, batch: Batch, at: int, level: str, what: str | None, generator: torch.Generator
) -> NDArray[np.bool_]:
    """True (B,) where the puzzle is solved in the end, when after ``at`` segments ``what`` is done to a level."""
    model, segments, dtype = subject.model, subject.segments, subject.runtime.dtype
    assert isinstance(model, Recursion), "others were refused"
    carry, field = model.initial_carry(len(batch.inputs), dtype), f"z_{level.removesuffix('_level')}"
    for _ in range(at):
        carry, prediction = model(carry, batch)
    if what == "one given":
        other, otherwise = model.initial_carry(len(batch.inputs), dtype), with_one_given_changed(batch, generator)
        for _ in range(at):
            other, _ = model(other, otherwise)
        carry = carry._replace(**{field: getattr(other, field)})
    elif what in CHANGES:
        carry = CHANGES[what](model, carry, field, generator)
    with held(model, level) if what == "freeze" else nullcontext():
        for _ in range(segments - at):
            carry, prediction = model(carry, batch)
    return subject.solved(batch, prediction.logits)


def look_at_interventions(subject: Subject) -> Finding:
    """Every intervention on every level, early and halfway: the share of puzzles that it costs, puzzle by puzzle."""
    model = subject.model
    if not isinstance(model, Recursion) or not model.keeps_state:
        raise InputError(f"intervene: {subject.name} has no latent states that go on from segment to segment")
    if subject.segments < 2 or len(subject.batch.inputs) < 2:
        raise InputError("intervene: at least 2 segments and 2 puzzles are needed, to change one after another")
    levels = subject.levels
    moments = sorted({1, max(1, subject.segments // 2)})

    def right(at: int, level: str, what: str | None) -> NDArray[np.float64]:
        drawn = torch.Generator().manual_seed(subject.seed)
        rows = [outcomes(subject, batch, at, level, what, drawn) for batch in subject.batches()]
        return np.concatenate(rows).astype(float)

    plain = right(1, levels[0], None)
    rows: list[dict[str, Any]] = [
        {"after": at, "level": level, "what": what, "right": mean_of(found), "effect": mean_of(found - plain)}
        for at in moments
        for level in levels
        for what in ("freeze", "one given", *CHANGES)
        for found in [right(at, level, what)]
    ]
    figures = {"plain": mean_of(plain), "noise": NOISE, "segments": subject.segments, "interventions": rows}

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        labels = [f"{row['what']} {row['level']}\nafter {row['after']}" for row in rows]
        effects = [100 * row["effect"]["mean"] for row in rows]
        below = [e - 100 * row["effect"]["mean_95"][0] for e, row in zip(effects, rows, strict=True)]
        above = [100 * row["effect"]["mean_95"][1] - e for e, row in zip(effects, rows, strict=True)]
        colours = [f"C{levels.index(row['level'])}" for row in rows]
        axes.bar(range(len(rows)), effects, yerr=[below, above], color=colours, capsize=2)
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_xticks(range(len(rows)), labels, rotation=90, fontsize="x-small")
        axes.set_ylabel("effect on puzzles solved, points")

    return Finding("intervene", "Interventions", figures, _sentence(figures), draw)


def _sentence(figures: dict[str, Any]) -> str:
    rows = figures["interventions"]
    told = [f"untouched, {100 * figures['plain']['mean']:.1f} % are solved"]
    for row in sorted(rows, key=lambda row: float(row["effect"]["mean"])):
        low, high = row["effect"]["mean_95"]
        what = f"{row['what']} of {row['level']} after {row['after']} segments"
        if high < 0:
            told.append(f"{what} costs {said(row['effect'], 1, times=-100)} points")
        elif low > 0:
            told.append(f"{what} gains {said(row['effect'], 1, times=100)} points")
    spared = [row for row in rows if row["effect"]["mean_95"][0] <= 0 <= row["effect"]["mean_95"][1]]
    if spared:
        names = ", ".join(f"{row['what']} of {row['level']} after {row['after']}" for row in spared)
        told.append(f"no effect is seen of {names}")
    return "; ".join(told) + "."

"""Finite-time Lyapunov exponents: how fast two states that are hardly apart move apart, segment by segment.

Negative where a state is drawn to its end, zero where it turns in circles, positive where it wanders. Measured as
Benettin et al. (Meccanica 15, 1980) do: a second state is kept a millionth away from the first, in float64.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrm.analysis.settle import area_under_curve
from hrm.analysis.subject import Finding, Subject, mean_of, said
from hrm.errors import InputError
from hrm.models.base import Carry, Reasoner
from hrm.models.recursion import Recursion
from hrm.types import Batch

APART = 1e-6
"""Distance of the two states, as a share of their size: far above float64's rounding, far below what bends."""
SKIPPED = 1
"""Segments before anything is counted: at first every direction is as good as any."""


@torch.inference_mode()
def exponents(
    model: Reasoner, batch: Batch, segments: int, generator: torch.Generator
) -> tuple[NDArray[np.float64], Tensor]:
    """The mean growth (B,) of a small distance per segment, ``ln(after / before)``, and the logits in the end.
    ``model`` is in float64."""
    carry = model.initial_carry(len(batch.inputs), torch.float64)
    apart: list[Tensor] = [torch.randn(part.shape, generator=generator, dtype=torch.float64) for part in carry]
    growth = []
    for segment in range(segments):
        distance = APART * _size(carry)
        apart = _scaled([part.to(carry[0].device) for part in apart], distance)
        near = type(carry)(*(state + part for state, part in zip(carry, apart, strict=True)))
        carry, prediction = model(carry, batch)
        moved, _ = model(near, batch)
        apart = [b - a for a, b in zip(carry, moved, strict=True)]
        if segment >= SKIPPED:
            growth.append(torch.log(_size(apart).clamp(min=1e-300) / distance))
    return torch.stack(growth).mean(0).cpu().numpy(), prediction.logits


def _size(parts: Carry | list[Tensor]) -> Tensor:
    """The norm (B,) of all tensors together."""
    return sum(part.flatten(1).square().sum(1) for part in parts).sqrt()  # type: ignore[union-attr]


def _scaled(parts: list[Tensor], size: Tensor) -> list[Tensor]:
    factor = size / _size(parts).clamp(min=1e-300)
    return [part * factor.view(-1, *[1] * (part.ndim - 1)) for part in parts]


def look_at_exponents(subject: Subject) -> Finding:
    """The largest exponent of every puzzle, of those that are solved and of those that are not."""
    if not isinstance(subject.model, Recursion) or not subject.model.keeps_state:
        raise InputError(f"lyapunov: {subject.name} has no latent state that goes on from segment to segment")
    if subject.segments <= SKIPPED:
        raise InputError(f"lyapunov: {subject.segments} segments are too few; give at least {SKIPPED + 1}")
    model, generator = copy.deepcopy(subject.model).double(), torch.Generator().manual_seed(subject.seed)
    rows = [(batch, *exponents(model, batch, subject.segments, generator)) for batch in subject.batches()]
    found = np.concatenate([growth for _, growth, _ in rows])
    right = np.concatenate([subject.solved(batch, logits) for batch, _, logits in rows])
    figures: dict[str, Any] = {
        "solved": mean_of(found[right]),
        "failed": mean_of(found[~right]),
        "auc": area_under_curve(found[~right], found[right]),
        "positive": {"solved": int((found[right] > 0).sum()), "failed": int((found[~right] > 0).sum())},
    }

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.hist([found[right], found[~right]], bins=30, color=["C0", "C1"], label=["solved", "failed"])
        axes.axvline(0, color="grey", linestyle="--", linewidth=0.8)
        axes.set(xlabel="largest exponent, per segment", ylabel="puzzles")
        axes.legend(fontsize="small", frameon=False)

    return Finding("lyapunov", "Lyapunov exponents", figures, _sentence(figures), draw)


def _sentence(figures: dict[str, Any]) -> str:
    num, above = figures["solved"]["puzzles"], figures["positive"]["solved"]
    told = [f"states of solved puzzles move apart by {said(figures['solved'])} a segment ({above} of {num} at all)"]
    if num := figures["failed"]["puzzles"]:
        above = figures["positive"]["failed"]
        told.append(f"those of failed ones by {said(figures['failed'])} ({above} of {num})")
    if figures["auc"] is not None:
        told.append(f"the exponent tells failed from solved with AUC {figures['auc']:.2f}")
    return "; ".join(told) + "."

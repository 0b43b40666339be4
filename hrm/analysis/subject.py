"""The subject of an analysis, and what it leaves behind: numbers, a sentence made of them, a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hrm.errors import InputError
from hrm.inference.trace import recorded_updates
from hrm.intervals import Z_95, mean_interval
from hrm.models.base import Carry, Reasoner
from hrm.runtime import Runtime
from hrm.segments.halting import is_exact
from hrm.tasks.base import Task
from hrm.types import Batch, Prediction


@dataclass(frozen=True)
class Subject:
    """A model, an untrained one like it, and N held-out puzzles with their answers."""

    name: str
    model: Reasoner  # in evaluation mode, on the device, not compiled
    fresh: Reasoner  # likewise; the weights of a new run
    task: Task
    batch: Batch  # N puzzles, on the device
    runtime: Runtime
    segments: int  # for which each puzzle is thought about
    batch_size: int  # puzzles at a time
    seed: int  # of what is drawn: bootstraps, noise, swaps
    beside: tuple[tuple[str, Reasoner], ...] = ()  # other models, like ``model``, to be seen at its side, by name

    @property
    def levels(self) -> list[str]:
        """The levels of the model, in the order of their first update. Raises ``InputError`` where there are none."""
        if not self.model.update_names:
            raise InputError(f"{self.name} has no levels that could be looked at")
        return list(dict.fromkeys(self.model.update_names))

    @property
    def about(self) -> str:
        """A line for figures: the task, how many puzzles, for how long, the seed."""
        num = len(self.batch.inputs)
        return f"{self.task.config.name}: {num:,} held-out puzzles, {self.segments} segments, seed {self.seed}"

    def batches(self) -> Iterator[Batch]:
        """The puzzles, so many at a time as memory is allowed for; never one alone, where there are more."""
        rest, size = self.batch, max(2, self.batch_size)
        while len(rest.inputs) > size + 1:
            yield Batch(*(part[:size] for part in rest))
            rest = Batch(*(part[size:] for part in rest))
        yield rest

    def solved(self, batch: Batch, logits: Tensor) -> NDArray[np.bool_]:
        """True (B,) where the answer is right by the rules, or equal to the label where a task has none."""
        rules = self.task.rules
        if rules is None:
            return np.asarray(is_exact(logits, batch.labels).cpu().numpy())
        return rules.are_solved(batch.inputs.cpu().numpy(), logits.argmax(-1).cpu().numpy())


@dataclass(frozen=True)
class Finding:
    """The outcome of one analysis."""

    name: str
    title: str
    figures: dict[str, Any]
    """Every number, for JSON."""
    sentence: str
    """What is seen, made of the numbers."""
    draw: Callable[[Any], None]
    """Draws onto a figure of matplotlib's."""


class Segment(NamedTuple):
    """One segment of a batch, as it was."""

    number: int  # counted from 1
    updates: list[tuple[str, Tensor]]  # the level that was renewed, and its new state (B, ..., L, D)
    carry: Carry  # after it
    prediction: Prediction


@torch.inference_mode()
def watched(
    model: Reasoner, batch: Batch, segments: int, dtype: torch.dtype, carry: Carry | None = None
) -> Iterator[Segment]:
    """Segment by segment what ``model`` does with ``batch``, from ``carry`` on; from its own first states if None.

    Hooks alone: no output changes by a bit.
    """
    carry = model.initial_carry(len(batch.inputs), dtype) if carry is None else carry
    with recorded_updates(model) as updates:
        for number in range(1, segments + 1):
            carry, prediction = model(carry, batch)
            yield Segment(number, list(updates), carry, prediction)
            updates.clear()


def mean_of(values: NDArray[np.float64]) -> dict[str, Any]:
    """The mean of values of independent puzzles with its 95 % interval, for JSON; those that are not numbers left out.

    ``{"mean": 0.5, "mean_95": [0.4, 0.6], "puzzles": 100}``; None for an interval of fewer than two, a mean of none.
    """
    known = values[np.isfinite(values)]
    mean = float(known.mean()) if len(known) else None
    interval = list(mean_interval(known.tolist())) if len(known) > 1 else None
    return {"mean": mean, "mean_95": interval, "puzzles": len(known)}


def distance(before: Tensor, after: Tensor) -> NDArray[np.float64]:
    """``||after - before|| / ||after||`` of each row, (B,)."""
    moved = (after.double() - before.double()).flatten(1).norm(dim=1)
    return np.asarray((moved / after.double().flatten(1).norm(dim=1).clamp(min=1e-12)).cpu().numpy())


def bootstrap(
    statistic: Callable[[NDArray[np.int64]], float], num: int, seed: int, rounds: int = 100
) -> tuple[float, float]:
    """95 % interval of a statistic of ``num`` puzzles, which is given rows: 1.96 times the spread of its bootstrap
    around its value. (Quantiles will not do for a rank: rows drawn twice make it smaller.)

    100 rounds by hand: the spread is then known to some 7 %.
    """
    rng = np.random.default_rng(seed)
    value = statistic(np.arange(num))
    half = Z_95 * float(np.std([statistic(rng.integers(0, num, num)) for _ in range(rounds)], ddof=1))
    return value - half, value + half


def said(row: Mapping[str, Any], digits: int = 2, *, of: str = "mean", times: float = 1) -> str:
    """``0.31 [0.28, 0.34]``: the number called ``of`` in a row of figures, with its interval."""
    if row[of] is None:
        return "-"
    if row[f"{of}_95"] is None:
        return f"{times * row[of]:.{digits}f} (one alone)"
    low, high = sorted(times * end for end in row[f"{of}_95"])
    return f"{times * row[of]:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def band(axes: Any, x: Sequence[float], rows: Sequence[Mapping[str, Any]], **style: Any) -> None:
    """A line of means with their intervals (``mean_of``), drawn where they are known."""
    known = [(at, row) for at, row in zip(x, rows, strict=True) if row["mean"] is not None]
    places = [at for at, _ in known]
    axes.plot(places, [row["mean"] for _, row in known], linewidth=1, **style)
    spread = [(at, *row["mean_95"]) for at, row in known if row["mean_95"] is not None]
    if spread:
        axes.fill_between(*zip(*spread, strict=True), color=style["color"], alpha=0.2, linewidth=0)

"""Intervals for counts, and how shares are written."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """95 % score interval of a proportion (Wilson 1927). (0, 1) when there were no trials."""
    if not trials:
        return 0.0, 1.0
    p, z2 = successes / trials, Z_95**2
    centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 / (1 + z2 / trials) * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials**2))
    return max(0.0, centre - half), min(1.0, centre + half)


T_95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
)
"""Two-sided 95 % quantiles of Student's t for 1, 2 ... 20 degrees of freedom (any table of it)."""


def mean_interval(values: Sequence[float], lowest: float = -math.inf, highest: float = math.inf) -> tuple[float, float]:
    """95 % t interval of the mean of independent ``values`` (runs under several seeds), cut to what they can be.

    (lowest, highest) for fewer than two values: one says nothing of the spread.
    """
    if len(values) < 2:
        return lowest, highest
    quantile = T_95[len(values) - 2] if len(values) - 1 <= len(T_95) else Z_95
    half = quantile * statistics.stdev(values) / math.sqrt(len(values))
    mean = statistics.mean(values)
    return max(lowest, mean - half), min(highest, mean + half)


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def with_interval(share: float, interval: Sequence[float]) -> str:
    """``91.2 % [89.3, 92.8]``"""
    return f"{100 * share:.1f} % [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"


def shares(outcomes: Mapping[str, NDArray[np.bool_]]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """How many puzzles have each outcome (N,), by name: figures for JSON, and the same as the cells of a table's row.

    ``{"puzzles": 9, "solved": 0.9, "solved_95": [0.6, 1.0]}`` and ``("9", "90.0 % [60.0, 100.0]")``.
    """
    num = len(next(iter(outcomes.values())))
    figures: dict[str, Any] = {"puzzles": num}
    cells = [f"{num:,}"]
    for name, outcome in outcomes.items():
        successes = int(outcome.sum())
        share, interval = successes / max(1, num), wilson_interval(successes, num)
        figures |= {name: share, f"{name}_95": list(interval)}
        cells.append(with_interval(share, interval))
    return figures, tuple(cells)

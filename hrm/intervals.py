"""Intervals for counts, and how counts and shares are written."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""

T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""The same of Student's t with 1, 2, ... degrees of freedom, as any table has it."""


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """95 % score interval of a proportion (Wilson 1927); it holds the proportion itself, and is exactly 0 at the
    bottom where nothing succeeded, 1 at the top where all did. (0, 1) when there were no trials."""
    if not trials:
        return 0.0, 1.0
    p, z2 = successes / trials, Z_95**2
    centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 / (1 + z2 / trials) * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials**2))
    # Rounding leaves the ends a bit beside 0 and 1, and the lower one above a share of 0.
    return max(0.0, centre - half) if successes else 0.0, min(1.0, centre + half) if successes < trials else 1.0


def paired_interval(both: int, only_one: int, only_other: int, neither: int) -> tuple[float, float]:
    """95 % interval of the difference of two proportions of the same trials, counted by what came of each of the two:
    Wilson's intervals of both, squared and added with the correlation of the pairs (Newcombe 1998, Statistics in
    Medicine 17, 2635-2650, method 10). (-1, 1) when there were no trials."""
    n = both + only_one + only_other + neither
    if not n:
        return -1.0, 1.0
    one, other = both + only_one, both + only_other
    product, excess = one * (n - one) * other * (n - other), float(both * neither - only_one * only_other)
    if excess > 0:  # corrected for continuity
        excess = max(0.0, excess - n / 2)
    phi = excess / math.sqrt(product) if product else 0.0
    below_one, above_one = (abs(end - one / n) for end in wilson_interval(one, n))
    below_other, above_other = (abs(end - other / n) for end in wilson_interval(other, n))
    down = math.sqrt(below_one**2 - 2 * phi * below_one * above_other + above_other**2)
    up = math.sqrt(above_one**2 - 2 * phi * above_one * below_other + below_other**2)
    difference = (one - other) / n
    return max(-1.0, difference - down), min(1.0, difference + up)


def mean_interval(values: Sequence[float], lowest: float = -math.inf, highest: float = math.inf) -> tuple[float, float]:
    """95 % interval of the mean of independent values by Student's t, cut to what they can be.

    (lowest, highest) for fewer than two values: one says nothing of the spread.
    """
    freedom = len(values) - 1
    if freedom < 1:
        return lowest, highest
    # Beyond the table, z + (z^3 + z) / 4n + (5 z^5 + 16 z^3 + 3 z) / 96 n^2 (Abramowitz and Stegun, 26.7.5).
    z = Z_95
    expanded = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    t = T_95[freedom - 1] if freedom <= len(T_95) else expanded
    half = t * statistics.stdev(values) / math.sqrt(len(values))
    mean = statistics.fmean(values)
    return max(lowest, mean - half), min(highest, mean + half)


def count(num: int, what: str = "segment", several: str | None = None) -> str:
    """``1 segment``, ``1,200 segments``; several: the plural where it is no s more."""
    return f"1 {what}" if num == 1 else f"{num:,} {several or f'{what}s'}"


NOT_KNOWN = "-"
"""A share of no puzzles at all, where others have one."""


def percent(share: float | None) -> str:
    """``91.2 %``"""
    return NOT_KNOWN if share is None else f"{100 * share:.1f} %"


def with_interval(share: float | None, interval: Sequence[float] | None) -> str:
    """``91.2 % [89.3, 92.8]``"""
    if share is None or interval is None:
        return NOT_KNOWN
    return f"{100 * share:.1f} % [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"


def shares(outcomes: Mapping[str, NDArray[np.bool_]]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Shares of puzzles with each outcome (N,), by name: figures for JSON, and the same as the cells of a table's row.

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

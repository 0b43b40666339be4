"""The dimensions that a level uses: participation ratios (arXiv 2506.21734, figure 8).

``PR = (sum l)^2 / sum l^2`` over the eigenvalues l of the covariance of a level's states, taken over puzzles: 1 where
they lie on a line, D where they fill the space evenly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from hrm.analysis.subject import Finding, Subject, bootstrap, said, watched
from hrm.errors import InputError
from hrm.models.base import Reasoner

PUBLISHED = {"H_level": 89.95, "L_level": 30.22}
PUBLISHED_FRESH = {"H_level": 40.75, "L_level": 42.09}
"""Of the paper's model on the full set of Sudokus, trained and untrained (arXiv 2506.21734, figure 8)."""
CORTEX = 2.25
"""Ratio of the highest to the lowest area of the mouse cortex that the paper compares with (Posani et al. 2025)."""
FEWEST = 10
"""Puzzles below which a covariance says nothing."""


def participation_ratio(states: NDArray[np.float64]) -> float:
    """PR of points (n, D). NaN where all are the same."""
    centred = states - states.mean(0)
    gram = centred @ centred.T if len(centred) < centred.shape[1] else centred.T @ centred  # the same eigenvalues
    total, squares = np.trace(gram), float((gram * gram).sum())
    return float(total**2 / squares) if squares > 0 else float("nan")


def end_states(model: Reasoner, subject: Subject) -> dict[str, NDArray[np.float64]]:
    """Level -> its states after the last update: a vector for every cell of every puzzle, (N, cells, D)."""
    found: dict[str, list[NDArray[np.float64]]] = {}
    for batch in subject.batches():
        last: dict[str, Tensor] = {}
        for segment in watched(model, batch, subject.segments, subject.runtime.dtype):
            last |= dict(segment.updates)
        for level, state in last.items():
            vectors = state.double().flatten(1, -2).cpu().numpy()  # (B, cells, D)
            found.setdefault(level, []).append(vectors.reshape(len(vectors), -1, vectors.shape[-1]))
    return {level: np.concatenate(rows) for level, rows in found.items()}


def look_at_rank(subject: Subject) -> Finding:
    """Participation ratios of every level: of all cells of all puzzles, trained and untrained, against the number of
    puzzles."""
    num = len(subject.batch.inputs)
    if num < FEWEST:
        raise InputError(f"rank: {num} puzzles are too few for a covariance; give at least {FEWEST} (--puzzles)")
    levels = subject.levels
    trained, fresh = end_states(subject.model, subject), end_states(subject.fresh, subject)
    sizes = sorted({max(FEWEST, num >> shift) for shift in range(5)})

    def ratio_of(states: NDArray[np.float64], rows: NDArray[np.int64] | slice) -> float:
        chosen = states[rows]
        return participation_ratio(chosen.reshape(-1, chosen.shape[-1]))

    def measured(states: NDArray[np.float64]) -> dict[str, Any]:
        interval = bootstrap(lambda rows: ratio_of(states, rows), num, subject.seed, rounds=50)
        by_size = [{"puzzles": size, "ratio": ratio_of(states, slice(size))} for size in sizes]
        return {"ratio": ratio_of(states, slice(None)), "ratio_95": list(interval), "by_puzzles": by_size}

    figures: dict[str, Any] = {
        "trained": {level: measured(trained[level]) for level in levels},
        "fresh": {level: measured(fresh[level]) for level in levels},
        "width": int(trained[levels[0]].shape[-1]),
        "published": {"trained": PUBLISHED, "fresh": PUBLISHED_FRESH, "cortex": CORTEX},
    }
    if {"H_level", "L_level"} <= set(levels):
        for weights, states in (("trained", trained), ("fresh", fresh)):
            figures[weights]["H_over_L"] = _h_over_l(states, ratio_of, num, subject.seed)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for index, level in enumerate(levels):
            for weights, line in (("trained", "-"), ("fresh", ":")):
                rows = figures[weights][level]["by_puzzles"]
                label = f"{level}, {'trained' if weights == 'trained' else 'untrained'}"
                x, y = [row["puzzles"] for row in rows], [row["ratio"] for row in rows]
                axes.plot(x, y, line, color=f"C{index}", marker="os"[index % 2], label=label)
                low, high = figures[weights][level]["ratio_95"]
                span = [[max(0, y[-1] - low)], [max(0, high - y[-1])]]
                axes.errorbar(x[-1:], y[-1:], span, color=f"C{index}", capsize=3)
        axes.set(xlabel="puzzles", ylabel="participation ratio", xscale="log")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small", frameon=False)

    return Finding("rank", "Dimensions that the levels use", figures, _sentence(figures, levels), draw)


def _h_over_l(states: dict[str, NDArray[np.float64]], ratio_of: Any, num: int, seed: int) -> dict[str, Any]:
    def quotient(rows: NDArray[np.int64] | slice) -> float:
        return float(ratio_of(states["H_level"], rows) / ratio_of(states["L_level"], rows))

    return {"ratio": quotient(slice(None)), "ratio_95": list(bootstrap(quotient, num, seed, rounds=50))}


def _sentence(figures: dict[str, Any], levels: list[str]) -> str:
    trained, fresh = figures["trained"], figures["fresh"]
    told = [
        f"{level} uses {said(trained[level], 1, of='ratio')} dimensions, untrained {said(fresh[level], 1, of='ratio')}"
        for level in levels
    ]
    if "H_over_L" in trained:
        low, high = trained["H_over_L"]["ratio_95"]
        verdict = "more than" if low > 1 else "fewer than" if high < 1 else "as far as can be told as many as"
        paper = PUBLISHED["H_level"] / PUBLISHED["L_level"]
        ratio = said(trained["H_over_L"], of="ratio")
        told.append(f"H {verdict} L, {ratio} times (the paper: {paper:.2f}; mouse cortex: {CORTEX})")
    return "; ".join(told) + "."

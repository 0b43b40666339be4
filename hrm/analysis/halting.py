"""Adaptive computation time: what stopping by the model's own word gives, against thinking for as long every time.

arXiv 2506.21734, figure 5, and the ARC Prize team's question of how much ACT is worth.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hrm.analysis.subject import Finding, Subject, band, mean_of, said
from hrm.evaluation.table import concatenate, evaluate, summarize

BEYOND = 4
"""Multiple of the segments of training up to which accuracy is measured; chosen by hand."""


def look_at_halting(subject: Subject) -> Finding:
    """Segments that ACT needs under every limit, and its accuracy against a fixed number; calibration of q_halt."""
    limit = BEYOND * subject.segments
    tables = evaluate(
        subject.model,
        subject.task,
        subject.runtime,
        max_segments=limit,
        batch_size=subject.batch_size,
        limit=len(subject.batch.inputs),
    )
    table = concatenate(list(tables))
    limits = [2**power for power in range(limit.bit_length()) if 2**power <= limit]
    rows = []
    for most in sorted({*limits, subject.segments}):
        at = np.minimum(table.halts_at, most)
        everyone = np.arange(len(at))
        act, fixed = table.solved[everyone, at - 1].astype(float), table.solved[:, most - 1].astype(float)
        rows.append(
            {
                "limit": most,
                "segments": mean_of(at.astype(float)),
                "act": mean_of(act),
                "fixed": mean_of(fixed),
                "act_minus_fixed": mean_of(act - fixed),
            }
        )
    summary = summarize(table)
    figures = {"trained_with": subject.segments, "limits": rows, "calibration": summary["calibration"]}

    def draw(figure: Any) -> None:
        left, middle, right = figure.subplots(1, 3)
        x = [row["limit"] for row in rows]
        for index, (field, label) in enumerate((("act", "until it halts"), ("fixed", "all segments"))):
            band(left, x, [row[field] for row in rows], color=f"C{index}", marker="os"[index], label=label)
        left.axvline(subject.segments, color="grey", linestyle="--", linewidth=0.8)
        left.set(xlabel="segments allowed", ylabel="puzzles solved, share", xscale="log")
        left.legend(fontsize="small", frameon=False)
        middle.plot(x, [row["segments"]["mean"] for row in rows], marker="o", color="C0")
        middle.plot(x, x, color="grey", linestyle=":", linewidth=0.8)
        middle.set(xlabel="segments allowed", ylabel="segments used (mean)", xscale="log", yscale="log")
        bins = (summary["calibration"] or {"bins": []})["bins"]
        right.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=0.8)
        right.plot([b["certainty"] for b in bins], [b["accuracy"] for b in bins], marker="o", color="C2")
        right.set(xlabel="certainty where it halts", ylabel="right, share")

    return Finding("halting", "Adaptive computation time", figures, _sentence(figures), draw)


def _sentence(figures: dict[str, Any]) -> str:
    trained = next(row for row in figures["limits"] if row["limit"] == figures["trained_with"])
    last, gain = figures["limits"][-1], trained["act_minus_fixed"]
    low, high = gain["mean_95"]
    verdict = "costs" if high < 0 else "gains" if low > 0 else "changes nothing that could be told:"
    points = said(gain, 1, times=-100 if high < 0 else 100)
    longer = 100 * (last["fixed"]["mean"] - trained["fixed"]["mean"])
    told = [
        f"with {trained['limit']} segments allowed it uses {trained['segments']['mean']:.1f}",
        f"against all {trained['limit']}, halting {verdict} {points} points",
        f"thinking on to {last['limit']} segments {'adds' if longer >= 0 else 'loses'} {abs(longer):.1f} points",
    ]
    if figures["calibration"] is not None:
        told.append(f"its certainty is off by {figures['calibration']['expected_calibration_error']:.2f} on average")
    return "; ".join(told) + "."

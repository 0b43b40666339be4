"""The same measures over the checkpoints of a run: when do they become what they are in the end?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hrm.analysis.rank import FEWEST, end_states, participation_ratio
from hrm.analysis.settle import LATE, Ends
from hrm.analysis.subject import Finding, Subject, band, mean_of, said
from hrm.errors import InputError
from hrm.models.base import Reasoner


def look_at_history(subject: Subject, checkpoints: Sequence[tuple[int, Reasoner]]) -> Finding:
    """Participation ratios, drift and accuracy of the model at every step that is kept. checkpoints: step, model."""
    if len(checkpoints) < 2:
        raise InputError(
            "history: at least two checkpoints are needed: train with --training.keep-checkpoints 0 and a smaller "
            "--training.save-every"
        )
    if len(subject.batch.inputs) < FEWEST:
        raise InputError(f"history: {len(subject.batch.inputs)} puzzles are too few; give {FEWEST} or more (--puzzles)")
    rows: list[dict[str, Any]] = []
    for step, model in checkpoints:
        then = replace(subject, model=model)
        states = end_states(model, then)
        ends = [Ends(then, batch) for batch in then.batches()]
        exact = [row for end in ends for row in end.exact[:, -1].astype(float)]
        drift = [row for end in ends for row in end.drift[:, -LATE:].mean(1)]
        rows.append(
            {
                "step": step,
                "ratio": {
                    level: participation_ratio(rows_.reshape(-1, rows_.shape[-1])) for level, rows_ in states.items()
                },
                "drift": mean_of(np.array(drift)),
                "solved": mean_of(np.array(exact)),
            }
        )
    levels = subject.levels

    def draw(figure: Any) -> None:
        panels = figure.subplots(1, 3)
        x = [row["step"] for row in rows]
        for index, level in enumerate(levels):
            ratios = [row["ratio"][level] for row in rows]
            panels[0].plot(x, ratios, marker="os"[index % 2], color=f"C{index}", label=level)
        panels[0].set_ylabel("participation ratio")
        panels[0].legend(fontsize="small", frameon=False)
        for axes, field in ((panels[1], "drift"), (panels[2], "solved")):
            band(axes, x, [row[field] for row in rows], color="C2", marker="o")
        panels[1].set_ylabel(f"drift, mean of the last {LATE} segments")
        panels[2].set_ylabel("puzzles solved, share")
        for axes in panels:
            axes.set_xlabel("training steps")

    return Finding("history", "Over training", {"checkpoints": rows}, _sentence(rows, levels), draw)


def _sentence(rows: list[dict[str, Any]], levels: list[str]) -> str:
    first, last = rows[0], rows[-1]
    told = [f"from step {first['step']:,} to {last['step']:,}"]
    told += [
        f"{level} uses {first['ratio'][level]:.1f} dimensions, then {last['ratio'][level]:.1f}" for level in levels
    ]
    told.append(f"solved are {said(first['solved'], 1, times=100)} %, then {said(last['solved'], 1, times=100)} %")
    told.append(f"late drift is {said(first['drift'])}, then {said(last['drift'])}")
    return "; ".join(told) + "."

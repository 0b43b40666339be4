"""The carry of a rounded model beside that of the exact one: how far they part, and when answers begin to differ.

Cell accuracy hides what rounding does to a recurrence: it is the carry that drifts, segment by segment.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hrm.analysis.subject import Finding, Subject, band, distance, mean_of, said, watched
from hrm.models.base import Reasoner
from hrm.nn.block import fit_levels
from hrm.runtime import Runtime
from hrm.store.quantize import dequantize, stored_as

Made = tuple[Reasoner, torch.dtype]


def rounded_models(subject: Subject) -> dict[str, Callable[[], Made]]:
    """Name -> the model, rounded in one way, and the precision that it computes in."""

    def stored(precision: str) -> Made:
        model = copy.deepcopy(subject.model)
        model.load_state_dict(dequantize(stored_as(model.state_dict(), precision)))  # type: ignore[arg-type]
        return model, torch.float32

    def int8_products() -> Made:
        model = copy.deepcopy(subject.model)
        fit_levels(model, Runtime(subject.runtime.device, torch.float32, False, int8=True))
        return model, torch.float32

    ways: dict[str, Callable[[], Made]] = {
        "weights float16": lambda: stored("float16"),
        "weights int8": lambda: stored("int8"),
        "bfloat16": lambda: (subject.model, torch.bfloat16),
    }
    return ways | ({"int8 products": int8_products} if subject.runtime.device.type == "cpu" else {})


def look_at_fidelity(subject: Subject) -> Finding:
    """Distance of the carry from float32's, and puzzles that are answered otherwise, after every segment."""
    exact = _course(subject, subject.model, torch.float32)
    found: dict[str, Any] = {}
    for name, make in rounded_models(subject).items():
        model, dtype = make()
        course = _course(subject, model, dtype)
        parted = [distance(a.float(), b.float()) for (a, *_), (b, *_) in zip(exact, course, strict=True)]
        differs = [(a != b).any(-1) for (_, a, _), (_, b, _) in zip(exact, course, strict=True)]
        first = np.where(np.any(differs, axis=0), np.argmax(differs, axis=0) + 1.0, np.nan)
        found[name] = {
            "carry": [mean_of(rows) for rows in parted],
            "answers": [mean_of(rows.astype(float)) for rows in differs],
            "first_difference": mean_of(first),
            "solved": mean_of(course[-1][2].astype(float)),
        }
    figures = {"float32": {"solved": mean_of(exact[-1][2].astype(float))}, "rounded": found}

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        steps = range(1, subject.segments + 1)
        for index, (name, rows) in enumerate(found.items()):
            for axes, field in ((left, "carry"), (right, "answers")):
                band(axes, steps, rows[field], color=f"C{index}", marker="os^D"[index], label=name)
        left.set(xlabel="segments", ylabel="distance of the carry from float32's", yscale="log")
        right.set(xlabel="segments", ylabel="puzzles answered otherwise, share")
        left.legend(fontsize="small", frameon=False)

    return Finding("fidelity", "Carry of rounded models", figures, _sentence(figures), draw)


def _course(
    subject: Subject, model: Reasoner, dtype: torch.dtype
) -> list[tuple[torch.Tensor, NDArray[np.int64], NDArray[np.bool_]]]:
    """Carry, answers and what is right of all puzzles after every segment."""
    segments: list[list[Any]] = [[] for _ in range(subject.segments)]
    for batch in subject.batches():
        for segment in watched(model, batch, subject.segments, dtype):
            answers = segment.prediction.logits.argmax(-1).cpu().numpy()
            right = subject.solved(batch, segment.prediction.logits)
            segments[segment.number - 1].append((segment.carry[0].float().cpu(), answers, right))
    joined = []
    for rows in segments:
        carries, given, rightness = zip(*rows, strict=True)
        joined.append((torch.cat(carries), np.concatenate(given), np.concatenate(rightness)))
    return joined


def _sentence(figures: dict[str, Any]) -> str:
    told = [f"float32 solves {100 * figures['float32']['solved']['mean']:.1f} %"]
    for name, rows in figures["rounded"].items():
        carry, answers = rows["carry"][-1], rows["answers"][-1]
        grows = all(a["mean"] < b["mean"] for a, b in pairwise(rows["carry"]))
        told.append(
            f"{name}: at the end the carry is off by {said(carry, 3)} of its size"
            f"{', more with every segment' if grows and len(rows['carry']) > 1 else ''}, "
            f"{100 * answers['mean']:.1f} % are answered otherwise, {100 * rows['solved']['mean']:.1f} % solved"
        )
    return "; ".join(told) + "."

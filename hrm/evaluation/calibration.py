"""The calibration of the model's certainty: how far it can be believed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NUM_BINS = 10
"""Bins of certainty from 0 to 1; chosen by hand (arXiv 1706.04599 takes 15), and the error depends on it."""


def calibration(certainty: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, Any]:
    """Probabilities (N,) against what came true (N,): bins of equal width, and the expected calibration error.

    The error is the mean distance between the certainty and the accuracy of a bin, weighted by its puzzles (arXiv
    1706.04599). Bins without a puzzle are left out.
    """
    which = np.minimum((certainty * NUM_BINS).astype(int), NUM_BINS - 1)
    bins = []
    for index in range(NUM_BINS):
        inside = which == index
        if inside.any():
            means = {"certainty": float(certainty[inside].mean()), "accuracy": float(right[inside].mean())}
            bins.append({"puzzles": int(inside.sum()), **means})
    error = sum(b["puzzles"] * abs(b["certainty"] - b["accuracy"]) for b in bins) / max(1, len(certainty))
    return {"bins": bins, "expected_calibration_error": error}

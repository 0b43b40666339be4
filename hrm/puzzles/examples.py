"""Examples: questions with their answers, as tokens. Files of puzzles are read into them, generators make them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Examples:
    """N questions with their answers."""

    inputs: NDArray[np.integer]  # (N, S) tokens
    labels: NDArray[np.integer]  # (N, S) tokens
    ratings: NDArray[np.float64]  # (N,): how hard, by the measure of the data; NaN where not known
    names: NDArray[Any]  # (N,): the row of the file, or which generated puzzle, from 0; or its place in words

    @staticmethod
    def of(
        inputs: NDArray[np.integer],
        labels: NDArray[np.integer],
        ratings: NDArray[np.float64] | None = None,
        names: NDArray[Any] | None = None,
    ) -> Examples:
        """All examples of a source: without ``ratings`` they are not known, without ``names`` they are numbered."""
        num = len(inputs)
        return Examples(
            inputs,
            labels,
            np.full(num, np.nan) if ratings is None else ratings,
            np.arange(num) if names is None else names,
        )

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, chosen: NDArray[np.int64] | slice) -> Examples:
        """Those with these numbers (n,), in this order; of a slice no copies are made."""
        return Examples(*(getattr(self, field.name)[chosen] for field in fields(self)))

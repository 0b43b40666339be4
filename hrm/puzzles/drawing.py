"""A board of symbols as text, for puzzles that need no lines between their cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.ansi import ANSWER, CHANGED, GIVEN, paint
from hrm.types import TaskSpec


def draw_cells(
    spec: TaskSpec,
    inputs: NDArray[np.int64],
    answer: NDArray[np.int64] | None = None,
    previous: NDArray[np.int64] | None = None,
) -> str:
    """Tokens (S,) -> lines of symbols with a space between them.

    Bold: as in ``inputs``; cyan: answered; on yellow: not as in ``previous``.
    """
    shown = inputs if answer is None else answer
    styles = np.where(shown == inputs, GIVEN, ANSWER).astype(object)
    if previous is not None:
        styles[shown != previous] = CHANGED
    drawn = [paint(spec.symbols[token], style) for token, style in zip(shown, styles, strict=True)]
    columns = spec.grid_shape[1]
    return "\n".join(" ".join(drawn[start : start + columns]) for start in range(0, len(drawn), columns))

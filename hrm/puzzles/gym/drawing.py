"""A question and its answer for a terminal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.ansi import ANSWER, CHANGED, GIVEN, paint
from hrm.puzzles.gym.layout import FILL, Layout

MOST_LINES = 40
"""Lines of a question that are shown: its end, if it has more. Chosen by hand."""


def draw(
    layout: Layout,
    inputs: NDArray[np.int64],
    answer: NDArray[np.int64] | None = None,
    previous: NDArray[np.int64] | None = None,
) -> str:
    """The text (S,), and below it the grid, or the answer in cyan; what changed since ``previous`` on yellow."""
    head = layout.num_text
    symbols = layout.spec.symbols
    text = "".join(symbols[token] for token in inputs[:head]).replace(FILL, "")
    lines = [paint(line, GIVEN) if line.strip() else line for line in text.split("\n")[-MOST_LINES:]] if text else []
    if layout.style == "text":
        if answer is not None:
            lines.append(f"-> {_painted(layout, answer, previous)}")
        return "\n".join(lines)
    return "\n".join([*lines, _grid(layout, inputs, answer, previous)])


def _grid(
    layout: Layout,
    inputs: NDArray[np.int64],
    answer: NDArray[np.int64] | None,
    previous: NDArray[np.int64] | None,
) -> str:
    """The cells, as wide as the longest word that stands in one."""
    shown = inputs if answer is None else answer
    before = shown if previous is None else previous
    words = [layout.cell(token) for token in shown[layout.num_text :]]
    width = max(map(len, words))
    drawn = []
    for place, word in enumerate(words, start=layout.num_text):
        style = GIVEN if shown[place] == inputs[place] else ANSWER
        drawn.append(paint(word.rjust(width), CHANGED if shown[place] != before[place] else style))
    columns = layout.shape[1]
    space = "" if layout.style == "drawing" else " "
    return "\n".join(space.join(drawn[start : start + columns]) for start in range(0, len(drawn), columns))


def _painted(layout: Layout, answer: NDArray[np.int64], previous: NDArray[np.int64] | None) -> str:
    before = answer if previous is None else previous
    tokens = zip(answer[layout.num_text :], before[layout.num_text :], strict=True)
    shown = [
        (layout.spec.symbols[token], CHANGED if token != earlier else ANSWER) for token, earlier in tokens if token
    ]
    return "".join(paint(symbol, style) for symbol, style in shown if symbol != FILL)

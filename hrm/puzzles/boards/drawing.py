"""A board as text with ANSI colours, a space between the cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hrm.puzzles.ansi import ANSWER, BLANK, BROKEN, CHANGED, GIVEN, paint
from hrm.puzzles.boards.family import Family, Tokens


def draw_board(family: Family, inputs: Tokens, answer: Tokens | None = None, previous: Tokens | None = None) -> str:
    """Tokens (S,) -> lines of text, laid out as the family has it.

    Bold: given; cyan: answered; faint: empty; on yellow: not as in ``previous``; red: breaks a rule.
    """
    shown = inputs if answer is None else answer
    styles = styles_of(family, inputs, answer, previous)
    if family.draw is not None:
        return family.draw(shown, styles)
    cells = [paint(family.spec.symbols[token], style) for token, style in zip(shown, styles, strict=True)]
    columns = family.spec.grid_shape[1]
    return "\n".join(" ".join(cells[first : first + columns]) for first in range(0, len(cells), columns))


def styles_of(family: Family, inputs: Tokens, answer: Tokens | None, previous: Tokens | None) -> list[str]:
    """The colour of every cell (S,); red adds to the others, so a wrong cell that has just changed shows both."""
    shown = inputs if answer is None else answer
    broken: NDArray[np.bool_] = np.zeros(len(inputs), dtype=np.bool_)
    if answer is not None:
        broken = family.broken(inputs[None], answer[None])[0]
    styles = np.where(shown == inputs, GIVEN, ANSWER).astype(object)
    if family.has_blank:
        styles[shown == family.asked[0]] = BLANK
    if previous is not None:
        styles[shown != previous] = CHANGED
    styles[broken] = [(style if style in (CHANGED, GIVEN) else "") + BROKEN for style in styles[broken]]
    return [str(style) for style in styles]

"""Names of augmented ARC tasks in the two published flavours, and the grids on their canvases."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Flavour = Literal["hrm", "trm"]
"""Whose builder a folder is like: HRM names ``007bbfb7_t3_0456213789``, TRM ``007bbfb7|||t3|||0456213789``."""

SEPARATORS: dict[Flavour, str] = {"hrm": "_", "trm": "|||"}

AUGMENTED = re.compile(r"(?P<task>.+?)(?P<separator>_|\|\|\|)t(?P<move>[0-7])(?P=separator)(?P<colours>[0-9]{10})")

FIRST_COLOUR = 2
"""Colour c is token c + 2: 0 is pad, 1 the end of the grid."""


class ArcName(NamedTuple):
    """An ARC task under one augmentation."""

    task: str
    move: int = 0  # as in ``augment.move``
    colours: str = "0123456789"  # colour c becomes colours[c]


def read_name(name: str) -> ArcName:
    """A name of either flavour; one without an augmentation is the task itself."""
    match = AUGMENTED.fullmatch(name)
    return ArcName(match["task"], int(match["move"]), match["colours"]) if match else ArcName(name)


def write_name(name: str, flavour: Flavour) -> str:
    """The same name in a flavour."""
    match = AUGMENTED.fullmatch(name)
    return SEPARATORS[flavour].join([match["task"], f"t{match['move']}", match["colours"]]) if match else name


def colour_grid(canvas: NDArray[np.integer]) -> list[list[int]]:
    """The grid of colours on a canvas (S,) of tokens, wherever it stands; everything else is pad or end."""
    size = round(len(canvas) ** 0.5)
    board = canvas.reshape(size, size)
    is_colour = board >= FIRST_COLOUR
    rows, columns = np.flatnonzero(is_colour.any(axis=1)), np.flatnonzero(is_colour.any(axis=0))
    grid = board[np.ix_(rows, columns)].astype(int) - FIRST_COLOUR
    return grid.tolist()

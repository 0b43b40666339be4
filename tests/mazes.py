"""Small mazes that several tests share, as lines of characters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAZE = "\n".join(["S # G", "  #  ", "  #  ", "     ", "##  #"])
"""Several shortest paths of 10 steps."""

FIRST = "\n".join(["So#oG", " o#o ", " o#o ", " ooo ", "##  #"])
"""Of the shortest paths the first in the order up, left, right, down."""

OTHER = "\n".join(["S # G", "o # o", "o # o", "ooooo", "##  #"])

RING = "\n".join(["S   G", " ### ", " # # ", " ### ", "     "])
"""Two paths: 4 steps and 12."""

SHORT = "\n".join(["SoooG", " ### ", " # # ", " ### ", "     "])

LONG = "\n".join(["S   G", "o###o", "o# #o", "o###o", "ooooo"])


def flat(text: str) -> str:
    """Lines of characters -> one line."""
    return "".join(text.splitlines())


def cells(text: str) -> NDArray[np.int64]:
    """Characters -> tokens (S,) in the encoding of Maze-Hard, written out here once more."""
    return np.array(["# SGo".index(character) + 1 for character in flat(text)])

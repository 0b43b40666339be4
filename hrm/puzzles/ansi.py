"""The colours of boards in a terminal: the same meaning for every puzzle."""

from __future__ import annotations

import re

# Codes of ECMA-48 (SGR): they say what, a terminal says in which shade.
RESET = "\x1b[0m"
GIVEN = "\x1b[1m"  # bold
ANSWER = "\x1b[36m"  # cyan
CHANGED = "\x1b[30;43m"  # black on yellow
BROKEN = "\x1b[31m"  # red
BLANK = "\x1b[2m"  # faint

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""The codes that ``paint`` adds, to take them away from a board that is pasted back."""


def paint(text: str, style: str) -> str:
    """``text`` in ``style``; an empty style leaves it alone."""
    return f"{style}{text}{RESET}" if style else text

"""The characters of a maze: what a letter means is decided for the whole of it."""

from __future__ import annotations

import re
from collections import Counter

from hrm.puzzles.maze.tokens import FREE, GOAL, PATH, START, SYMBOLS, WALL

CELLS = dict.fromkeys("#█▓■⬛", WALL) | dict.fromkeys(" ._·□⬜", FREE) | dict.fromkeys("Ss", START)
CELLS |= dict.fromkeys("Gg", GOAL)
"""Characters that always mean the same. Editors drop spaces at the end of a line: hence the other free cells."""

STARTS, GOALS = "AP@2", "EXFTDB3"
"""Other characters for the start and the goal, the most usual first; each where it stands once."""

WALLS = "X%1"
"""Other characters for walls, where a maze has none of the usual ones."""


def table_for(maze: str) -> dict[str, int]:
    """Character -> token, for all characters of a maze whose meaning is known: ``E`` (end) is the goal where there is
    no ``G`` and one ``E``; ``X`` a wall where there are many and no ``#``."""
    counts = Counter(maze.upper())
    table = dict(CELLS)
    is_free = {WALL: True, START: True, GOAL: True}
    for character in counts:
        if character in table:
            is_free[table[character]] = False
    if is_free[WALL]:
        wall = next((character for character in WALLS if counts[character] > 1), None)
        if wall is not None:
            table[wall] = table[wall.lower()] = WALL
            if wall == "1":
                table["0"] = FREE
    for end, characters in ((START, STARTS), (GOAL, GOALS)):
        if is_free[end]:
            found = next((one for one in characters if counts[one] == 1 and one not in table), None)
            if found is not None:
                table[found] = table[found.lower()] = end
    if not any(CELLS.get(character) == FREE for character in counts) and counts["-"]:
        table["-"] = FREE
    return table


def is_words(line: str) -> bool:
    """True for a line over a maze: it has a word of other letters than those of cells."""
    return any(set(word.upper()) - set("SGO" + STARTS + GOALS + WALLS) for word in re.findall(r"[^\W\d_]{3,}", line))


def describe_character(character: str) -> str:
    """The reason why a character is no cell of a maze to solve."""
    if character == SYMBOLS[PATH]:
        return f"{character!r} is a cell of a path, but a maze to solve has none drawn: write a free cell"
    return f"{character!r} is neither a wall (#) nor a free cell (space or .) nor S or G"

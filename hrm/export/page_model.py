"""The description of a model that a page reads, as far as it is about puzzles: ``model.json``, shown as a type in
``site/types.js``. The page knows no task: what a person may write, what a cell is called, which rules there are, all
stands here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.inference.options import DEFAULT_ATTEMPTS
from hrm.inference.solver import LONGER
from hrm.puzzles.base import InWords
from hrm.puzzles.boards.family import Family
from hrm.puzzles.maze.letters import CELLS
from hrm.puzzles.maze.rules import MazeRules
from hrm.puzzles.maze.text import CORNERS, SIDES
from hrm.puzzles.maze.tokens import FREE, GOAL, START, WALL
from hrm.puzzles.sudoku.problems import SudokuRules
from hrm.puzzles.sudoku.readings import BLANKS, FRAME
from hrm.puzzles.sudoku.rules import DIGITS, Layout
from hrm.store.folder import LoadedModel
from hrm.tasks.base import Task
from hrm.tasks.board import BoardTask
from hrm.tasks.seeds import Stream, rng

FEWEST = {4: 4, 6: 8, 9: 17, 16: 0}
"""Size of a Sudoku -> givens below which it always has several solutions (9 x 9: arXiv 1201.0749); 0: not known."""

MOST_ATTEMPTS = 32
"""With the first one, which is under no symmetry. Of 30 x 30 cells there are 8 in all; chosen by hand."""

DRAWS = 4
"""Times that so many symmetries are drawn, of which those that are new are kept: all 7 moves of a maze are found but
once in a million million."""

SPACE = " \t\n\r"
JSON = '[],"'


class Cells(NamedTuple):
    """The cells of a family of puzzles, as the page writes, reads and names them (``site/types.js``)."""

    symbols: list[str]
    names: list[str]
    line: list[str]
    typed: dict[str, int]
    skipped: str
    blank: int
    keys: list[int]


def check_page(task: Task) -> None:
    """``InputError`` for a task whose puzzles cannot be put into a page."""
    if task.spec.num_puzzles > 1:
        raise InputError(
            f"this model knows {task.spec.num_puzzles:,} puzzles by their ids, and a puzzle of a visitor's own is none "
            "of them, so it cannot be a page. Train on pairs instead (hrm train grid --data my_task.json), or let "
            "'hrm eval' answer its puzzles"
        )
    if task.text is None:
        raise InputError("puzzles of this task cannot be typed, so it cannot be a page: let 'hrm eval' answer them")
    if isinstance(task.text, InWords):
        raise InputError(
            "these questions are texts, and a page shows boards alone, so it cannot be a page: ask it with "
            "'hrm solve --model', or export it (hrm export --format onnx)"
        )


def facts(loaded: LoadedModel) -> dict[str, Any]:
    """The part of ``model.json`` that follows from the task."""
    task = loaded.task
    return {
        "grid": list(task.spec.grid_shape),
        **cells_of(task)._asdict(),
        "open": open_tokens(task),
        "rules": rules_of(task),
        "symmetries": symmetries_of(task),
    }


def halting_of(loaded: LoadedModel) -> dict[str, int]:
    """Segments of an attempt and attempts, as ``hrm solve`` has them when nothing is said."""
    has_several = rules_of(loaded.task) is not None and loaded.task.symmetries is not None
    return {"segments": LONGER * loaded.max_segments, "attempts": DEFAULT_ATTEMPTS if has_several else 1}


def rules_of(task: Task) -> dict[str, Any] | None:
    """Rules that the page has a function for, by name; None: only a label would tell."""
    rows, columns = task.spec.grid_shape
    if isinstance(task.rules, SudokuRules):
        layout = task.rules.layout
        units, fewest = layout.units.tolist(), FEWEST[layout.size]
        return {"name": "sudoku", "units": units, "box": list(layout.box_shape), "fewest": fewest}
    if isinstance(task.rules, MazeRules):
        return {"name": "maze", "units": [], "box": [rows, columns], "fewest": 0}
    if isinstance(task, BoardTask) and task.family.page_units is not None:
        units = [list(unit) for unit in task.family.page_units]
        return {"name": task.family.name, "units": units, "box": [rows, columns], "fewest": 0}
    return None


def cells_of(task: Task) -> Cells:
    """Cells by the rules, or of a grid of symbols."""
    if isinstance(task.rules, SudokuRules):
        return _sudoku_cells(task.rules.layout)
    if isinstance(task, BoardTask):
        return _family_cells(task.family)
    return _maze_cells() if isinstance(task.rules, MazeRules) else _grid_cells(list(task.spec.symbols))


def _sudoku_cells(layout: Layout) -> Cells:
    digits = list(DIGITS[: layout.size])
    typed = {digit: token for token, digit in enumerate(digits, start=2)}
    typed |= {digit.lower(): token for digit, token in typed.items()} | dict.fromkeys(BLANKS, 1)
    skipped = "".join(c for c in FRAME + SPACE if c not in typed)
    names = ["nothing", "blank", *digits]
    return Cells(["?", "", *digits], names, ["?", ".", *digits], typed, skipped, 1, [*range(2, layout.size + 2), 1])


def _maze_cells() -> Cells:
    names, line = ["nothing", "wall", "free", "start", "goal", "path"], ["?", "#", ".", "S", "G", "o"]
    skipped = SIDES + CORNERS + "┐┘─╗╝═\r\n"
    return Cells(["?", "#", "", "S", "G", "•"], names, line, dict(CELLS), skipped, FREE, [WALL, FREE, START, GOAL])


def _family_cells(family: Family) -> Cells:
    line, asked = list(family.spec.symbols), list(family.asked)
    typed = {line[token]: token for token in asked} | dict(family.letters)
    skipped = "".join(c for c in SPACE + JSON if c not in typed)
    return Cells(list(family.page or line), list(family.names), line, typed, skipped, asked[0], asked)


def _grid_cells(symbols: list[str]) -> Cells:
    typed = {symbol: token for token, symbol in enumerate(symbols) if token}
    blank = next((typed[symbol] for symbol in ".0_ " if symbol in typed), 1)
    names = ["nothing", *("space" if symbol == " " else symbol for symbol in symbols[1:])]
    skipped = "".join(c for c in SPACE + JSON if c not in typed)
    return Cells(symbols, names, symbols, typed, skipped, blank, list(range(1, len(symbols))))


def open_tokens(task: Task) -> list[int] | None:
    """Tokens whose cells may have several answers; None where the task does not say."""
    answers = task.spec.answers
    return [token for token, others in enumerate(answers) if len(others) > 1] if answers else None


def symmetries_of(task: Task) -> list[dict[str, list[int]]]:
    """Symmetries for further attempts, drawn as those of ``hrm solve`` are, all different."""
    found: dict[bytes, dict[str, list[int]]] = {}
    for number in range(DRAWS if task.symmetries is not None else 0):
        assert task.symmetries is not None
        drawn = task.symmetries.draw(MOST_ATTEMPTS, rng(Stream.PAGE, number))
        back = drawn.inverse().cells
        for row, key in enumerate(zip(drawn.cells, drawn.tokens, strict=True)):
            moves = any((part != np.arange(len(part))).any() for part in key)
            if moves and len(found) < MOST_ATTEMPTS - 1:
                one = {"cells": drawn.cells[row], "tokens": drawn.tokens[row], "back": back[row]}
                found.setdefault(b"".join(part.tobytes() for part in key), {k: _whole(v) for k, v in one.items()})
    return list(found.values())


def _whole(numbers: NDArray[np.integer]) -> list[int]:
    return [int(number) for number in numbers]


def written(tokens: NDArray[np.integer], cells: Cells) -> str:
    """Tokens (S,) as a line that the page reads."""
    return "".join(cells.line[token] for token in tokens)

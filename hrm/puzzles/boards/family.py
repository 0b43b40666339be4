"""A family of puzzles as data and a few functions: everything that one has to say, and nothing that all have in common.

A family is made by a function of its settings, ``lights_out(size)`` say; it is one file beside this folder. What
follows from it stands here: rules as the rest of the program asks for them, typed puzzles (``text.py``), files
(``files.py``), generated sets (``making.py``), drawings (``drawing.py``) and scores (``scores.py``). The task over it
is hrm/tasks/board.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.puzzles.boards.symmetry import ListedSymmetries
from hrm.types import TaskSpec

Tokens = NDArray[np.integer]
"""Boards (N, S), or one (S,)."""

PAD = "?"
"""The symbol of token 0, which no cell has."""

SEVERAL = "several solutions"
"""The fault of a puzzle that should have one."""


class GaveUpError(InputError):
    """A search that ended before it knew. The same words for the same amount of work: they are counted."""

    def __init__(self, guesses: int) -> None:
        super().__init__(f"the search gave up after {guesses:,} guesses: nobody knows whether there is one solution")


class Line(NamedTuple):
    """A line of a text that a person wrote."""

    number: int  # from 1
    text: str
    fault: str = ""  # why the board of this line is none


class Made(NamedTuple):
    """A random puzzle and its answer."""

    inputs: Tokens  # (S,)
    labels: Tokens  # (S,)


@dataclass(frozen=True, kw_only=True)
class Family:
    """One family at one size and one difficulty."""

    name: str
    """As in ``hrm data info NAME``; the browser looks its rules up by it (hrm/export/site/families.js)."""
    title: str
    """As a person calls one of them: ``a Lights Out board``."""
    statement: str
    """The task in words and in the symbols of ``spec``, for who has never seen such a puzzle."""
    spec: TaskSpec
    """Tokens, cells, symbols; token 0 is ``PAD``. A symbol is one character of Latin-1, other than a comma."""
    names: tuple[str, ...]
    """Token -> words for it, in messages and for those who hear a page."""
    asked: tuple[int, ...]
    """Tokens that a question may have, the one of an empty cell first."""
    has_blank: bool = True
    """The first of them is an empty cell, which is drawn faint, and what a cell that nothing was written into has."""
    symmetries: ListedSymmetries
    """Everything that turns a puzzle into another one; augmentation draws from it."""

    make: Callable[[np.random.Generator], Made | None]
    """A random puzzle; None where this draw came to nothing. All that is random comes from the generator."""
    solve: Callable[[Tokens], Tokens | None]
    """The label (S,) of a question (S,) of asked tokens; None where it is left open: several answers and no rule which
    one is shown. Raises ``InputError`` that says why there is no answer, ``GaveUpError`` where that is not known."""
    solved: Callable[[Tokens, Tokens], NDArray[np.bool_]]
    """True (N,) where answers (N, S), any tokens at all, solve questions (N, S) by the rules: never by a label."""
    broken: Callable[[Tokens, Tokens], NDArray[np.bool_]]
    """Cells (N, S) of answers that break a rule, to be drawn red."""
    measures: Mapping[str, Callable[[Tokens, Tokens], NDArray[np.integer]]]
    """Name -> whole numbers (N,) that tell how hard questions with labels (N, S) are. The first is the rating."""

    is_unique: bool = True
    """A puzzle with several right answers is none."""
    if_few: str
    """The settings to change where random puzzles repeat one another: "a larger task.size", say."""
    if_none: str = ""
    """The settings to change where draws come to nothing; the same when not given."""
    canonical: Callable[[Tokens, Tokens], Tokens] | None = None
    """Labels (N, S) of questions (N, S) with right answers (N, S), by the rule of ``solve``: where a puzzle may have
    several, the label of a turned puzzle need not be its turned label. None: it is."""
    held_out_keys: Callable[[Tokens, Tokens], list[bytes]] | None = None
    """What no training puzzle has in common with a held-out one (N), the same under all symmetries. None: itself."""
    letters: Mapping[str, int] = field(default_factory=dict)
    """More characters that people write in a question -> tokens, beside the symbols."""
    plain: Callable[[list[Line]], list[Line]] | None = None
    """Typed lines -> lines of one symbol a cell, for boards that people write in another way; what is not understood
    goes through as it is, and is refused for its characters or their number."""
    draw: Callable[[Tokens, list[str]], str] | None = None
    """Lines of text from the tokens (S,) of a board and the style of each (``puzzles/ansi.py``); None: symbols with a
    space between."""
    page: tuple[str, ...] = ()
    """Token -> what a cell of a page shows; (): its symbol."""
    page_units: Sequence[Sequence[int]] | None = None
    """Cells that belong together, as the rules of a page want them (hrm/export/site/families.js); None: no page has the
    rules of this family, and none says "solved"."""

    def keys_apart(self, inputs: Tokens, labels: Tokens) -> list[bytes]:
        """Keys (N): puzzles with one key are never on both sides of a split."""
        return (self.held_out_keys or self.symmetries.keys)(inputs, labels)

    def rate(self, inputs: Tokens, labels: Tokens) -> NDArray[np.float64]:
        """The first of the measures (N,)."""
        return next(iter(self.measures.values()))(inputs, labels).astype(np.float64)


class FamilyRules:
    """``Rules`` of a family."""

    def __init__(self, family: Family) -> None:
        self.family = family

    def are_solved(self, inputs: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        return self.family.solved(inputs, answers)

    def problems(self, inputs: Tokens, labels: Tokens) -> list[str | None]:
        solved = self.family.solved(inputs, labels)
        return [problem_of(self.family, row, bool(good)) for row, good in zip(inputs, solved, strict=True)]


def problem_of(family: Family, question: Tokens, is_solved: bool) -> str | None:
    """The fault of a question (S,), any tokens, whose label solves it or not; None: nothing is wrong."""
    if not np.isin(question, family.asked).all():
        return f"a question with cells that are none of {family.title}"
    try:
        answer = family.solve(question)
    except GaveUpError as error:
        return str(error) if is_solved else "the label breaks the rules"
    except InputError as error:
        return str(error)
    if not is_solved:
        return "the label breaks the rules"
    return SEVERAL if answer is None and family.is_unique else None


def or_larger(size: int, sizes: range) -> str:
    """The end of an advice: a larger board, where there is one."""
    return " or a larger task.size" if size < sizes[-1] else ""

"""Delivery, a problem of planning: in which order does a courier call at all stops, by the shortest way?

Parcel a waits at ``a`` and goes to ``A``, b to ``B``, and so on; whoever gets a parcel has to be called at after the
place where it waits. The courier starts at ``S``, walks from cell to cell around the walls, and ends wherever the last
parcel goes (a pickup and delivery problem with one vehicle, open at the end). The answer writes on every stop when it
is called at: 1, 2, 3 ... Several orders may be equally short, and any of these is right; the label is the one whose
stops, one after the other, come first in reading order.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError, require_from
from hrm.puzzles.boards.family import PAD, Family, Made, Tokens, or_larger
from hrm.puzzles.boards.symmetry import ListedSymmetries
from hrm.puzzles.maze.paths import UNREACHABLE, distances
from hrm.puzzles.symmetry import moved_cells
from hrm.types import TaskSpec

SIZES = range(4, 11)
PARCELS = range(1, 4)
"""With three there are 90 orders, all of which are measured; with four there would be 2,520."""

WALL, FREE, START = 1, 2, 3


def delivery(size: int, parcels: int = 2, walls: tuple[float, float] = (0.1, 0.3)) -> Family:
    """The family. walls: least and greatest share of the cells that are walls. Raises ``InputError``."""
    require_from(SIZES[0], SIZES[-1], size=size)
    require_from(PARCELS[0], PARCELS[-1], parcels=parcels)
    if not 0 <= walls[0] <= walls[1] <= 0.5:
        raise InputError(f"walls ({walls[0]}, {walls[1]}): give the least and the greatest share, from 0 to 0.5")
    town = _Town(size, parcels)
    symbols, ranks = town.symbols, tuple(town.calls.tolist())

    def solve(question: Tokens) -> Tokens:
        if fault := town.fault(question):
            raise InputError(fault)
        return town.labels(question[None])[0]

    return Family(
        name="delivery",
        title="a delivery board",
        statement=(
            f"A courier on {size} x {size} cells: # is a wall, a dot a free cell, S the start; a step leads up, down, "
            f"left or right, to a cell that is no wall. {town.parcels_in_words()} The courier starts at S and calls at "
            "every such place once, at the one where a parcel waits before the one where it goes. Find an order of "
            "calls that takes the fewest steps in all; the way ends with the last call. The answer is the board with "
            "the number of the call (1 is the first) in place of every such letter; all other cells stay as they are."
        ),
        spec=TaskSpec.of_grid(
            (size, size),
            symbols,
            answers=((0,), (WALL,), (FREE,), (START,), *(ranks for _ in town.stops), *((rank,) for rank in ranks)),
        ),
        names=(
            *("nothing", "wall", "free", "start"),
            *(f"parcel {letter} waits" for letter in "abc"[:parcels]),
            *(f"parcel {letter} goes here" for letter in "abc"[:parcels]),
            *(f"call {number}" for number in range(1, len(ranks) + 1)),
        ),
        asked=(FREE, WALL, START, *town.stops.tolist()),
        symmetries=_turned_and_renamed(size, parcels, len(symbols)),
        make=lambda draws: town.random_puzzle(walls, draws),
        solve=solve,
        solved=town.solved,
        broken=town.broken,
        if_few=f"a wider range of task.walls, other task.parcels{or_larger(size, SIZES)}",
        if_none=f"fewer task.walls, fewer task.parcels{or_larger(size, SIZES)}",
        measures={"steps": lambda questions, _: town.lengths(questions, town.places(questions)).min(axis=1)},
        is_unique=False,
        canonical=lambda questions, _: town.labels(questions),
        letters={"_": FREE, "0": FREE, "·": FREE, "█": WALL, "s": START},
        page=(PAD, "", "", *symbols[3:]),
        page_units=[],
    )


class _Town:
    """Boards of one size with so many parcels. Questions (N, S) have the start and every stop once where it is not said
    otherwise."""

    def __init__(self, size: int, parcels: int) -> None:
        self.size, self.parcels, num = size, parcels, 2 * parcels
        self.symbols = (PAD, "#", ".", "S", *"abc"[:parcels], *"ABC"[:parcels], *"123456"[:num])
        self.stops = np.arange(START + 1, START + 1 + num)  # tokens: where parcels wait, then customers
        self.calls = np.arange(START + 1 + num, START + 1 + 2 * num)  # tokens: first, second ... call
        self.orders = np.array(  # (P, stops): a parcel is fetched before it is brought
            [o for o in permutations(range(num)) if all(o.index(i) < o.index(i + parcels) for i in range(parcels))]
        )

    def parcels_in_words(self) -> str:
        """The letters on a board, in words."""
        return " ".join(f"A parcel waits at {letter} and goes to {letter.upper()}." for letter in "abc"[: self.parcels])

    def places(self, questions: Tokens) -> NDArray[np.int64]:
        """The cells (N, 1 + stops) of the start and of all stops."""
        return np.stack([(questions == token).argmax(axis=1) for token in (START, *self.stops)], axis=1)

    def lengths(self, questions: Tokens, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The steps (N, P) of every order; at: ``places``."""
        N, num = at.shape
        open_ = np.repeat(questions != WALL, num, axis=0)
        apart = distances(open_, at.ravel()).reshape(N, num, -1).astype(np.int64)
        between = np.take_along_axis(apart, at[:, None], axis=2)  # (N, from, to)
        path = np.concatenate((np.zeros((len(self.orders), 1), dtype=np.int64), self.orders + 1), axis=1)
        return np.asarray(between[:, path[:, :-1], path[:, 1:]].sum(axis=2))

    def labels(self, questions: Tokens) -> NDArray[np.int64]:
        """The shortest order on every board (N, S), of several the one whose stops come first."""
        at = self.places(questions)
        steps = self.lengths(questions, at)
        cells = at[:, 1 + self.orders]  # (N, P, stops), in the order of the calls
        first = (cells * (self.size**2) ** np.arange(len(self.stops))[::-1]).sum(axis=2)  # as one number
        best = np.where(steps == steps.min(axis=1, keepdims=True), first, np.iinfo(np.int64).max).argmin(axis=1)
        answers, called = questions.astype(np.int64), cells[np.arange(len(best)), best]
        np.put_along_axis(answers, called, self.calls[None].repeat(len(best), axis=0), axis=1)
        return answers

    def random_puzzle(self, walls: tuple[float, float], draws: np.random.Generator) -> Made | None:
        question = np.full(self.size**2, FREE)
        cells = draws.permutation(self.size**2)
        num_walls = round(float(draws.uniform(*walls)) * self.size**2)
        question[cells[:num_walls]] = WALL
        question[cells[num_walls : num_walls + len(self.stops) + 1]] = (START, *self.stops)
        return None if self.fault(question) else Made(question, self.labels(question[None])[0])

    def fault(self, question: Tokens) -> str | None:
        """The reason why nobody can deliver on any board (S,), in words."""
        for token in (START, *self.stops):
            if (found := int((question == token).sum())) != 1:
                return f"{self.symbols[token]!r} stands {found} times on the board: once is wanted"
        reach = distances((question != WALL)[None], np.array([(question == START).argmax()]))[0]
        walled = [self.symbols[token] for token in self.stops if reach[question == token] == UNREACHABLE]
        return f"no way leads from 'S' to {walled[0]!r}" if walled else None

    def are_sound(self, questions: Tokens) -> NDArray[np.bool_]:
        """True (N,) for boards without a fault."""
        is_once = np.stack([(questions == token).sum(axis=1) == 1 for token in (START, *self.stops)]).all(axis=0)
        at = self.places(questions)
        reach = np.take_along_axis(distances(questions != WALL, at[:, 0]), at, axis=1)
        return np.asarray(is_once & (reach != UNREACHABLE).all(axis=1))

    def broken(self, questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        """Cells (N, S) of any answers to any boards: stops that are called at twice, too early or not at all, all stops
        of an order that is too long, cells that are not as given; all of a board with a fault."""
        found = np.where(np.isin(questions, self.stops), ~np.isin(answers, self.calls), answers != questions)
        at = self.places(questions)[:, 1:]
        told = np.take_along_axis(answers, at, axis=1)
        is_twice = (told[:, :, None] == told[:, None, :]).sum(axis=2) > 1
        is_late = np.tile(told[:, : self.parcels] >= told[:, self.parcels :], 2)
        is_long = np.zeros(len(answers), dtype=np.bool_)
        sound = self.are_sound(questions)
        rows = np.flatnonzero(sound & ~(found.any(axis=1) | is_twice.any(axis=1) | is_late.any(axis=1)))
        if rows.size:
            steps = self.lengths(questions[rows], self.places(questions[rows]))
            is_it = (self.orders == np.argsort(told[rows], axis=1)[:, None]).all(axis=2)
            is_long[rows] = steps[is_it] > steps.min(axis=1)
        wrong = is_twice | is_late | is_long[:, None] | np.take_along_axis(found, at, axis=1)
        np.put_along_axis(found, at, wrong, axis=1)
        return np.asarray(found | ~sound[:, None])

    def solved(self, questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        """True (N,) where nothing is broken."""
        return np.asarray(~self.broken(questions, answers).any(axis=1))


def _turned_and_renamed(size: int, parcels: int, num_tokens: int) -> ListedSymmetries:
    """The eight positions, with the parcels named in every order."""
    renamings = []
    for order in permutations(range(parcels)):
        tokens = np.arange(num_tokens)
        for kind in (0, parcels):
            first = START + 1 + kind
            tokens[first : first + parcels] = first + np.array(order)
        renamings.append(tokens)
    cells = moved_cells(size)
    return ListedSymmetries(np.repeat(cells, len(renamings), axis=0), np.tile(renamings, (len(cells), 1)))

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
from hrm.puzzles.boards.family import PAD, Family, Made, Tokens
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
    least, most = walls
    if not 0 <= least <= most <= 0.5:
        raise InputError(f"walls ({least}, {most}): give the least and the greatest share, from 0 to 0.5")
    num = 2 * parcels
    waiting, customers = ("abc"[:parcels], "ABC"[:parcels])
    symbols = (PAD, "#", ".", "S", *waiting, *customers, *"123456"[:num])
    stops = np.arange(START + 1, START + 1 + num)  # tokens: where parcels wait, then customers
    calls = np.arange(START + 1 + num, START + 1 + 2 * num)  # tokens: first, second ... call
    orders = np.array(
        [o for o in permutations(range(num)) if all(o.index(p) < o.index(p + parcels) for p in range(parcels))]
    )

    def places(questions: Tokens) -> NDArray[np.int64]:
        """The cells (N, 1 + 2 parcels) of the start and of all stops, each of which there must be once."""
        return np.stack([(questions == token).argmax(axis=1) for token in (START, *stops)], axis=1)

    def lengths(questions: Tokens, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The steps (N, P) of every order."""
        N, S = questions.shape
        sources = at.ravel()
        open_ = np.repeat(questions != WALL, num + 1, axis=0)
        apart = distances(open_, sources).reshape(N, num + 1, S).astype(np.int64)
        between = np.take_along_axis(apart, at[:, None], axis=2)  # (N, from, to)
        path = np.concatenate((np.zeros((len(orders), 1), dtype=np.int64), orders + 1), axis=1)
        return np.asarray(between[:, path[:, :-1], path[:, 1:]].sum(axis=2))

    def labels(questions: Tokens) -> NDArray[np.int64]:
        at = places(questions)
        steps = lengths(questions, at)
        cells = at[:, 1 + orders]  # (N, P, stops), in the order of the calls
        first = (cells * (size**2) ** np.arange(num)[::-1]).sum(axis=2)  # as one number: which comes first
        best = np.where(steps == steps.min(axis=1, keepdims=True), first, np.iinfo(np.int64).max).argmin(axis=1)
        answers = questions.astype(np.int64)
        np.put_along_axis(answers, cells[np.arange(len(best)), best], calls[None].repeat(len(best), axis=0), axis=1)
        return answers

    def make(draws: np.random.Generator) -> Made | None:
        question = np.full(size**2, FREE)
        cells = draws.permutation(size**2)
        num_walls = round(float(draws.uniform(least, most)) * size**2)
        question[cells[:num_walls]] = WALL
        question[cells[num_walls : num_walls + num + 1]] = (START, *stops)
        if is_fault(question):
            return None
        return Made(question, labels(question[None])[0])

    def is_fault(question: Tokens) -> str | None:
        for token in (START, *stops):
            if (found := int((question == token).sum())) != 1:
                return f"{symbols[token]!r} stands {found} times on the board: once is wanted"
        reach = distances((question != WALL)[None], np.array([(question == START).argmax()]))[0]
        walled = [symbols[token] for token in stops if reach[question == token] == UNREACHABLE]
        return f"no way leads from 'S' to {walled[0]!r}" if walled else None

    def solve(question: Tokens) -> Tokens:
        if fault := is_fault(question):
            raise InputError(fault)
        return labels(question[None])[0]

    def are_sound(questions: Tokens) -> NDArray[np.bool_]:
        """True (N,) for questions without a fault."""
        is_once = np.stack([(questions == token).sum(axis=1) == 1 for token in (START, *stops)]).all(axis=0)
        at = places(questions)
        reach = np.take_along_axis(distances(questions != WALL, at[:, 0]), at, axis=1)
        return np.asarray(is_once & (reach != UNREACHABLE).all(axis=1))

    def broken(questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        found = np.where(np.isin(questions, stops), ~np.isin(answers, calls), answers != questions)
        at = places(questions)[:, 1:]
        told = np.take_along_axis(answers, at, axis=1)
        is_twice = (told[:, :, None] == told[:, None, :]).sum(axis=2) > 1
        is_late = np.tile(told[:, :parcels] >= told[:, parcels:], 2)
        is_long = np.zeros(len(answers), dtype=np.bool_)
        sound = are_sound(questions)
        rows = np.flatnonzero(sound & ~(found.any(axis=1) | is_twice.any(axis=1) | is_late.any(axis=1)))
        if rows.size:
            steps = lengths(questions[rows], places(questions[rows]))
            is_it = (orders == np.argsort(told[rows], axis=1)[:, None]).all(axis=2)
            is_long[rows] = steps[is_it] > steps.min(axis=1)
        wrong = is_twice | is_late | is_long[:, None] | np.take_along_axis(found, at, axis=1)
        np.put_along_axis(found, at, wrong, axis=1)
        return np.asarray(found | ~sound[:, None])

    def solved(questions: Tokens, answers: Tokens) -> NDArray[np.bool_]:
        return np.asarray(~broken(questions, answers).any(axis=1))

    def steps_of(questions: Tokens, _: Tokens) -> NDArray[np.integer]:
        return lengths(questions, places(questions)).min(axis=1)

    ranks = tuple(calls.tolist())
    return Family(
        name="delivery",
        title="a delivery board",
        spec=TaskSpec(
            vocab_size=len(symbols),
            seq_len=size**2,
            num_puzzles=1,
            grid_shape=(size, size),
            symbols=symbols,
            answers=((0,), (WALL,), (FREE,), (START,), *(ranks for _ in stops), *((rank,) for rank in ranks)),
        ),
        names=(
            *("nothing", "wall", "free", "start"),
            *(f"parcel {letter} waits" for letter in waiting),
            *(f"parcel {letter} goes here" for letter in waiting),
            *(f"call {number}" for number in range(1, num + 1)),
        ),
        asked=(FREE, WALL, START, *stops.tolist()),
        symmetries=_turned_and_renamed(size, parcels, len(symbols)),
        make=make,
        solve=solve,
        solved=solved,
        broken=broken,
        measures={"steps": steps_of},
        is_unique=False,
        canonical=lambda questions, _: labels(questions),
        letters={"_": FREE, "0": FREE, "·": FREE, "█": WALL, "s": START},
        page=(PAD, "", "", *symbols[3:]),
        page_units=[],
    )


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

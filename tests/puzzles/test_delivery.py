from __future__ import annotations

from collections import deque
from itertools import permutations

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.boards.family import Family
from hrm.puzzles.boards.text import FamilyText
from hrm.puzzles.delivery import delivery

BOARD = """
S.a.
##..
B.A.
b...
"""


def steps(rows: list[str], start: tuple[int, int], goal: tuple[int, int]) -> int:
    """Breadth first, once more."""
    seen, queue = {start: 0}, deque([start])
    while queue:
        i, j = here = queue.popleft()
        if here == goal:
            return seen[here]
        for there in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
            inside = 0 <= there[0] < len(rows) and 0 <= there[1] < len(rows)
            if inside and there not in seen and rows[there[0]][there[1]] != "#":
                seen[there] = seen[here] + 1
                queue.append(there)
    raise AssertionError("no way")


def lengths(rows: list[str]) -> dict[str, int]:
    """Every order of calls in which parcels come before their customers, and its steps."""
    at = {cell: (i, j) for i, row in enumerate(rows) for j, cell in enumerate(row) if cell.isalpha()}
    stops = sorted(set(at) - {"S"})
    orders = ["".join(p) for p in permutations(stops) if all(p.index(s.lower()) <= p.index(s.upper()) for s in stops)]
    return {o: sum(steps(rows, at[a], at[b]) for a, b in zip("S" + o, o, strict=False)) for o in orders}


def answer_of(family: Family, question: np.ndarray, order: str) -> np.ndarray:
    answer = question.copy()
    for call, stop in enumerate(order, start=1):
        answer[question == family.spec.symbols.index(stop)] = family.spec.symbols.index(str(call))
    return answer


@pytest.mark.parametrize("parcels", [1, 2, 3])
def test_shortest_orders_are_right_and_no_others(parcels: int) -> None:
    family = delivery(6, parcels)
    for seed in range(20):
        made = family.make(np.random.default_rng(seed))
        if made is None:
            continue
        rows = ["".join(family.spec.symbols[t] for t in row) for row in made.inputs.reshape(6, 6)]
        found = lengths(rows)
        assert len(found) == {1: 1, 2: 6, 3: 90}[parcels]
        answers = np.stack([answer_of(family, made.inputs, order) for order in found])
        solved = family.solved(np.tile(made.inputs, (len(answers), 1)), answers)
        least = min(found.values())
        assert solved.tolist() == [length == least for length in found.values()]
        assert any((answers[solved] == made.labels).all(axis=1))
        assert family.measures["steps"](made.inputs[None], made.labels[None]).tolist() == [least]


def test_a_customer_waits_for_the_parcel() -> None:
    family = delivery(4)
    example = FamilyText(family).parse(BOARD)
    assert example.labels is not None
    rows = BOARD.split()
    orders = lengths(rows)
    best = min(orders, key=lambda order: orders[order])
    assert family.solved(example.inputs[None], answer_of(family, example.inputs, best)[None])[0]
    early = answer_of(family, example.inputs, "aAbB")
    swapped = answer_of(family, example.inputs, "aABb")
    broken = family.broken(np.stack([example.inputs] * 2), np.stack([early, swapped]))
    where = {stop: "".join(rows).index(stop) for stop in "abAB"}
    assert np.flatnonzero(broken[1]).tolist() == sorted([where["b"], where["B"]])
    assert np.flatnonzero(broken[0]).tolist() == ([] if orders["aAbB"] == orders[best] else sorted(where.values()))
    twice = early.copy()
    twice[where["A"]] = twice[where["a"]]
    assert {where["a"], where["A"]} <= set(np.flatnonzero(family.broken(example.inputs[None], twice[None])[0]).tolist())
    moved = early.copy()
    moved[1] = family.spec.symbols.index("#")
    assert family.broken(example.inputs[None], moved[None])[0, 1]


@pytest.mark.parametrize(
    ("board", "message"),
    [
        (BOARD.replace("b", "."), "'b' stands 0 times on the board: once is wanted"),
        (BOARD.replace("S.", "SS"), "'S' stands 2 times"),
        (BOARD.replace(".a", "##"), "'a' stands 0 times"),
        ("Sa..\n##..\nBA#b\n....".replace("a..", "a##").replace("##..", "####", 1), "no way leads from 'S' to 'b'"),
    ],
)
def test_boards_that_nobody_can_serve_are_refused(board: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        FamilyText(delivery(4)).parse(board)


def test_walls_are_as_many_as_asked_for() -> None:
    draws = np.random.default_rng(0)
    made = [m for _ in range(60) if (m := delivery(10, 1, (0.2, 0.25)).make(draws)) is not None]
    shares = [float((m.inputs == 1).mean()) for m in made]
    assert min(shares) >= 0.2
    assert max(shares) <= 0.25


@pytest.mark.parametrize(
    ("settings", "message"),
    [((3, 2), "size"), ((6, 4), "parcels"), ((6, 2, (0.4, 0.3)), "walls"), ((6, 2, (0.1, 0.9)), "walls")],
)
def test_settings_that_cannot_be(settings: tuple[int, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        delivery(*settings)

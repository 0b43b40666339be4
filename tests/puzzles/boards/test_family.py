from __future__ import annotations

from dataclasses import replace

import numpy as np

from hrm.puzzles.boards.family import SEVERAL, FamilyRules, GaveUpError, problem_of
from hrm.puzzles.boards.text import FamilyText
from hrm.puzzles.lights_out import lights_out


def test_problems_of_a_puzzle_in_the_order_in_which_they_are_told() -> None:
    family = lights_out(4)
    made = family.make(np.random.default_rng(0))
    assert made is not None
    question, label = made
    dark, one_lit = np.ones(16, dtype=int), np.where(np.arange(16) == 0, 2, 1)
    rules = FamilyRules(family)
    inputs = np.stack([question, question, one_lit, label])
    labels = np.stack([label, dark + 2, dark + 2, label])
    assert rules.problems(inputs, labels) == [
        None,
        "the label breaks the rules",
        "no presses put all these lights out",
        "a question with cells that are none of a Lights Out board",
    ]
    several = replace(family, is_unique=True, solve=lambda _: None)
    assert problem_of(several, question, True) == SEVERAL
    assert problem_of(replace(several, is_unique=False), question, True) is None


def gives_up(_: object) -> None:
    raise GaveUpError(2000)


def test_a_search_that_gives_up_says_so_and_refuses_no_puzzle() -> None:
    family = replace(lights_out(2), is_unique=True, solve=gives_up)
    question = np.array([2, 2, 2, 1])
    said = "the search gave up after 2,000 guesses: nobody knows whether there is one solution"
    assert problem_of(family, question, True) == said
    assert problem_of(family, question, False) == "the label breaks the rules", "which is known"
    typed = FamilyText(family).parse("oo\no.")
    assert typed.labels is None


def test_keys_apart_are_those_of_the_symmetries_unless_a_family_has_others() -> None:
    family = lights_out(4)
    board = np.array([[1] * 15 + [2]])
    assert family.keys_apart(board, board) == family.symmetries.keys(board, board)
    assert replace(family, held_out_keys=lambda *_: [b"all one"]).keys_apart(board, board) == [b"all one"]
    assert family.rate(board, np.array([[3] * 14 + [4] * 2])).tolist() == [2.0]

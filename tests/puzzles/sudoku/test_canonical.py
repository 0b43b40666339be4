from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.puzzles.sudoku import symmetry
from hrm.puzzles.sudoku.canonical import canonical_forms
from hrm.puzzles.sudoku.generator import generate
from hrm.puzzles.sudoku.rules import BOXES, Digits, Layout

PUZZLES = {size: generate(12, size=size, seed=3) for size in BOXES}


def turned(size: int, seed: int, *boards: Digits) -> list[Digits]:
    """Boards (N, S) under one random symmetry for each row."""
    drawn = symmetry.draw(Layout(size=size), len(boards[0]), np.random.default_rng(seed))
    return [(drawn.apply(board.astype(np.int64) + 1) - 1).astype(np.uint8) for board in boards]


@settings(max_examples=20, deadline=None)
@given(size=st.sampled_from(sorted(BOXES)), seed=st.integers(0, 2**32))
def test_symmetries_keep_the_form(size: int, seed: int) -> None:
    layout, (questions, answers) = Layout(size=size), PUZZLES[size]
    # Any choice of givens, from none to all: few and many lines look alike.
    rng = np.random.default_rng(seed)
    shown = rng.random(answers.shape) < rng.choice([0, 0.1, 0.5, 0.95], size=(len(answers), 1))
    questions = np.where(shown, answers, 0).astype(np.uint8)
    other_questions, other_answers = turned(size, seed, questions, answers)
    assert canonical_forms(layout, questions, answers) == canonical_forms(layout, other_questions, other_answers)


@pytest.mark.parametrize("size", BOXES)
def test_a_form_is_a_board_of_the_same_kind(size: int) -> None:
    """So equal forms can only come from symmetric puzzles: the form of a form is itself."""
    layout, (questions, answers) = Layout(size=size), PUZZLES[size]
    forms = canonical_forms(layout, questions, answers)
    boards = np.stack([np.frombuffer(form, dtype=np.uint8) for form in forms])
    grids = (boards % 128 + 1).astype(np.uint8)
    assert canonical_forms(layout, np.where(boards >= 128, grids, 0), grids) == forms
    assert ((boards >= 128).sum(axis=1) == (questions > 0).sum(axis=1)).all()


def test_one_given_more_or_elsewhere_is_another_puzzle() -> None:
    layout, (questions, answers) = Layout(size=9), PUZZLES[9]
    question, answer = questions[0], answers[0]
    blanks, givens = np.flatnonzero(question == 0), np.flatnonzero(question)
    more = np.tile(question, (len(blanks), 1))
    more[np.arange(len(blanks)), blanks] = answer[blanks]
    moved = np.tile(question, (len(givens), 1))
    moved[np.arange(len(givens)), givens] = 0
    moved[:, blanks[0]] = answer[blanks[0]]
    variants = np.concatenate([question[None], more, moved])
    # This grid has no symmetry of its own (its 81 single givens differ), so no two of these are the same puzzle.
    single = np.diag(answer).astype(np.uint8)
    assert len(set(canonical_forms(layout, single, np.tile(answer, (81, 1))))) == 81
    forms = canonical_forms(layout, variants, np.tile(answer, (len(variants), 1)))
    assert len(set(forms)) == len(variants)


def all_4x4_grids() -> Digits:
    rows = np.array(list(permutations(range(1, 5))), dtype=np.uint8)
    grids = np.array([np.concatenate(chosen) for chosen in product(rows, repeat=4)])
    bits = np.uint8(1) << (grids - 1)
    units = Layout(size=4).units
    return grids[(np.bitwise_or.reduce(bits[:, units], axis=2) == 15).all(axis=1)]


def test_the_288_grids_of_4x4_are_two_up_to_symmetry() -> None:
    grids = all_4x4_grids()
    assert len(grids) == 288
    assert len(set(canonical_forms(Layout(size=4), grids, grids))) == 2


def test_forms_are_the_orbits_of_the_group() -> None:
    """Every puzzle on one 4x4 grid with 4 givens, against orbits by brute force over all 128 moves of its cells."""
    layout, grid = Layout(size=4), all_4x4_grids()[0]
    shown = np.array([[(bits >> cell) & 1 for cell in range(16)] for bits in range(2**16) if bits.bit_count() == 4])
    moves = np.unique(symmetry.draw(layout, 4000, np.random.default_rng(0)).cells, axis=0)
    assert len(moves) == 128

    def orbit(mask: np.ndarray) -> bytes:
        """The least of all moved puzzles, the digits of each renamed in the order of their places."""
        grids, masks = grid[moves], mask[moves]
        names = np.argsort(np.argmax(grids[:, :, None] == np.arange(1, 5), axis=1), axis=1).argsort(axis=1)
        boards = np.take_along_axis(names, grids.astype(np.int64) - 1, axis=1) + 16 * masks
        return min(board.astype(np.uint8).tobytes() for board in boards)

    expected = [orbit(mask) for mask in shown[::7]]
    forms = canonical_forms(layout, shown[::7] * grid, np.tile(grid, (len(shown[::7]), 1)))
    pairs = set(zip(expected, forms, strict=True))
    assert len(pairs) == len(set(expected)) == len(set(forms)) > 10


def test_the_49_grids_of_6x6() -> None:
    """Up to these symmetries there are 49 grids with boxes of 2 x 3, a known count; many random ones meet them all."""
    grids = generate(4000, size=6, max_givens=36, seed=0)[1]
    assert len(set(canonical_forms(Layout(size=6), grids, grids))) == 49


def test_a_grid_with_many_symmetries_of_its_own() -> None:
    row, column = np.divmod(np.arange(81), 9)
    grid = ((3 * (row % 3) + row // 3 + column) % 9 + 1).astype(np.uint8)[None]
    (other,) = turned(9, 1, grid)
    assert canonical_forms(Layout(size=9), grid, grid) == canonical_forms(Layout(size=9), other, other)


def test_no_puzzles_have_no_forms() -> None:
    nothing = np.zeros((0, 81), dtype=np.uint8)
    assert canonical_forms(Layout(size=9), nothing, nothing) == []

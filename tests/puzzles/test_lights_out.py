from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.lights_out import LEAVE, LIT, OFF, PRESS, SIZES, fewest_presses, lights_out, toggles_of

DIMENSIONS = {2: 0, 3: 0, 4: 4, 5: 2, 6: 0, 7: 0, 8: 0, 9: 8, 10: 0, 11: 6, 12: 0}
"""Of the kernel, by size: OEIS A159257."""


@pytest.mark.parametrize("size", SIZES)
def test_the_kernel_is_as_large_as_known_and_toggles_nothing(size: int) -> None:
    toggles = toggles_of(size)
    assert len(toggles.kernel) == len(np.unique(toggles.kernel, axis=0)) == 2 ** DIMENSIONS[size]
    assert not (toggles.kernel @ toggles.matrix % 2).any()
    presses = np.random.default_rng(0).integers(0, 2, size=(50, size**2), dtype=np.uint8)
    lights = presses @ toggles.matrix % 2
    found = lights @ toggles.inverse.T % 2
    assert (found @ toggles.matrix % 2 == lights).all()


def test_a_press_toggles_a_cell_and_its_neighbours() -> None:
    family = lights_out(3)
    board = family.solve(np.array([OFF, LIT, OFF, LIT, LIT, LIT, OFF, LIT, OFF]))
    assert board is not None
    assert board.tolist() == [LEAVE] * 4 + [PRESS] + [LEAVE] * 4
    corner = np.array([LIT, LIT, OFF, LIT, OFF, OFF, OFF, OFF, OFF])
    assert family.solve(corner).tolist() == [PRESS] + [LEAVE] * 8  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [2, 3, 4])
def test_labels_are_the_answers_that_trying_all_of_them_finds(size: int) -> None:
    toggles = toggles_of(size)
    everything = np.array(list(product([1, 0], repeat=size**2)), dtype=np.uint8)  # that which presses first comes first
    everything = everything[np.argsort(everything.sum(axis=1), kind="stable")]
    first = {}
    for presses, lights in zip(everything, everything @ toggles.matrix % 2, strict=True):
        first.setdefault(lights.tobytes(), presses)
    family = lights_out(size)
    some = np.random.default_rng(0).permutation(len(everything))[:300]
    for presses, lights in zip(everything[some], everything[some], strict=True):
        expected = first.get(lights.tobytes())
        if expected is None:
            with pytest.raises(InputError, match="no presses put all these lights out"):
                family.solve(OFF + lights)
        else:
            assert (family.solve(OFF + lights) == LEAVE + expected).all()
        assert (fewest_presses(toggles, presses[None])[0] == first[(presses @ toggles.matrix % 2).tobytes()]).all()


def test_every_right_answer_is_accepted() -> None:
    family, toggles = lights_out(5), toggles_of(5)
    question = family.make(np.random.default_rng(0))
    assert question is not None
    answers = LEAVE + ((question.labels == PRESS) ^ toggles.kernel)
    assert family.solved(np.tile(question.inputs, (4, 1)), answers).all()
    one_off = answers ^ (np.arange(25) == 7) * (LEAVE ^ PRESS)
    assert not family.solved(np.tile(question.inputs, (4, 1)), one_off).any()
    still_lit = family.broken(question.inputs[None], one_off[:1])[0].reshape(5, 5)
    assert np.argwhere(still_lit).tolist() == [[0, 2], [1, 1], [1, 2], [1, 3], [2, 2]]


def test_presses_are_as_many_as_asked_or_fewer() -> None:
    family = lights_out(5, (3, 5))
    draws = np.random.default_rng(1)
    made = [family.make(draws) for _ in range(100)]
    presses = [int((puzzle.labels == PRESS).sum()) for puzzle in made if puzzle is not None]
    assert min(presses) >= 1
    assert max(presses) == 5


@pytest.mark.parametrize("presses", [(0, 3), (4, 3), (1, 26)])
def test_presses_that_cannot_be_are_refused(presses: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"presses .* from 1 to 25"):
        lights_out(5, presses)

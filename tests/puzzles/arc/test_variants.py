from __future__ import annotations

import zlib

import numpy as np
import pytest
from arc_tasks import COLOURS, FALL, GROW, SWAP, grid, grids, make_task, tasks
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.puzzles.arc.files import ArcTask
from hrm.puzzles.arc.grids import Grid
from hrm.puzzles.arc.variants import apply, draw_variants, read_variant_name, symmetry_key, undo, variant_name

MOVES = st.integers(0, 7)


def made(task: ArcTask, move: int, colours: Grid) -> tuple[object, ...]:
    """What a variant shows, whatever the order of its pairs: all but the outputs of the tests."""
    shown = [(pair.input, pair.output) for pair in task.demonstrations] + [(pair.input, None) for pair in task.tests]
    return tuple(
        sorted(
            [
                str(None if one is None else apply(one, move, colours).tolist())
                + str(None if other is None else apply(other, move, colours).tolist())
                for one, other in shown
            ]
        )
    )


@settings(deadline=None, max_examples=100)
@given(drawn=grids(), move=MOVES, colours=COLOURS)
def test_every_variant_can_be_undone_and_keeps_the_background(drawn: Grid, move: int, colours: Grid) -> None:
    there = apply(drawn, move, colours)
    assert (undo(there, move, colours) == drawn).all()
    assert (there == 0).sum() == (drawn == 0).sum()
    assert there.dtype == undo(there, move, colours).dtype == np.uint8


@settings(deadline=None, max_examples=30)
@given(task=tasks(), seed=st.integers(0, 9))
def test_variants_are_different_and_as_many_as_there_are(task: ArcTask, seed: int) -> None:
    variants = draw_variants(task, 40, np.random.default_rng(seed))
    shown = [made(task, int(k), colours) for k, colours in zip(variants.moves, variants.colours, strict=True)]
    assert len(set(shown)) == len(shown) <= 41
    assert shown[0] == made(task, 0, np.arange(10, dtype=np.uint8)), "the first is the task itself"
    assert (variants.colours[:, 0] == 0).all()
    assert (np.sort(variants.colours, axis=1) == np.arange(10)).all()


def test_small_tasks_have_fewer() -> None:
    blank = make_task("blank", [("00", "0")], [("00", None)])
    assert len(draw_variants(blank, 1000, np.random.default_rng(0)).moves) == 2  # upright and lying
    one_colour = make_task("one", [("10", "01")], [("100", None)])
    assert (
        len(draw_variants(one_colour, 1000, np.random.default_rng(0)).moves) == 4 * 9
    )  # left and right, up and down, times colours
    everything = make_task("all", [("123 456 789", "1")], [("1", None)])
    assert len(draw_variants(everything, 1000, np.random.default_rng(0)).moves) == 1001


def test_variants_are_those_of_any_machine() -> None:
    """Puzzle ids of trained models depend on these numbers: they must never change."""
    variants = draw_variants(SWAP, 1000, np.random.default_rng([6, 0, zlib.crc32(b"swap")]))
    named = [variant_name("swap", int(k), colours) for k, colours in zip(variants.moves, variants.colours, strict=True)]
    assert named[:4] == [
        "swap_t0_0123456789",
        "swap_t7_0962157834",
        "swap_t5_0712638549",
        "swap_t2_0248356179",
    ]
    again = draw_variants(SWAP, 10, np.random.default_rng([6, 0, zlib.crc32(b"swap")]))
    assert (again.colours == variants.colours[:11]).all()


def test_variants_depend_on_the_seed_and_not_on_the_test_outputs() -> None:
    one = draw_variants(SWAP, 50, np.random.default_rng(0))
    assert not (one.colours == draw_variants(SWAP, 50, np.random.default_rng(1)).colours).all()
    for other_answer in (grid("1"), None):
        tests = tuple(pair._replace(output=other_answer) for pair in SWAP.tests)
        other = draw_variants(SWAP._replace(tests=tests), 50, np.random.default_rng(0))
        assert (one.colours == other.colours).all()
        assert (one.moves == other.moves).all()


@given(move=MOVES, colours=COLOURS)
def test_names_are_those_of_the_published_builders(move: int, colours: Grid) -> None:
    name = variant_name("007b_x", move, colours)
    for written in (name, name.replace("_t", "|||t").replace("_0", "|||0")):
        task, read_move, read_colours = read_variant_name(written)
        assert (task, read_move, read_colours.tolist()) == ("007b_x", move, colours.tolist())


def test_a_published_name_and_that_of_the_task_itself() -> None:
    assert read_variant_name("00576224_t2_0614732958")[:2] == ("00576224", 2)
    task, move, colours = read_variant_name("00576224")
    assert (task, move, colours.tolist()) == ("00576224", 0, list(range(10)))


@settings(deadline=None, max_examples=100)
@given(one=grids(4), other=grids(4), move=MOVES, colours=COLOURS)
def test_the_key_is_the_same_under_every_symmetry(one: Grid, other: Grid, move: int, colours: Grid) -> None:
    moved = [apply(part, move, colours).astype(np.int64) for part in (one, other)]
    assert symmetry_key([one.astype(np.int64), other.astype(np.int64)]) == symmetry_key(moved)


PLAIN = np.arange(10, dtype=np.uint8)


@settings(deadline=None, max_examples=100)
@given(one=grids(2, colours=2), other=grids(2, colours=2))
def test_the_key_differs_where_no_symmetry_leads(one: Grid, other: Grid) -> None:
    swapped = np.array([0, 2, 1, *range(3, 10)], dtype=np.uint8)
    reachable = any(
        np.array_equal(apply(one, move, colours), other) for move in range(8) for colours in (PLAIN, swapped)
    )
    same = symmetry_key([one.astype(np.int64)]) == symmetry_key([other.astype(np.int64)])
    assert same == reachable


@pytest.mark.parametrize("task", [SWAP, FALL, GROW])
def test_no_augmentation_is_the_task_alone(task: ArcTask) -> None:
    assert draw_variants(task, 0, np.random.default_rng(0)).moves.tolist() == [0]

from __future__ import annotations

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.maze import generator
from hrm.puzzles.maze.generator import MazeKind, default_bound, generate
from hrm.puzzles.maze.rules import are_mazes, path_lengths
from hrm.puzzles.maze.tokens import GOAL, START, WALL

KINDS: tuple[MazeKind, ...] = ("hard", "perfect")


def test_the_bound_of_maze_hard() -> None:
    assert default_bound(30, "hard") == 110
    assert [default_bound(size, "hard") for size in (5, 9, 20)] == [13, 26, 68]
    assert default_bound(30, "perfect") == 30


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [5, 8, 11])
def test_paths_are_longer_than_the_bound(kind: MazeKind, size: int) -> None:
    mazes = generate(40, size=size, kind=kind)
    assert mazes.dtype == np.uint8
    assert are_mazes(mazes).all()
    assert path_lengths(mazes).min() > default_bound(size, kind)
    assert len(np.unique(mazes, axis=0)) == 40


def test_30x30_above_110() -> None:
    mazes = generate(20)
    assert are_mazes(mazes).all()
    assert path_lengths(mazes).min() > 110
    assert 0.3 < (mazes == WALL).mean() < 0.45


@pytest.mark.parametrize("kind", KINDS)
def test_maze_number_i_depends_on_the_seed_and_i_alone(kind: MazeKind, monkeypatch: pytest.MonkeyPatch) -> None:
    mazes = generate(50, size=7, kind=kind, seed=3)
    assert (generate(10, size=7, kind=kind, seed=3) == mazes[:10]).all()
    assert (generate(50, size=7, kind=kind, seed=4) != mazes).any(axis=1).mean() > 0.9
    monkeypatch.setattr(generator, "BLOCK", 16)
    assert (generate(50, size=7, kind=kind, seed=3) == mazes).all()


def test_lengths_spread_above_the_bound() -> None:
    lengths = path_lengths(generate(300, size=15, kind="perfect", longer_than=20))
    assert lengths.min() == 21
    assert len(np.unique(lengths)) > 40
    hard = path_lengths(generate(300, size=9, longer_than=12))
    assert hard.min() == 13
    assert len(np.unique(hard)) > 7


def test_starts_and_goals_are_anywhere() -> None:
    mazes = generate(400, size=5, longer_than=6)
    for end in (START, GOAL):
        assert (mazes == end).any(axis=0).sum() >= 20


def test_the_share_of_walls_is_drawn_between_the_two_given() -> None:
    shares = (generate(200, size=15, longer_than=10, walls=(0.1, 0.3)) == WALL).mean(axis=1)
    assert 0.05 < shares.min() < 0.15
    assert 0.25 < shares.max() < 0.4
    assert not (generate(5, size=6, longer_than=3, walls=(0.0, 0.0)) == WALL).any()


def test_only_accepted_grids_are_used() -> None:
    mazes = generate(30, size=7, longer_than=8, accept=lambda is_open: np.asarray(is_open[:, 24]))
    assert (mazes[:, 24] != WALL).all()
    assert (generate(30, size=7, longer_than=8)[:, 24] == WALL).any()


def test_a_bound_out_of_reach_is_an_input_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "MAX_FAILURES", 3000)
    with pytest.raises(
        InputError, match=r"no hard 6x6 maze with a shortest path longer than 30 found in .* allow shorter"
    ):
        generate(3, size=6, longer_than=30)

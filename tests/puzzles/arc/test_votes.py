from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrm.puzzles.arc.canvas import FIRST_COLOUR, answer_shapes
from hrm.puzzles.arc.grids import Grid
from hrm.puzzles.arc.variants import read_variant_name, undo
from hrm.puzzles.arc.votes import PASS_AT, Ballot, Pass, pass_at, submission

A, B, C = (np.full((1, 2), colour, dtype=np.uint8) for colour in (1, 2, 3))


def ballot(*answers: tuple[Grid, float]) -> Ballot:
    votes = Ballot()
    for grid, certainty in answers:
        votes.add(grid, certainty)
    return votes


def test_more_votes_win_and_certainty_decides_between_equals() -> None:
    votes = ballot((A, 0.1), (B, 0.9), (C, 0.2), (C, 0.4), (B, 0.1))
    assert [(c.grid.tolist(), c.votes, c.certainty) for c in votes.choices(3)] == [
        (B.tolist(), 2, pytest.approx(0.5)),
        (C.tolist(), 2, pytest.approx(0.3)),
        (A.tolist(), 1, pytest.approx(0.1)),
    ]
    assert [votes.rank_of(grid) for grid in (A, B, C)] == [2, 0, 1]
    assert votes.rank_of(np.full((2, 1), 1, dtype=np.uint8)) is None, "the same cells in another shape"
    assert len(votes) == 5


def test_equals_in_both_stay_as_they_came() -> None:
    assert [c.grid[0, 0] for c in ballot((C, 0.5), (A, 0.5), (B, 0.5)).choices(2)] == [3, 1]


def test_the_first_votes_alone() -> None:
    votes = ballot((A, 0.1), (B, 0.9), (B, 0.9))
    assert [c.grid[0, 0] for c in votes.choices(5, first=1)] == [1]
    assert votes.rank_of(B, first=1) is None
    assert votes.rank_of(B, first=2) == 0


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0.0, 0.25, 0.5])), min_size=1), st.integers(1, 8))
def test_the_ranking_is_that_of_the_published_evaluators(votes: list[tuple[int, float]], first: int) -> None:
    """The plain form of the rule: a dictionary of counts and sums, sorted in Python."""
    stats: dict[int, list[float]] = {}
    for kind, certainty in votes[:first]:
        count, total = stats.get(kind, (0, 0.0))
        stats[kind] = [count + 1, total + certainty]
    expected = sorted(stats, key=lambda kind: [stats[kind][0], stats[kind][1] / stats[kind][0]], reverse=True)
    made = ballot(*((np.full((1, 1), kind, dtype=np.uint8), certainty) for kind, certainty in votes))
    assert [int(c.grid[0, 0]) for c in made.choices(9, first)] == expected


def test_the_two_scorings() -> None:
    ranks = {"one": [0], "two": [1, None], "three": [2, 0]}
    assert pass_at(ranks, 1) == Pass(pytest.approx(1 / 3), pytest.approx(1 / 2))
    assert pass_at(ranks, 2) == Pass(pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert pass_at(ranks, 3) == Pass(pytest.approx(2 / 3), pytest.approx(5 / 6))


def test_a_second_attempt_that_is_missing_repeats_the_first() -> None:
    assert submission({"t": [[A, B, C], [A]]}) == {
        "t": [{"attempt_1": [[1, 1]], "attempt_2": [[2, 2]]}, {"attempt_1": [[1, 1]], "attempt_2": [[1, 1]]}]
    }


@pytest.mark.parametrize("flavour", ["hrm", "trm"])
def test_the_published_evaluators_give_the_same_scores(shared: Path, flavour: str) -> None:
    fixtures = shared / "fixtures"
    names = json.loads((fixtures / f"official_arc_{flavour}" / "identifiers.json").read_text())
    puzzles = json.loads((fixtures / "official_arc_trm" / "test_puzzles.json").read_text())
    expected = json.loads((fixtures / f"arc_votes_{flavour}.expected.json").read_text())
    rows = np.load(fixtures / f"arc_votes_{flavour}.npz")
    ballots = {name: [Ballot() for _ in task["test"]] for name, task in puzzles.items()}
    num_seen: dict[int, int] = {}
    for puzzle_id, tokens, certainty in zip(
        *(rows[k] for k in ("puzzle_identifiers", "preds", "q_halt_logits")), strict=True
    ):
        name, move, colours = read_variant_name(names[puzzle_id])
        test = num_seen.get(int(puzzle_id), 0)
        num_seen[int(puzzle_id)] = test + 1
        height, width = answer_shapes(tokens[None], 30)[0]
        answer = (tokens.reshape(30, 30)[:height, :width] - FIRST_COLOUR).astype(np.uint8)
        ballots[name][test].add(undo(answer, move, colours), float(1 / (1 + np.exp(-np.float64(certainty)))))
    ranks = {
        name: [
            votes.rank_of(np.array(pair["output"], dtype=np.uint8))
            for votes, pair in zip(ballots[name], task["test"], strict=True)
        ]
        for name, task in puzzles.items()
    }
    scoring = "all_test_inputs" if flavour == "hrm" else "mean_over_test_inputs"
    ours = {f"pass@{k}": getattr(pass_at(ranks, k), scoring) for k in PASS_AT}
    assert {key: ours[key] for key in expected["scores"]} == expected["scores"]
    best = {name: [[c.grid for c in votes.choices(2)] for votes in ballots[name]] for name in ballots}
    if flavour == "trm":
        assert submission(best) == expected["submission"]

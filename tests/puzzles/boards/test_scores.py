from __future__ import annotations

from itertools import pairwise

import numpy as np

from hrm.puzzles.boards.scores import MOST_BINS, bins, score
from hrm.puzzles.lights_out import lights_out, toggles_of


def test_right_by_the_rules_is_more_than_equal_to_the_label() -> None:
    family = lights_out(5)
    draws = np.random.default_rng(0)
    made = [puzzle for _ in range(30) if (puzzle := family.make(draws)) is not None]
    inputs, labels = (np.stack(side) for side in zip(*made, strict=True))
    others = 3 + ((labels == 4) ^ toggles_of(5).kernel[1])
    figures = score(family, inputs, labels, others).figures
    assert (figures["solved"], figures["exact"], figures["near"]) == (1, 0, 0)
    near = labels.copy()
    near[:6, :2] = 7 - near[:6, :2]
    assert score(family, inputs, labels, near).figures["near"] == 6 / len(labels)
    assert sum(part["puzzles"] for part in score(family, inputs, labels, near).figures["by_presses"]) == len(labels)


def test_bins_hold_every_value_once() -> None:
    assert bins(np.array([3, 1, 1, 2])) == [(1, 1), (2, 2), (3, 3)]
    assert bins(np.array([], dtype=np.int64)) == []
    many = bins(np.arange(100))
    assert len(many) == MOST_BINS
    assert many[0][0] == 0
    assert many[-1][1] == 99
    assert all(high + 1 == low for (_, high), (low, _) in pairwise(many))

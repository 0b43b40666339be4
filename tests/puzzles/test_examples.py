from __future__ import annotations

import numpy as np

from hrm.puzzles.examples import Examples


def test_some_of_them_keep_their_names_and_ratings() -> None:
    inputs, ratings = np.arange(8).reshape(4, 2), np.array([3.0, 1.0, 2.0, 5.0])
    examples = Examples.of(inputs, inputs + 1, ratings)
    assert len(examples) == 4
    taken = examples.take(np.array([2, 0]))
    assert len(taken) == 2
    assert taken.inputs.tolist() == [[4, 5], [0, 1]]
    assert taken.labels.tolist() == [[5, 6], [1, 2]]
    assert taken.ratings.tolist() == [2, 3]
    assert taken.names.tolist() == [2, 0]


def test_what_is_not_said_is_numbered_and_not_rated() -> None:
    examples = Examples.of(np.zeros((3, 1)), np.zeros((3, 1)))
    assert examples.names.tolist() == [0, 1, 2]
    assert np.isnan(examples.ratings).all()
    named = Examples.of(np.zeros((2, 1)), np.zeros((2, 1)), names=np.array(["line 3", "line 12"]))
    assert named.take(np.array([1])).names.tolist() == ["line 12"]

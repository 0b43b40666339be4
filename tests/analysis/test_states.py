"""Residuals and answers of levels that shrink, turn, or stay by a known amount."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from known import subject, toy
from torch import Tensor

from hrm.analysis.states import components, course_of, look_at_states
from hrm.models.direct import DeepConfig


def shrink(state: Tensor, injection: Tensor) -> Tensor:
    return state / 2


def grow(state: Tensor, injection: Tensor) -> Tensor:
    return state * 4


def test_residuals_are_those_of_the_maps() -> None:
    about = subject(toy(of_L=shrink, of_H=grow))
    course = course_of(about.model, about)
    assert course.residual.shape == (12, 6, 3)
    assert np.isnan(course.residual[:, 0, [0, 2]]).all(), "before its first update a level was nowhere"
    np.testing.assert_allclose(course.residual[:, 0, 1], 1.0, rtol=1e-5)  # |z/2 - z| / |z/2|
    np.testing.assert_allclose(course.residual[:, 1:, :2], 1.0, rtol=1e-5)
    np.testing.assert_allclose(course.residual[:, 1:, 2], 3 / 4, rtol=1e-5)
    assert (course.changed[:, 1:] == 0).all(), "a longer vector has the same answer"


def test_cells_that_become_right_and_wrong_are_counted() -> None:
    model = toy()
    about = subject(model)
    labels = about.batch.labels[:5]
    first = torch.nn.functional.one_hot(labels, 6).float()
    second = first.roll(1, dims=1)  # the answer of the neighbour
    answers = iter([first, first, first, first, first, first, second, second])  # each segment's own, then of L, L, H
    about = subject(model, puzzles=5, segments=2)
    model.read = lambda state: next(answers)  # type: ignore[method-assign]
    course = course_of(model, about)
    is_open = (about.batch.inputs != labels).sum(-1).numpy()
    np.testing.assert_array_equal(course.became_right[:, 0, 0], is_open)
    np.testing.assert_array_equal(course.became_right[:, 0, 1], 0)
    wrong = (labels.roll(1, dims=1) != labels).sum(-1).numpy()
    np.testing.assert_array_equal(course.became_wrong[:, 1, 1], wrong)
    np.testing.assert_allclose(course.right[:, 1, 1], 1 - wrong / 16)


def test_components_keep_a_plane_and_say_how_much_of_the_spread_it_holds() -> None:
    rng = np.random.default_rng(0)
    plane = np.linalg.qr(rng.normal(size=(50, 2)))[0]
    path = rng.normal(size=(9, 2)) @ plane.T
    found = components(path)
    between = np.linalg.norm(path[:, None] - path[None], axis=-1)
    ours = np.linalg.norm(found[:, None] - found[None], axis=-1)
    np.testing.assert_allclose(ours / ours.max(), between / between.max(), atol=1e-9)
    assert (found**2).sum() == pytest.approx(1)
    assert (components(np.ones((4, 3))) == 0).all()


def test_the_sentence_follows_the_numbers() -> None:
    rest = look_at_states(subject(toy(of_H=lambda z, i: 0.5 * z + 1)))
    moves = look_at_states(subject(toy(of_H=lambda z, i: -z)))
    assert "H_level comes to rest" in rest.sentence
    assert "H_level keeps moving: its last segment moves it 1.00 [1.00, 1.00]" in moves.sentence


def test_other_models_are_put_beside_it_and_a_plain_stack_block_by_block() -> None:
    about = subject(toy(of_H=grow), segments=3)
    torch.manual_seed(0)
    deep = DeepConfig(hidden_size=16, num_heads=2, H_layers=4, puzzle_embedding_size=0).build(about.task.spec).eval()
    found = look_at_states(replace(about, beside=(("shrinking", toy(of_H=shrink)), ("deep", deep)))).figures["beside"]
    ours = [row for row in found["shrinking"] if row["level"] == "H_level"]
    assert [row["at"] for row in ours] == [1.0, 2.0, 3.0]
    assert [row["residual"]["mean"] for row in ours] == [None, pytest.approx(1.0), pytest.approx(1.0)]
    assert [row["at"] for row in found["deep"]] == [0.0, 1.5, 3.0]
    assert all(row["residual"]["mean"] > 0.01 for row in found["deep"])
    assert not any(module._forward_hooks for module in deep.modules())

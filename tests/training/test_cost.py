"""Arithmetic of a training step against the paper's model, its parts, and every recipe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hrm.models.cost import segment_flops
from hrm.recipes import RECIPES
from hrm.training.cost import training_flops


def counted(name: str, **settings: float) -> int:
    recipe = RECIPES[name]()
    return training_flops(recipe.model.build, recipe.task.build().spec, replace(recipe.training, **settings))


def test_the_papers_step_is_1_17_tflop() -> None:
    assert counted("sudoku-extreme", batch_size=32) / 1e12 == pytest.approx(1.17, abs=0.005)


def test_a_share_of_continue_targets_costs_its_share() -> None:
    recipe = RECIPES["sudoku-extreme"]()
    whole, quarter = (counted("sudoku-extreme", batch_size=32, continue_share=share) for share in (1.0, 0.25))
    assert whole - quarter == segment_flops(recipe.model.build, recipe.task.build().spec, 24)


def test_a_lattice_is_trained_through_all_that_it_runs() -> None:
    recipe = RECIPES["sudoku-hard-lattice"]()
    forward = segment_flops(recipe.model.build, recipe.task.build().spec, 16)
    # Less than three times: a product with data (the first, of the question) needs no gradient of its input. More than
    # the forward pass alone says, for in training the heads read after each of the cycles.
    assert 2.8 * forward < counted("sudoku-hard-lattice", batch_size=16) < 3.2 * forward


@pytest.mark.parametrize("name", ["sudoku-4x4", "sudoku-demo-trm", "sudoku-hard", "sudoku-hard-lattice"])
def test_twice_the_puzzles_cost_twice_as_much(name: str) -> None:
    assert counted(name, batch_size=16) == 2 * counted(name, batch_size=8)


def test_a_gradient_rule_costs_what_it_sees() -> None:
    recipe = RECIPES["sudoku-4x4"]()
    spec = recipe.task.build().spec

    def of(**rule: object) -> int:
        return training_flops(replace(recipe.model, H_cycles=4, **rule).build, spec, recipe.training)

    order = [
        of(gradient="one_step"),
        of(gradient="last_round"),
        of(gradient="last_k", gradient_k=6),
        of(gradient="bptt"),
    ]
    assert order == sorted(order)
    assert len(set(order)) == 4
    assert of(gradient="neumann", gradient_k=1) == order[0]
    assert of(gradient="neumann", gradient_k=3) > order[0]

from __future__ import annotations

import pytest
import torch

from hrm.analysis.speed import bench_data, training_flops
from hrm.models.cost import segment_flops
from hrm.recipes import RECIPES


def test_the_papers_step_is_1_17_tflop() -> None:
    recipe = RECIPES["sudoku-extreme"]()
    spec = recipe.task.build().spec
    assert training_flops(recipe.model.build, spec, 32) / 1e12 == pytest.approx(1.17, abs=0.005)


def test_a_share_of_continue_targets_costs_its_share() -> None:
    recipe = RECIPES["sudoku-extreme"]()
    spec = recipe.task.build().spec
    whole, quarter = (training_flops(recipe.model.build, spec, 32, share) for share in (1.0, 0.25))
    assert whole - quarter == segment_flops(recipe.model.build, spec, 24)


def test_batches_are_measured_on_one_core_and_the_threads_come_back() -> None:
    before = torch.get_num_threads()
    measured = bench_data(RECIPES["sudoku-4x4"]().task.build(), batch_size=32, rounds=2, batches_per_round=3)
    assert torch.get_num_threads() == before
    assert measured.examples_per_s == pytest.approx(32 / measured.seconds_per_batch)
    assert measured.first_batch_s > measured.seconds_per_batch, "the puzzles are generated once"

from __future__ import annotations

import pytest
import torch

from hrm.bench import bench_data, random_batch, segment_flops, training_flops
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


def test_a_segment_counts_every_matrix_product_of_its_cycles() -> None:
    recipe = RECIPES["sudoku-extreme"]()
    spec, B, L, D, width = recipe.task.build().spec, 2, 82, 512, 1536
    products = D * 3 * D + D * D + D * 2 * width + width * D  # qkv, out, gate and up, down: per position
    block = 2 * B * L * (products + 2 * L * D)  # and scores, mixed values
    level_calls, heads = 6 * 4, 2 * B * (81 * D * 11 + D * 2)
    assert segment_flops(recipe.model.build, spec, B) == level_calls * block + heads


def test_batches_are_measured_on_one_core_and_the_threads_come_back() -> None:
    before = torch.get_num_threads()
    measured = bench_data(RECIPES["sudoku-4x4"]().task.build(), batch_size=32, rounds=2, batches_per_round=3)
    assert torch.get_num_threads() == before
    assert measured.examples_per_s == pytest.approx(32 / measured.seconds_per_batch)
    assert measured.first_batch_s > measured.seconds_per_batch, "the puzzles are generated once"


def test_inputs_are_tokens_and_always_the_same() -> None:
    spec = RECIPES["sudoku-4x4"]().task.build().spec
    batch = random_batch(spec, 8)
    assert batch.inputs.min() >= 1
    assert batch.inputs.max() < spec.vocab_size
    assert all(torch.equal(a, b) for a, b in zip(batch, random_batch(spec, 8), strict=True))

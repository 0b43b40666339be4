from __future__ import annotations

from dataclasses import replace

import torch

from hrm.models.cost import num_parameters, random_batch, segment_flops
from hrm.models.trm import TRMConfig
from hrm.recipes import RECIPES


def test_a_segment_counts_every_matrix_product_of_its_cycles() -> None:
    recipe = RECIPES["sudoku-extreme"]()
    spec, B, L, D, width = recipe.task.build().spec, 2, 82, 512, 1536
    products = D * 3 * D + D * D + D * 2 * width + width * D  # qkv, out, gate and up, down: per position
    block = 2 * B * L * (products + 2 * L * D)  # and scores, mixed values
    level_calls, heads = 6 * 4, 2 * B * (81 * D * 11 + D * 2)
    assert segment_flops(recipe.model.build, spec, B) == level_calls * block + heads


def test_a_segment_counts_the_products_of_a_recurrence() -> None:
    config = TRMConfig(hidden_size=64, num_heads=8, expansion=2.0, mixing="state_space", state_size=16, L_layers=1)
    config = replace(config, puzzle_embedding_size=0, H_cycles=1, L_cycles=1, positions="none")
    spec, B, L, D, N, width = RECIPES["sudoku-demo"]().task.build().spec, 2, 81, 64, 16, 256
    chunks, c = 2, 41  # 81 cells and one that is none
    projections = 2 * B * L * (D * (2 * D + 4 * N + 8) + D * D + 3 * D * width)
    # Of each direction: scores once, and with 4 heads of 8 channels what they weigh, what a chunk adds, what is read.
    scan = 2 * B * 2 * chunks * c * (c * N + 4 * (c * 8 + 2 * N * 8))
    heads = 2 * B * (81 * D * spec.vocab_size + D * 2)
    assert segment_flops(config.build, spec, B) == 2 * (projections + scan) + heads
    counts = num_parameters(config.build(spec))
    assert counts["rest"] == D * (2 * D + 4 * N + 8) + D * D + 2 * 8 + 3 * D * width + D * spec.vocab_size + 2 * D + 2


def test_inputs_are_tokens_and_always_the_same() -> None:
    spec = RECIPES["sudoku-4x4"]().task.build().spec
    batch = random_batch(spec, 8)
    assert batch.inputs.min() >= 1
    assert batch.inputs.max() < spec.vocab_size
    assert all(torch.equal(a, b) for a, b in zip(batch, random_batch(spec, 8), strict=True))

from __future__ import annotations

import torch

from hrm.models.cost import random_batch, segment_flops
from hrm.recipes import RECIPES


def test_a_segment_counts_every_matrix_product_of_its_cycles() -> None:
    recipe = RECIPES["sudoku-extreme"]()
    spec, B, L, D, width = recipe.task.build().spec, 2, 82, 512, 1536
    products = D * 3 * D + D * D + D * 2 * width + width * D  # qkv, out, gate and up, down: per position
    block = 2 * B * L * (products + 2 * L * D)  # and scores, mixed values
    level_calls, heads = 6 * 4, 2 * B * (81 * D * 11 + D * 2)
    assert segment_flops(recipe.model.build, spec, B) == level_calls * block + heads


def test_inputs_are_tokens_and_always_the_same() -> None:
    spec = RECIPES["sudoku-4x4"]().task.build().spec
    batch = random_batch(spec, 8)
    assert batch.inputs.min() >= 1
    assert batch.inputs.max() < spec.vocab_size
    assert all(torch.equal(a, b) for a, b in zip(batch, random_batch(spec, 8), strict=True))

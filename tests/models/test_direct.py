from __future__ import annotations

import torch
from models.test_recursion import BATCH, SPEC, small


def test_nothing_goes_on_from_one_segment_to_the_next() -> None:
    model = small("deep", H_layers=3).build(SPEC).eval()
    carry, first = model(model.initial_carry(4), BATCH)
    _, second = model(carry, BATCH)
    assert torch.equal(first.logits, second.logits)


def test_the_deep_stack_has_as_many_blocks_as_a_segment_of_hrm_runs() -> None:
    model = small("deep").build(SPEC)
    hrm = small("hrm")
    assert len(model.H_level.blocks) == hrm.H_cycles * (hrm.L_cycles * hrm.L_layers + hrm.H_layers)

from __future__ import annotations

from dataclasses import fields

import pytest
import torch
from models.test_recursion import BATCH, SPEC, small

from hrm.config import from_dict, to_dict
from hrm.errors import InputError
from hrm.models.direct import DirectConfig


def test_nothing_goes_on_from_one_segment_to_the_next() -> None:
    model = small("deep", H_layers=3).build(SPEC).eval()
    carry, first = model(model.initial_carry(4), BATCH)
    _, second = model(carry, BATCH)
    assert torch.equal(first.logits, second.logits)


def test_the_deep_stack_has_as_many_blocks_as_a_segment_of_hrm_runs() -> None:
    model = small("deep").build(SPEC)
    hrm = small("hrm")
    assert len(model.H_level.blocks) == hrm.H_cycles * (hrm.L_cycles * hrm.L_layers + hrm.H_layers)


def test_what_has_no_effect_is_no_setting() -> None:
    names = {field.name for field in fields(DirectConfig)}
    assert names.isdisjoint({"gradient", "gradient_k", "damping", "noise", "random_start", "H_cycles", "L_cycles"})


def test_files_from_when_there_were_such_settings_are_read() -> None:
    old = {**to_dict(DirectConfig(H_layers=3)), "gradient": "bptt", "gradient_k": 4, "damping": 0.0, "noise": 0.0}
    assert from_dict(DirectConfig, old) == DirectConfig(H_layers=3)
    with pytest.raises(InputError, match=r"DirectConfig has no damping any more: 0\.5 was written"):
        from_dict(DirectConfig, {**old, "damping": 0.5})

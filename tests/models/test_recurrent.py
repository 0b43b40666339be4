"""What all models of one level share is in test_one_level.py."""

from __future__ import annotations

from models.test_recursion import SPEC, small


def test_it_has_as_many_blocks_as_hrm_and_one_pace() -> None:
    model = small("recurrent").build(SPEC)
    assert len(model.H_level.blocks) == small("hrm").H_layers + small("hrm").L_layers
    assert model.carry_type._fields == ("z_H",)

"""What all models of one level share is in test_one_level.py."""

from __future__ import annotations

from models.test_recursion import SPEC, small

from hrm.nn.feedforward import ConvSwiGLU


def test_its_blocks_have_a_short_convolution() -> None:
    model = small("urm").build(SPEC)
    assert all(isinstance(block.swiglu, ConvSwiGLU) for block in model.H_level.blocks)
    assert model.config.has_q_continue is False

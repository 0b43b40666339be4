"""What all models of one level share is in test_one_level.py."""

from __future__ import annotations

from models.test_recursion import SPEC, small


def test_it_is_as_large_as_hrm() -> None:
    sizes = [sum(p.numel() for p in small(name).build(SPEC).parameters()) for name in ("transformer", "hrm")]
    assert sizes[0] == sizes[1]
    assert not hasattr(small("transformer").build(SPEC), "L_level")


def test_a_universal_transformer_has_the_same_weights() -> None:
    names = [[n for n, _ in small(name).build(SPEC).named_parameters()] for name in ("transformer", "universal")]
    assert names[0] == names[1]

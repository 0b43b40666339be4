"""Each is what its name says, in numbers of updates and of those that the gradient sees."""

from __future__ import annotations

import pytest
import torch
from models.test_recursion import BATCH, SPEC, small

from hrm.models.gradient import num_seen

UPDATES = {"transformer": (1, 1), "universal": (4, 4), "recurrent": (4, 1), "urm": (12, 6), "direct": (1, 1)}


@pytest.mark.parametrize("name", UPDATES)
def test_updates_of_a_segment(name: str) -> None:
    model = small(name).build(SPEC)
    schedule, rounds = model.schedule
    seen = num_seen(schedule, rounds, model.config.gradient, model.config.gradient_k)
    assert (len(schedule), seen) == UPDATES[name]
    carry, e = model.initial_carry(4), model.embedding(BATCH)
    z = carry.z_H
    for _ in schedule:
        z = model.H_level(torch.zeros_like(z) if name == "direct" else z, e)
    torch.testing.assert_close(model(carry, BATCH)[0].z_H, z)

from __future__ import annotations

import math

import pytest
import torch
from export_models import untrained

from hrm.export.graph import signature
from hrm.export.session import deviation, feed
from hrm.types import Batch


def test_the_feed_has_what_the_graph_takes() -> None:
    model = untrained("hrm").model
    batch = Batch(torch.ones(3, 16, dtype=torch.int64), torch.ones(3, 16, dtype=torch.int64), torch.zeros(3).long())
    given = feed(signature(model), model.initial_carry(3), batch)
    assert tuple(given) == signature(model).inputs
    assert given["z_H"].shape == (3, 17, 16)
    assert given["puzzle_ids"].shape == (3,)


def test_deviation_is_the_largest_of_any_output() -> None:
    one, two = untrained("hrm"), untrained("hrm")
    batch = next(iter(one.task.eval_batches(2)))
    assert deviation(one.model, two.model, batch, 2) == 0
    with torch.no_grad():
        two.model.get_parameter("q_head.bias")[1] += 0.5  # q_continue alone
    assert abs(deviation(one.model, two.model, batch, 2) - 0.5) < 1e-5


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("poisoned", ["ours", "theirs", "both"])
def test_a_number_that_is_none_is_never_equal(number: float, poisoned: str) -> None:
    one, two = untrained("hrm"), untrained("hrm")
    batch = next(iter(one.task.eval_batches(2)))
    with torch.no_grad():
        for name, loaded in (("ours", one), ("theirs", two)):
            if poisoned in (name, "both"):
                loaded.model.get_parameter("q_head.bias")[0] = number
    assert deviation(one.model, two.model, batch, 1) == math.inf

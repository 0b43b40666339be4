"""Watching changes nothing, and intervals are those of puzzles."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from known import subject, toy

from hrm.analysis.subject import bootstrap, distance, mean_of, said, watched
from hrm.models.hrm import HRMConfig
from hrm.models.trm import TRMConfig


@pytest.mark.parametrize("config", [HRMConfig, TRMConfig])
def test_watching_changes_no_bit_and_sees_every_update(config: type[HRMConfig] | type[TRMConfig]) -> None:
    torch.manual_seed(0)
    about = subject(toy())
    model = config(hidden_size=16, num_heads=2, puzzle_embedding_size=0).build(about.task.spec).eval()
    carry, plain = model.initial_carry(12), []
    with torch.inference_mode():
        for _ in range(3):
            carry, prediction = model(carry, about.batch)
            plain.append((carry, prediction))
    for segment, (expected, predicted) in zip(watched(model, about.batch, 3, torch.float32), plain, strict=True):
        assert [name for name, _ in segment.updates] == list(model.update_names)
        assert all(torch.equal(a, b) for a, b in zip(segment.carry, expected, strict=True))
        assert torch.equal(segment.prediction.logits, predicted.logits)
        assert torch.equal(dict(segment.updates)["H_level"], expected.z_H)
    assert not any(module._forward_hooks for module in model.modules()), "no hook stays"


def test_distance_is_a_share_of_where_it_ends() -> None:
    before, after = torch.tensor([[3.0, 0.0], [1.0, 1.0]]), torch.tensor([[0.0, 4.0], [1.0, 1.0]])
    assert distance(before, after).tolist() == [pytest.approx(5 / 4), 0.0]


def test_means_leave_out_what_is_not_known_and_are_json() -> None:
    row = mean_of(np.array([1.0, 3.0, np.nan]))
    assert row["mean"] == 2.0
    assert row["puzzles"] == 2
    assert row["mean_95"][0] < 2 < row["mean_95"][1]
    nothing = mean_of(np.array([np.nan]))
    assert nothing == {"mean": None, "mean_95": None, "puzzles": 0}
    json.dumps([row, nothing], allow_nan=False)
    assert said(nothing) == "-"
    assert said({"x": 0.5, "x_95": [0.25, 0.75]}, 1, of="x", times=100) == "50.0 [25.0, 75.0]"


def test_the_bootstrap_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(1).normal(size=400)
    low, high = bootstrap(lambda rows: float(values[rows].mean()), 400, seed=0, rounds=400)
    assert (low + high) / 2 == pytest.approx(values.mean())
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.15)


@pytest.mark.parametrize(
    ("num", "size", "expected"), [(12, 5, [5, 5, 2]), (11, 5, [5, 6]), (5, 1, [2, 3]), (2, 9, [2])]
)
def test_no_puzzle_is_looked_at_alone(num: int, size: int, expected: list[int]) -> None:
    about = subject(toy(), puzzles=num, batch_size=size)
    batches = list(about.batches())
    assert [len(batch.inputs) for batch in batches] == expected
    assert torch.equal(torch.cat([batch.inputs for batch in batches]), about.batch.inputs)


def test_one_alone_has_no_interval() -> None:
    row = mean_of(np.array([2.0]))
    assert row == {"mean": 2.0, "mean_95": None, "puzzles": 1}
    assert said(row) == "2.00 (one alone)"

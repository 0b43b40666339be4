from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hrm.training.config import RunConfig
from hrm.training.pace import fitted, seconds_per_step
from hrm.training.run import prepare
from hrm.training.state import state_tensors


def test_steps_follow_from_their_rate(tiny_run: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrm.training.pace.seconds_per_step", lambda *_: 0.5)
    long = replace(tiny_run.training, steps=1000, warmup_steps=100, early_max_segments=(1, 2))
    for left, expected in ((250.0, (500, 50)), (2000.0, (4000, 100)), (0.0, (3, 0))):
        got = fitted(prepare(tiny_run), long, 0, lambda left=left: left)
        assert (got.steps, got.warmup_steps) == expected
        assert replace(got, steps=1000, warmup_steps=100) == long


@pytest.mark.parametrize("validate_every", [0, 3])
def test_trying_leaves_no_trace(tiny_run: RunConfig, validate_every: int) -> None:
    config = replace(tiny_run, training=replace(tiny_run.training, validate_every=validate_every, num_validation=5))
    prepared = prepare(config)
    before = {name: tensor.clone() for name, tensor in state_tensors(prepared.state).items()}
    assert 0 < seconds_per_step(prepared, config.training, config.seed, 0.01, lambda: 1.0) < 60
    after = state_tensors(prepared.state)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)

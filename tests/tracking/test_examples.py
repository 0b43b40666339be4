"""The same puzzles all along, whoever looks at them leaves no trace."""

from __future__ import annotations

from dataclasses import replace

import torch
from tracked_run import tracked_config

from hrm.models import same_size_as
from hrm.models.lattice import LatticeConfig
from hrm.tracking.examples import NUM_EXAMPLES, Examples
from hrm.training.config import RunConfig
from hrm.training.loop import train
from hrm.training.run import prepare, validate_now
from hrm.training.state import state_tensors


def test_the_puzzles_are_those_that_validate_or_of_the_test_set(tiny_run: RunConfig) -> None:
    validating, other = prepare(tracked_config()), prepare(tiny_run)
    assert validating.validation is not None
    for prepared, task in ((validating, validating.validation), (other, other.task)):
        expected = next(iter(task.eval_batches(NUM_EXAMPLES)))
        found = Examples(prepared, 4)
        assert found.batch is not None
        assert torch.equal(found.batch.inputs, expected.inputs)
        boards = found.boards()
        assert [board.name for board in boards] == ["1", "2", "3", "4"]
        assert all("of 16 cells right" in board.said[0] and "solved" in board.said[1] for board in boards)


def test_they_say_what_validation_measures() -> None:
    config = tracked_config()
    config = replace(config, training=replace(config.training, num_validation=4, steps=30))
    prepared = prepare(config)
    for _ in train(prepared.state, prepared.task, config.training, config.seed, prepared.runtime):
        pass
    boards = Examples(prepared, config.training.max_segments).boards()
    right = [int(board.said[0].split()[0]) for board in boards]
    assert prepared.validation is not None
    found = validate_now(prepared.state, prepared.validation, config.training, prepared.runtime)
    assert sum(right) / 64 == found.cells
    assert [board.said[1] for board in boards].count("solved") / 4 == found.solved


def test_looking_changes_nothing() -> None:
    config = tracked_config()
    random = LatticeConfig(hidden_size=16, H_layers=1, H_cycles=2, expansion=1.0, equivariant=True)
    for model in (config.model, same_size_as(config.model, "trm"), random):
        prepared = prepare(replace(config, model=model))
        for _ in train(prepared.state, prepared.task, config.training, config.seed, prepared.runtime):
            break
        examples = Examples(prepared, 4)
        before = {name: tensor.clone() for name, tensor in state_tensors(prepared.state).items()}
        numbers = torch.get_rng_state()
        first, second = examples.boards(), examples.boards()
        assert first == second
        assert torch.equal(torch.get_rng_state(), numbers)
        assert prepared.state.model.training
        for name, tensor in state_tensors(prepared.state).items():
            assert torch.equal(before[name], tensor), name

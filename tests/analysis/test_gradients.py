from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from hrm.analysis.gradients import Rule, Settings, gradient, measure, saved_bytes, think, under, weights_of
from hrm.errors import InputError
from hrm.models import MODELS, same_size_as
from hrm.models.recursion import Recursion
from hrm.runtime import resolve
from hrm.training.config import RunConfig
from hrm.training.loop import train_step
from hrm.training.run import prepare

CYCLES = ((1, 1), (1, 3), (3, 3))
RECURSIVE = sorted({*MODELS} - {"direct", "deep", "lattice"})


def fresh(config: Any, run: RunConfig) -> Recursion:
    torch.manual_seed(0)
    model = config.build(run.task.build().spec)
    assert isinstance(model, Recursion)
    return model.eval()


def small(name: str, run: RunConfig) -> Any:
    layers = {field: 1 for field in ("H_layers", "L_layers") if hasattr(MODELS[name](), field)}
    return replace(same_size_as(run.model, name), **layers)


def memory(model: Recursion, rule: Rule, cycles: tuple[int, int], run: RunConfig) -> int:
    batch = run.task.build().train_batch(0, 4, 0)
    variant = under(model, rule, cycles)
    return saved_bytes(variant, think(variant, batch, 1, torch.float32), "stablemax")


@pytest.mark.parametrize("name", RECURSIVE)
def test_memory_is_flat_for_one_step_and_grows_evenly_for_bptt(name: str, tiny_run: RunConfig) -> None:
    model = fresh(small(name, tiny_run), tiny_run)
    for rule in (Rule("one_step"), Rule("neumann", 1), Rule("neumann", 3), Rule("last_k", 1)):
        assert len({memory(model, rule, cycles, tiny_run) for cycles in CYCLES}) == 1, rule
    rounds = [memory(model, Rule("bptt"), (n, 2), tiny_run) for n in (2, 3, 4)]
    assert 0 < rounds[1] - rounds[0] == rounds[2] - rounds[1]
    assert memory(model, Rule("one_step"), (4, 2), tiny_run) < rounds[0]


def test_memory_counts_a_storage_once_and_no_weight(tiny_run: RunConfig) -> None:
    """Weights that lie in storages of twice their size change nothing."""
    model = fresh(tiny_run.model, tiny_run)
    batch = tiny_run.task.build().train_batch(0, 4, 0)
    start = think(model, batch, 1, torch.float32)
    kept = saved_bytes(under(model, Rule("one_step"), (1, 1)), start, "stablemax")
    for weight in weights_of(model):
        weight.data = torch.cat((weight.data, weight.data))[: len(weight)]
    assert saved_bytes(under(model, Rule("one_step"), (1, 1)), start, "stablemax") == kept


@pytest.mark.parametrize("name", RECURSIVE)
def test_the_cosine_of_bptt_and_of_the_last_k_with_all_is_one(name: str, tiny_run: RunConfig) -> None:
    lines = measure(
        {"fresh": fresh(small(name, tiny_run), tiny_run)},
        tiny_run.task.build(),
        [(2, 2)],
        Settings(ks=(1, 2, 6), batch_size=4, num_batches=2, rounds=1),
        resolve(tiny_run.runtime),
    )
    by_name = {str(line.rule): line for line in lines}
    for rule in ("bptt", "last_k 6"):
        assert by_name[rule].cosine["fresh"].mean == pytest.approx(1, abs=1e-12)
        assert by_name[rule].num_seen == by_name[rule].num_updates
    assert by_name["last_k 6"].memory_bytes == by_name["bptt"].memory_bytes
    assert -1 <= by_name["last_k 1"].cosine["fresh"].mean < 1 - 1e-6
    assert by_name["neumann 1"].cosine == pytest.approx(by_name["one_step"].cosine)
    assert all(line.seconds > 0 for line in lines)


def test_the_gradient_is_that_of_training(tiny_run: RunConfig) -> None:
    """For the first step of a run, the gradient that the optimizer was given."""
    run = replace(tiny_run, training=replace(tiny_run.training, batch_size=6))
    state, task, *_ = prepare(run)
    model = state.model
    assert isinstance(model, Recursion)
    batch = task.train_batch(0, 6, run.seed)
    found = gradient(model, think(model, batch, 0, torch.float32), run.training.loss)
    state.optimizers[0].zero_grad = lambda set_to_none=True: None  # type: ignore[method-assign]
    train_step(state, batch, run.training)
    used = [weight.grad for weight in weights_of(model)]
    for ours, theirs in zip(found, used, strict=True):
        assert theirs is not None
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("is_training", [True, False])
def test_the_model_is_not_touched(tiny_run: RunConfig, is_training: bool) -> None:
    model = fresh(tiny_run.model, tiny_run).train(is_training)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    settings = Settings(ks=(2,), batch_size=2, num_batches=2, rounds=1)
    measure({"fresh": model}, tiny_run.task.build(), [(1, 1), (2, 3)], settings, resolve(tiny_run.runtime))
    assert model.config == tiny_run.model
    assert all(module.training == is_training for module in model.modules())
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


def test_a_model_on_another_device_stays_there(tiny_run: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every machine has the device meta, but it holds no figures: what was to be measured is looked at, no more."""
    model = fresh(tiny_run.model, tiny_run).train()
    seen: list[Recursion] = []

    def look(model: Recursion, *_: object) -> Recursion:
        seen.append(model)
        raise InterruptedError

    monkeypatch.setattr("hrm.analysis.gradients.under", look)
    there = resolve(tiny_run.runtime)._replace(device=torch.device("meta"))
    with pytest.raises(InterruptedError):
        measure({"fresh": model}, tiny_run.task.build(), [(1, 1)], Settings(), there)
    assert {weight.device.type for weight in seen[0].parameters()} == {"meta"}
    assert {tensor.device.type for tensor in (*model.parameters(), *model.buffers())} == {"cpu"}
    assert model.training


@pytest.mark.parametrize("name", ["direct", "deep"])
def test_a_model_of_one_pass_is_refused(name: str, tiny_run: RunConfig) -> None:
    model = fresh(small(name, tiny_run), tiny_run)
    with pytest.raises(InputError, match=f"{name}.*has no cycles"):
        measure({"fresh": model}, tiny_run.task.build(), [(1, 1)], Settings(), resolve(tiny_run.runtime))

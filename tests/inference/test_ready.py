from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import graphs
import pytest
import torch
from torch import nn

from hrm.inference import ready as ready_module
from hrm.inference.ready import ready
from hrm.models.base import Reasoner
from hrm.nn.linear import Int8Linear, Linear
from hrm.runtime import Runtime
from hrm.training.config import RunConfig

CPU = Runtime(torch.device("cpu"), torch.float32, False)
META = CPU._replace(device=torch.device("meta"))  # another device that every machine has
DEVICES = pytest.mark.parametrize("runtime", [CPU, META], ids=["shared", "copied"])


def fresh(run: RunConfig) -> Reasoner:
    """A model with every kind of buffer: first states, and rotary tables that no file holds."""
    config = replace(run.model, mixing="attention", positions="rope")
    return config.build(run.task.build().spec)


@DEVICES
def test_a_model_has_one_twin_on_each_device(tiny_run: RunConfig, runtime: Runtime) -> None:
    model = fresh(tiny_run)
    made = ready(model, runtime)
    assert made is not model
    assert not made.training
    assert {tensor.device for tensor in (*made.parameters(), *made.buffers())} == {runtime.device}
    assert {tensor.device.type for tensor in (*model.parameters(), *model.buffers())} == {"cpu"}, "a copy moves"
    assert model.training
    other = ready(model, META if runtime is CPU else CPU)
    assert other is not made
    assert ready(model, runtime) is made
    assert ready(fresh(tiny_run), runtime) is not made


@DEVICES
def test_eager_and_compiled_are_two_twins(
    tiny_run: RunConfig, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[Reasoner] = []
    monkeypatch.setattr(ready_module, "fit_levels", lambda model, how: compiled.append(model) if how.compile else None)
    model = fresh(tiny_run)
    eager = ready(model, runtime)
    assert compiled == []
    fused = ready(model, runtime._replace(compile=True))
    assert fused is not eager
    assert compiled == [fused]
    assert ready(model, runtime) is eager
    assert ready(model, runtime._replace(compile=True)) is fused
    assert compiled == [fused], "compiled once"


def test_a_captured_twin_thinks_as_the_plain_one(tiny_run: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrm.capture.record_on_gpu", graphs.record)
    graphs.calls.clear()
    model, task = fresh(tiny_run), tiny_run.task.build()
    plain, captured = ready(model, CPU), ready(model, CPU._replace(capture=True))
    assert captured is not plain
    with torch.inference_mode():
        ours, theirs = plain.initial_carry(4), captured.initial_carry(4)
        for batch in list(task.eval_batches(4))[:3]:
            (ours, one), (theirs, other) = plain(ours, batch), captured(theirs, batch)
            assert torch.equal(one.logits, other.logits)
            assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert len(graphs.calls) == 1


def new_weight(model: Any) -> None:
    model.lm_head.weight = nn.Parameter(model.lm_head.weight + 1)


def new_start(model: Any) -> None:
    model.H_init = model.H_init + 1


def new_rotary_table(model: Any) -> None:
    table = next(module for module in model.modules() if "cos" in module._buffers)
    table.cos = table.cos + 1


def new_module(model: Any) -> None:
    model.extra = nn.Linear(1, 1)


def doubled(model: Any) -> None:
    model.double()


REPLACEMENTS = [new_weight, new_start, new_rotary_table, new_module, doubled]


@DEVICES
@pytest.mark.parametrize("replaces", REPLACEMENTS)
def test_what_is_replaced_in_a_model_is_seen(
    tiny_run: RunConfig, runtime: Runtime, replaces: Callable[[Any], None]
) -> None:
    model = fresh(tiny_run)
    before = ready(model, runtime)
    replaces(model)
    after = ready(model, runtime)
    assert after is not before
    ours, theirs = (dict([*m.named_parameters(), *m.named_buffers()]) for m in (model, after))
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert (theirs[name] is ours[name]) == (runtime is CPU)
        assert theirs[name].dtype == ours[name].dtype
    assert ready(model, runtime) is after


def trained_on(model: Any) -> None:
    model.lm_head.weight.add_(1)


def loaded_into(model: Any) -> None:
    model.load_state_dict({name: tensor + 1 for name, tensor in model.state_dict().items()})


def averaged(model: Any) -> None:
    torch._foreach_copy_([model.lm_head.weight.detach()], [torch.ones_like(model.lm_head.weight)])


def doubled_in_part(model: Any) -> None:
    model.lm_head.double()  # other memory in the same parameter


@pytest.mark.parametrize("changes", [trained_on, loaded_into, averaged, doubled_in_part])
def test_what_changes_in_place_is_shared_or_copied_anew(tiny_run: RunConfig, changes: Callable[[Any], None]) -> None:
    model = fresh(tiny_run)
    shared, copied = ready(model, CPU), ready(model, META)
    with torch.no_grad():
        changes(model)
    assert ready(model, CPU) is shared
    assert ready(model, META) is not copied
    model.eval()
    with torch.no_grad():
        assert ready(model, META) is ready(model, META)


def test_weights_of_a_model_are_never_moved(tiny_run: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the CPU to cuda they would move for all who share them; to meta they would not, so the call is looked at."""
    model, move = fresh(tiny_run), nn.Module.to
    own = {id(weight) for weight in model.parameters()}
    shared: list[set[int]] = []

    def to(module: nn.Module, device: torch.device) -> nn.Module:
        shared.append(own & {id(weight) for weight in module.parameters()})
        return move(module, device)

    monkeypatch.setattr(nn.Module, "to", to)
    ready(model, META)
    assert shared == [set()]


@DEVICES
def test_hooks_of_a_model_do_not_fire_in_its_solvers(tiny_run: RunConfig, runtime: Runtime) -> None:
    model = fresh(tiny_run)
    model.H_level.register_forward_hook(lambda *_: None)
    assert not ready(model, runtime).H_level._forward_hooks


def test_weights_whose_changes_are_not_counted_are_copied_every_time(tiny_run: RunConfig) -> None:
    with torch.inference_mode():
        model = fresh(tiny_run)
    assert ready(model, META) is not ready(model, META)
    assert ready(model, CPU) is ready(model, CPU)


def test_threads_that_ask_at_once_get_one_twin(tiny_run: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(model: Reasoner, runtime: Runtime) -> None:
        time.sleep(0.05)

    monkeypatch.setattr(ready_module, "fit_levels", slow)
    model = fresh(tiny_run)
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: ready(model, CPU._replace(compile=True)), range(4)))
    assert len({id(twin) for twin in made}) == 1


@DEVICES
def test_a_model_that_nobody_has_takes_its_twins_along(tiny_run: RunConfig, runtime: Runtime) -> None:
    model = fresh(tiny_run)
    seen = weakref.ref(model), weakref.ref(ready(model, runtime))
    del model
    gc.collect()
    assert [ref() for ref in seen] == [None, None]


def test_an_int8_twin_is_its_own_rounds_only_levels_and_follows_the_weights(tiny_run: RunConfig) -> None:
    model, runtime = fresh(tiny_run), CPU._replace(int8=True)
    plain, rounded = ready(model, CPU), ready(model, runtime)
    kinds = {name: type(module) for name, module in rounded.named_modules()}
    assert kinds["lm_head"] is Linear
    assert Int8Linear in kinds.values()
    assert not [name for name, kind in kinds.items() if "level" in name and kind is Linear]
    assert not [module for module in (*model.modules(), *plain.modules()) if isinstance(module, Int8Linear)]
    assert ready(model, runtime) is rounded
    with torch.no_grad():
        next(model.parameters()).mul_(2)
    assert ready(model, runtime) is not rounded, "its weights are copies"

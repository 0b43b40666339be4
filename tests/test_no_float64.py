"""A stand-in for machines whose device has no float64 (Apple's mps): nothing is widened before it is on the CPU."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from hrm.analysis.gradients import Settings, measure
from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.inference.making import make_solver
from hrm.runtime import Runtime
from hrm.store.folder import LoadedModel, describe
from hrm.training.config import RunConfig
from hrm.training.loop import train
from hrm.training.run import prepare

CPU = Runtime(torch.device("cpu"), torch.float32, False)


class NoFloat64(TorchDispatchMode):
    """Within, a tensor counts as the device's until ``cpu`` has been called on it, or on what it was computed from; an
    operation of the device that gives float64 fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.on_cpu: dict[int, Tensor] = {}  # by the address of their data; held, so that none is used twice
        move = Tensor.cpu

        def cpu(tensor: Tensor) -> Tensor:
            moved = move(tensor).clone()
            self.on_cpu[address(moved)] = moved
            return moved

        monkeypatch.setattr(Tensor, "cpu", cpu)
        monkeypatch.setattr("hrm.segments.losses.has_float64", lambda device: False)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        results = func(*args, **(kwargs or {}))
        is_moved = any(address(tensor) in self.on_cpu for tensor in dense((args, kwargs)))
        for tensor in dense(results):
            if is_moved:
                self.on_cpu[address(tensor)] = tensor
            assert is_moved or tensor.dtype != torch.float64, f"{func} gives float64 on the device"
        return results


def dense(tree: Any) -> list[Tensor]:
    """The tensors in ``tree`` that have a storage; the values of sparse ones pass by themselves."""
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor) and leaf.layout == torch.strided]


def address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> NoFloat64:
    return NoFloat64(monkeypatch)


def with_everything(run: RunConfig) -> RunConfig:
    """Both values of stopping, a puzzle embedding, an average, starts near the answer."""
    return replace(run, training=replace(run.training, steps=6, corrupted_share=0.5))


def test_it_is_seen_when_something_is_widened(device: NoFloat64) -> None:
    with device:
        assert torch.ones(2).cpu().double().sum() == 2
        with pytest.raises(AssertionError, match="gives float64 on the device"):
            torch.ones(2).double()


@pytest.mark.parametrize("loss", ["stablemax", "softmax"])
def test_training(device: NoFloat64, tiny_run: RunConfig, loss: Any) -> None:
    run = with_everything(tiny_run)
    config = replace(run.training, loss=loss)
    state, task, _, _ = prepare(replace(run, training=config))
    with device:
        assert [report.step for report, _ in train(state, task, config, 3, CPU)] == [3, 6]


def test_evaluation_and_solving(device: NoFloat64, tiny_run: RunConfig, tmp_path: Path) -> None:
    state, task, _, _ = prepare(tiny_run)
    config = describe(tiny_run.model, tiny_run.task)
    with device:
        table = concatenate(list(evaluate(state.model, task, CPU, max_segments=3)))
        assert summarize(table)["puzzles"] == 12
        solver = make_solver(LoadedModel(state.model, task, config, tmp_path), max_segments=3, runtime=CPU)
        assert solver.solve("1.34341221434321")[0].spent > 0
        assert len(list(solver.trace("1.34341221434321", inner=True))) > 3


def test_gradients(device: NoFloat64, tiny_run: RunConfig) -> None:
    state, task, _, _ = prepare(tiny_run)
    with device:
        lines = measure({"fresh": state.model}, task, [(1, 1)], Settings(num_batches=2, batch_size=2, rounds=1), CPU)
    assert lines[-1].cosine["fresh"].mean == pytest.approx(1.0)

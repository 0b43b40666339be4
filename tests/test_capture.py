"""What is around a graph: memory, gradients, shapes. The graph itself needs a GPU (test_gpu.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from graphs import calls, record
from torch import Tensor, nn

from hrm.capture import MOST, Captured, can_capture
from hrm.errors import InputError, Notice


class Pair(NamedTuple):
    a: Tensor
    b: Tensor | None


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


def test_every_call_has_its_own_arguments_and_results() -> None:
    double = Captured(lambda pair, factor: Pair(pair.a * factor, pair.b), record=record)
    first = double(Pair(torch.ones(3), None), 2)
    second = double(Pair(torch.full((3,), 5.0), None), 2)
    assert first.a.tolist() == [2, 2, 2], "the second call has not written over it"
    assert second.a.tolist() == [10, 10, 10]
    assert second.b is None
    assert len(calls) == 1
    assert double(Pair(torch.ones(3), None), 3).a.tolist() == [3, 3, 3], "another number is another graph"
    assert double(Pair(torch.ones(4), torch.ones(1)), 3).a.tolist() == [3, 3, 3, 3]
    assert len(calls) == 3


def test_rows_that_are_one_row_in_memory_are_arguments_like_any() -> None:
    total = Captured(lambda x: x.sum(0), record=record)
    assert total(torch.ones(3).expand(2, 3)).tolist() == [2, 2, 2]
    assert total(torch.arange(3.0).expand(2, 3)).tolist() == [0, 2, 4]


def trained(learn: Callable[[Tensor], Tensor], weight: nn.Parameter, parts: int) -> list[float]:
    """The weight after each of five steps, whose gradients add up over so many parts."""
    path = []
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    for step in range(5):
        for part in range(parts):
            learn(torch.tensor([1.0 + step, 2.0 - part]))
        assert weight.grad is not None
        weight.grad.mul_(0.5)  # as ranks do, which add theirs in place
        optimizer.step()
        optimizer.zero_grad()
        path.append(float(weight.detach().sum()))
    return path


@pytest.mark.parametrize("parts", [1, 3])
def test_gradients_add_up_as_without(parts: int) -> None:
    def learn_with(weight: nn.Parameter) -> Callable[[Tensor], Tensor]:
        def learn(x: Tensor) -> Tensor:
            loss = ((weight * x).sum() - 1).square()
            torch.autograd.backward(loss)
            return loss.detach()

        return learn

    plain, other = (nn.Parameter(torch.tensor([0.5, -0.5])) for _ in range(2))
    wanted = trained(learn_with(plain), plain, parts)
    assert trained(Captured(learn_with(other), [other], record=record), other, parts) == wanted
    assert len(calls) == 1


def test_a_gradient_that_was_there_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    used, unused = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    used.grad, unused.grad = torch.tensor([10.0]), torch.tensor([7.0])
    Captured(lambda: torch.autograd.backward(used * 3), [used, unused], record=record)()
    assert used.grad.tolist() == [13]
    assert unused.grad.tolist() == [7]


def test_what_cannot_be_recorded_goes_on_without() -> None:
    def refuse(call: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        raise RuntimeError("operation not permitted\nwhen stream is capturing")

    double = Captured(lambda x: 2 * x, record=refuse)
    with pytest.warns(Notice, match=r"one graph here \(operation not permitted when stream is capturing\)"):
        assert double(torch.ones(1)).item() == 2
    assert double(torch.ones(1)).item() == 2  # told once
    with pytest.raises(InputError, match=r"capture yes: .*not permitted"):
        Captured(lambda x: 2 * x, must=True, record=refuse)(torch.ones(1))


def test_memory_that_is_wanting_is_no_fault_of_recording() -> None:
    def refuse(call: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        Captured(lambda x: 2 * x, record=refuse)(torch.ones(1))


def test_shapes_without_end_do_not_fill_the_memory() -> None:
    double = Captured(lambda x: 2 * x, record=record)
    for size in range(1, MOST + 5):
        assert double(torch.ones(size)).sum().item() == 2 * size
    assert len(double.recordings) == len(calls) == MOST


def test_only_cuda_has_graphs() -> None:
    assert not can_capture(torch.device("cpu"), must=False)
    with pytest.raises(InputError, match="capture yes: only CUDA"):
        can_capture(torch.device("cpu"), must=True)
    assert can_capture(torch.device("cuda"), must=True)

"""Work that a graphics card repeats as one graph ("CUDA graphs"). Small models spend their time on launching kernels
one by one, each of which takes less than that; a graph is launched once.

A graph reads and writes always the same memory. So arguments are copied into the memory that it was recorded with, and
results out of it; there is one graph for each shape of the arguments. Weights are read where they lie: an optimizer may
change them in place. Nothing in it may wait for the device, or draw random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from hrm.errors import InputError, notify

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Record = Callable[[Callable[[], Any]], tuple[Any, Callable[[], None]]]
"""A call, recorded: its result, and what does it again into the same memory."""

MOST = 8
"""Graphs of one function, each of which holds its memory; further shapes go without. Chosen by hand: training has one a
length of the loops, solving one a number of slots."""

WARM_UP = 3
"""Calls before the recorded one, in which kernels are chosen and compiled (docs.pytorch.org, "CUDA graphs")."""


class Recording(NamedTuple):
    """One graph and its memory."""

    inputs: list[Tensor]
    result: Any
    gradients: tuple[Tensor | None, ...]
    again: Callable[[], None]


class Captured:
    """A function of tensors, in NamedTuples and tuples, recorded at its first call and repeated at all others.

    Other arguments are part of what is recorded. parameters: those whose gradients the function adds to, in
    ``Parameter.grad``. Where recording fails, that is told, and the function called as it is; ``must``: it is an
    ``InputError``. record: the engine, a graphics card's own by default.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        parameters: Sequence[nn.Parameter] = (),
        *,
        must: bool = False,
        record: Record | None = None,
    ) -> None:
        self.function, self.parameters, self.must = function, parameters, must
        self.record = record or record_on_gpu
        self.recordings: dict[Hashable, Recording] = {}
        self.has_failed = False

    def __call__(self, *args: Any) -> Any:
        from torch import Tensor
        from torch.utils._pytree import tree_flatten, tree_map_only

        leaves, shape = tree_flatten(args)
        key = self._key(leaves, shape)
        if self.has_failed or (key not in self.recordings and len(self.recordings) >= MOST):
            return self.function(*args)
        if key not in self.recordings:
            try:
                self.recordings[key] = self._recorded(leaves, shape)
            except RuntimeError as error:  # torch has no kind of its own for what cannot be recorded
                self._failed(error)
                return self.function(*args)
        made = self.recordings[key]
        for mine, given in zip(made.inputs, (leaf for leaf in leaves if isinstance(leaf, Tensor)), strict=True):
            mine.copy_(given)
        before = [_apart(p.grad, own) for p, own in zip(self.parameters, made.gradients, strict=True)]
        made.again()
        for p, old, new in zip(self.parameters, before, made.gradients, strict=True):
            p.grad = old if new is None else new if old is None else old + new
        return tree_map_only(Tensor, lambda tensor: tensor.clone(), made.result)

    def _key(self, leaves: list[Any], shape: object) -> Hashable:
        import torch

        kinds = (
            (leaf.shape, leaf.dtype, leaf.device) if isinstance(leaf, torch.Tensor) else (type(leaf), leaf)
            for leaf in leaves
        )
        return str(shape), tuple(kinds), torch.is_grad_enabled(), torch.is_inference_mode_enabled()

    def _recorded(self, leaves: list[Any], shape: Any) -> Recording:
        import torch
        from torch.utils._pytree import tree_unflatten

        own = [
            leaf.detach().clone(memory_format=torch.contiguous_format) if isinstance(leaf, torch.Tensor) else leaf
            for leaf in leaves
        ]
        before = [p.grad for p in self.parameters]

        def call() -> tuple[Any, tuple[Tensor | None, ...]]:
            for p in self.parameters:
                p.grad = None  # the backward pass takes memory for it from the graph's
            result = self.function(*tree_unflatten(own, shape))
            return result, tuple(p.grad for p in self.parameters)

        try:
            (result, gradients), again = self.record(call)
        finally:
            for p, grad in zip(self.parameters, before, strict=True):
                p.grad = grad
        return Recording([leaf for leaf in own if isinstance(leaf, torch.Tensor)], result, gradients, again)

    def _failed(self, error: RuntimeError) -> None:
        import torch

        if isinstance(error, torch.OutOfMemoryError):
            raise error
        reason = " ".join(str(error).split())[:160]
        if self.must:
            raise InputError(f"capture yes: this cannot be repeated as one graph here ({reason}). Say no") from error
        self.has_failed = True
        notify(f"this cannot be repeated as one graph here ({reason}): going on without, which is slower and as right")


def _apart(grad: Tensor | None, own: Tensor | None) -> Tensor | None:
    """A gradient that is there already, out of the memory that the graph will write to."""
    return grad.clone() if grad is not None and grad is own else grad


def record_on_gpu(call: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
    """A call recorded on the current CUDA device. Raises ``RuntimeError`` where it waits for the device."""
    import torch

    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP):
            call()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = call()
    return result, graph.replay


def can_capture(device: torch.device, *, must: bool) -> bool:
    """True where ``device`` repeats work as a graph. ``must``: ``InputError`` where it does not."""
    if must and device.type != "cuda":
        raise InputError(f"capture yes: only CUDA repeats work as one graph, and this is {device.type}: leave it out")
    return device.type == "cuda"

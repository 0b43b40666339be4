"""Models made ready to solve with: twins that leave the models as they are, made once for all solvers; and whether the
work that is ahead is worth compiling them."""

from __future__ import annotations

import copy
import threading
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from hrm.capture import Captured
from hrm.models.base import Reasoner, twin
from hrm.nn.block import fit_levels
from hrm.runtime import Runtime
from hrm.tasks.base import Task


class _Made(NamedTuple):
    """A twin, and what its model was when it was made."""

    twin: Reasoner
    tensors: tuple[Tensor, ...]  # kept, so that no number in ``marks`` is given to another one
    marks: list[tuple[object, ...]]


_ready: WeakKeyDictionary[Reasoner, dict[tuple[torch.device, bool, bool, bool, str], _Made]] = WeakKeyDictionary()
"""Model -> its twins by device, whether they are compiled, in int8, and captured, and whose kernels they run: each is
made once for all."""
_making = threading.Lock()


USUAL_SEGMENTS = 4
"""Segments of a puzzle on average, where a person asks for no other end than the rules: 2.9 of the package's Sudoku
model on ordinary puzzles (docs/log.md, 2026-11-26). Hard ones take many times as many."""


FEW_SEGMENTS = 1_000
"""Segments of all puzzles together that are not worth counting: what counts takes three quarters of a second to import,
and no model of the family makes so few of them long enough for compiling to pay."""


def work_of(model: Reasoner, task: Task, num_puzzles: int, segments: float = USUAL_SEGMENTS) -> float:
    """Matrix arithmetic (FLOP) of so many puzzles, each thought about for so many segments; 0 for few."""
    if num_puzzles * segments < FEW_SEGMENTS:
        return 0.0
    from hrm.models.cost import segment_flops

    return segment_flops(lambda spec: copy.deepcopy(model), task.spec, 1) * num_puzzles * segments


def ready(model: Reasoner, runtime: Runtime) -> Reasoner:
    """A twin of ``model`` to solve with: in evaluation mode, on the device, compiled and captured as ``runtime`` says.

    ``model`` stays as it is. On its own device the twin has its weights, elsewhere a copy of them, which is made anew
    when they have changed (not through ``.data``: PyTorch does not count that).
    """
    here = torch.empty(0, device=runtime.device).device
    tensors = (*model.parameters(), *model.buffers())
    is_copied = runtime.int8 or any(tensor.device != here for tensor in tensors)
    marks = [_mark(tensor, is_copied) for tensor in tensors]
    with _making:
        twins = _ready.setdefault(model, {})
        kind = (here, runtime.compile, runtime.int8, runtime.capture, runtime.kernels)
        made = twins.get(kind)
        if made is None or made.marks != marks:
            other = twin(model)  # first, so that no hook is copied
            other = (copy.deepcopy(other).to(here) if is_copied else other).eval()
            fit_levels(other, runtime)
            if runtime.capture:  # as nn.Module.compile does
                other._compiled_call_impl = Captured(other._call_impl, must=runtime.must_capture)
            made = twins[kind] = _Made(other, tensors, marks)
        return made.twin


def _mark(tensor: Tensor, is_copied: bool) -> tuple[object, ...]:
    """Equal as long as a twin is up to date: one that shares the tensor sees its values change, a copy does not."""
    if not is_copied:
        return (id(tensor),)
    # ``module.double()`` puts other memory into the same parameter, uncounted; inference tensors count nothing at all.
    version = object() if tensor.is_inference() else tensor._version
    return id(tensor), version, tensor.data_ptr(), tensor.dtype

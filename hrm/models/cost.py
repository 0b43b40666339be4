"""The cost of a model: its arithmetic, counted by PyTorch on tensors without data, and its size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from hrm.models.base import Reasoner
from hrm.types import Batch, TaskSpec


class _Nowhere:
    """In place of the counter's record of which module an operation is in, which a gradient within a gradient (the
    Neumann rule's) breaks; nobody reads it here."""

    parents: ClassVar[set[str]] = {"Global"}

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


@contextmanager
def counting() -> Iterator[Callable[[], int]]:
    """A time in which matrix arithmetic (FLOP) is counted; what it yields says how much it was so far."""
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = _Nowhere()  # type: ignore[assignment]  # it asks for no more than that
    with counter:
        yield lambda: int(counter.get_total_flops())


def segment_flops(build: Callable[[TaskSpec], Reasoner], spec: TaskSpec, batch_size: int) -> int:
    """Matrix arithmetic of one segment without gradient, counted by PyTorch on tensors without data."""
    model, batch = on_meta(build, spec, batch_size)
    with counting() as counted, torch.no_grad():
        model(model.initial_carry(batch_size), batch)
    return counted()


def on_meta(build: Callable[[TaskSpec], Reasoner], spec: TaskSpec, batch_size: int) -> tuple[Reasoner, Batch]:
    """A model and a batch of random tokens without data, for counting."""
    with torch.device("meta"):
        model = build(spec)
    return model.to("meta"), random_batch(spec, batch_size).to("meta")


def random_batch(spec: TaskSpec, batch_size: int) -> Batch:
    """Tokens drawn evenly; labels never pad."""
    generator = torch.Generator().manual_seed(0)
    shape = (batch_size, spec.seq_len)
    return Batch(
        inputs=torch.randint(1, spec.vocab_size, shape, generator=generator),
        labels=torch.randint(1, spec.vocab_size, shape, generator=generator),
        puzzle_ids=torch.zeros(batch_size, dtype=torch.int64),
    )


def num_parameters(model: nn.Module) -> dict[str, int]:
    """Weights counted by what they are: "puzzles" and "tokens" (embeddings; positions among them), and the "rest"."""
    counts = {"puzzles": 0, "tokens": 0, "rest": 0}
    for name, parameter in model.named_parameters():
        within = name.startswith("embedding.")
        counts["puzzles" if within and ".puzzles." in name else "tokens" if within else "rest"] += parameter.numel()
    return counts

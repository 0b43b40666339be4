"""An exponential moving average of the weights: what is evaluated when a run keeps one (TRM, arXiv 2510.04871)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from hrm.training.optim import puzzle_tables


class EMA:
    """``average = decay average + (1 - decay) weight`` for every weight but the puzzle embeddings."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        tables = {id(table) for table in puzzle_tables(model)}
        self.weights = {name: p.detach() for name, p in model.named_parameters() if id(p) not in tables}
        self.average = {name: weight.clone() for name, weight in self.weights.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Move the averages towards the weights as they are now."""
        torch._foreach_lerp_(list(self.average.values()), list(self.weights.values()), 1 - self.decay)

    @contextmanager
    @torch.no_grad()
    def in_place(self) -> Iterator[None]:
        """A time in which the weights of the model are the averages; after it they are, to the bit, what they were."""
        weights, averages = list(self.weights.values()), list(self.average.values())
        kept = [weight.clone() for weight in weights]
        torch._foreach_copy_(weights, averages)
        try:
            yield
        finally:
            torch._foreach_copy_(weights, kept)

    def evaluated(self, model: nn.Module) -> dict[str, Tensor]:
        """The state dict of ``model`` with the averages in place of the weights."""
        return {**model.state_dict(), **self.average}

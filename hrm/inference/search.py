"""The end of a puzzle that a model has not solved: a search that needs none, in the order of what the model believes.

What it finds is right whatever the model believes, and it never goes by the model's name: ``Solution.search`` says that
it was a search, and how many guesses it took with the model's beliefs and without them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from hrm.models.base import Reasoner
from hrm.puzzles.base import Searchable, Searched
from hrm.runtime import Runtime
from hrm.types import IGNORE_LABEL, Batch


class Search(NamedTuple):
    """The expense of a search."""

    guesses: int
    guesses_without_model: int
    """Of the same search with every cell's digits in ascending order."""


def finish(
    rules: Searchable, model: Reasoner, runtime: Runtime, inputs: NDArray[np.int64], segments: int
) -> tuple[NDArray[np.int64] | None, Search]:
    """The answer (S,) to ``inputs`` (S,), None where the search gives up. segments: how long the model thinks before
    its beliefs are asked for."""
    found = rules.search(inputs, beliefs(model, runtime, inputs, segments))
    plain: Searched = rules.search(inputs, None)
    answer = found.answer if found.answer is not None else plain.answer
    search = Search(found.guesses, plain.guesses)
    return (None if answer is None else answer.astype(np.int64)), search


@torch.inference_mode()
def beliefs(model: Reasoner, runtime: Runtime, inputs: NDArray[np.int64], segments: int) -> NDArray[np.float64]:
    """The logits (S, V) of a model that has thought for so many segments."""
    puzzle = torch.from_numpy(inputs)[None]
    batch = Batch(puzzle, torch.full_like(puzzle, IGNORE_LABEL), torch.zeros(1, dtype=torch.int64)).to(runtime.device)
    carry = model.initial_carry(1, runtime.dtype)
    for _ in range(segments):
        carry, prediction = model(carry, batch)
    return np.asarray(prediction.logits[0].double().cpu().numpy())

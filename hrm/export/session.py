"""A graph in onnxruntime, as a model like any other: it can be solved with and measured."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hrm.export.graph import Signature, require, signature
from hrm.models.base import Carry, Lesson, Reasoner
from hrm.types import Batch, Prediction


class OnnxReasoner(Reasoner):
    """``model`` with its segment computed by the graph in ``file``; first states are the model's."""

    def __init__(self, model: Reasoner, file: Path) -> None:
        super().__init__()
        require("onnxruntime")
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = torch.get_num_threads()
        settings.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(file, settings, providers=["CPUExecutionProvider"])
        self.model, self.names = model, signature(model)

    @property
    def is_random(self) -> bool:
        return False

    @property
    def update_names(self) -> tuple[str, ...]:
        return ()  # they happen within the graph

    def carry_at(self, carry: Carry, answers: Batch) -> Carry:
        return self.model.carry_at(carry, answers)

    def drawn_start(self, carry: Carry, rng: np.random.Generator) -> Carry:
        return self.model.drawn_start(carry, rng)

    def own_lesson(self, prediction: Prediction, batch: Batch) -> Lesson | None:
        return self.model.own_lesson(prediction, batch)

    def initial_carry(self, batch_size: int, dtype: torch.dtype = torch.float32) -> Carry:
        return self.model.initial_carry(batch_size, dtype)

    def read(self, state: Tensor) -> Tensor:
        return self.model.read(state)

    def forward(self, carry: Carry, batch: Batch) -> tuple[Carry, Prediction]:
        results = self.session.run(list(self.names.outputs), feed(self.names, carry, batch))
        named = dict(zip(self.names.outputs, map(torch.from_numpy, results), strict=True))
        after = type(carry)(*(named[f"next_{state}"] for state in self.names.states))
        return after, Prediction(named["logits"], named["q_halt"], named.get("q_continue"), named.get("is_stuck"))


def feed(names: Signature, carry: Carry, batch: Batch) -> dict[str, np.ndarray[Any, Any]]:
    """Inputs of the graph by name."""
    values = {"inputs": batch.inputs.numpy()}
    if names.has_puzzle_ids:
        values["puzzle_ids"] = batch.puzzle_ids.numpy()
    return values | {state: part.numpy() for state, part in zip(names.states, carry, strict=True)}


@torch.inference_mode()
def deviation(model: Reasoner, other: Reasoner, batch: Batch, num_segments: int) -> float:
    """The largest difference of any number in the outputs of two models, over ``num_segments`` segments of ``batch``;
    infinite where a number of either is NaN or infinite.

    Each segment of both begins from the same carry, the one of ``model``: what a recurrence makes of the rounding of
    segments before is its own affair, and not the graph's.
    """
    carry = model.initial_carry(len(batch.inputs))
    worst = 0.0
    for _ in range(num_segments):
        ours = model(carry, batch)
        theirs = other(carry, batch)
        for a, b in zip(_compared(*ours), _compared(*theirs), strict=True):
            off = float((a - b).abs().max())
            worst = max(worst, off if math.isfinite(off) else math.inf)  # max(0.0, nan) is 0.0
        carry = ours[0]
    return worst


def _compared(carry: Carry, prediction: Prediction) -> list[Tensor]:
    """The numbers of a segment that are compared, in float64.

    Where a model gives up, its dead candidates have logits far below all others, and it may be as good as certain: of
    these the probabilities are compared, for such logits hold the rounding of large numbers.
    """
    seen = [prediction.logits, prediction.q_halt]
    if prediction.is_stuck is not None:
        seen = [prediction.logits.softmax(-1), prediction.q_halt.sigmoid(), prediction.is_stuck]
    others = [] if prediction.q_continue is None else [prediction.q_continue]
    return [tensor.double() for tensor in (*carry, *seen, *others)]

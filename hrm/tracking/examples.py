"""The same few held-out puzzles all along a run, so that one sees what the model makes of them."""

from __future__ import annotations

from contextlib import nullcontext

import torch

from hrm.inference.ready import ready
from hrm.intervals import percent
from hrm.puzzles.base import is_solved
from hrm.tracking.base import TrackedBoard
from hrm.training.run import Prepared
from hrm.types import IGNORE_LABEL

NUM_EXAMPLES = 4
"""Puzzles; chosen by hand."""


class Examples:
    """The first puzzles that validate or, in a run that does not, the first of the test set, which is read or generated
    for it: looked at, and nothing is chosen by them.

    Looking draws no random numbers, leaves the model to the bit as it was, and compiles nothing: for a few boards that
    would not pay.
    """

    def __init__(self, prepared: Prepared, max_segments: int) -> None:
        self.prepared, self.max_segments = prepared, max_segments
        self.task = prepared.validation or prepared.task
        self.batch = next(iter(self.task.eval_batches(NUM_EXAMPLES)), None)

    def boards(self) -> list[TrackedBoard]:
        """The boards as the model, or the average of its weights, answers them after ``max_segments``."""
        if self.batch is None:
            return []
        state, runtime = self.prepared.state, self.prepared.runtime
        batch = self.batch.to(runtime.device)
        model = ready(state.model, runtime._replace(compile=False, capture=False))
        with nullcontext() if state.ema is None else state.ema.in_place(), torch.inference_mode():
            carry = model.initial_carry(len(batch.inputs), runtime.dtype)
            for _ in range(self.max_segments):
                carry, prediction = model(carry, batch)
            answers = prediction.logits.argmax(-1).cpu().numpy()
            certainty = prediction.q_halt.sigmoid().tolist()
        found = []
        for number, (inputs, labels, answer) in enumerate(
            zip(self.batch.inputs.numpy(), self.batch.labels.numpy(), answers, strict=True), start=1
        ):
            known = labels != IGNORE_LABEL
            right = int((answer == labels)[known].sum())
            said = [f"{right} of {known.sum()} cells right"] if known.any() else []
            solved = is_solved(self.task.rules, inputs, answer)
            said += [] if solved is None else ["solved" if solved else "not solved"]
            said.append(f"certainty {percent(certainty[number - 1])}")
            found.append(TrackedBoard(str(number), self.task.render(inputs, answer), tuple(said)))
        return found

"""Starting some puzzles near their answer, so that a model learns to return to it (after successors of SE-RRM).

Thinking on past the segments of training spoils answers that were right; these starts show the model states in which
most of the work is done and some of it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from hrm.models.base import Carry, Reasoner
from hrm.segments.slots import select_rows
from hrm.types import IGNORE_LABEL, Batch


def near_answers(
    model: Reasoner,
    carry: Carry,
    batch: Batch,
    share: float,
    cells: float,
    generator: torch.Generator,
    own: Callable[[Any], Any] = lambda rows: rows,
) -> Carry:
    """``carry``, the first states of the puzzles in ``batch`` (B rows), with about ``share`` of its rows put near the
    answer: embedded, ``cells`` of it ``corrupted``. own: of what is drawn for all B rows, those that ``carry`` has."""
    B = len(batch.inputs)
    chosen = own((torch.rand(B, generator=generator) < share).to(batch.inputs.device))
    answers = own(batch._replace(inputs=corrupted(batch, cells, generator)))
    return select_rows(chosen, model.carry_at(carry, answers), carry)


def corrupted(batch: Batch, cells: float, generator: torch.Generator) -> Tensor:
    """(B, S) the answers, of whose labelled cells about ``cells`` take the token of a labelled cell of the same puzzle,
    drawn at random: often the token they have.

    Cells without a label hold what the puzzle has there. ``generator`` is on the CPU.
    """
    B, S = batch.labels.shape
    device = batch.labels.device
    known = batch.labels != IGNORE_LABEL
    answers = torch.where(known, batch.labels, batch.inputs)
    takes = (torch.rand(B, S, generator=generator) < cells).to(device) & known
    drawn = torch.rand(B, S, generator=generator).to(device) * known.sum(1, keepdim=True)
    labelled_first = (~known).to(torch.uint8).argsort(dim=1, stable=True)  # (B, S) cells
    return torch.where(takes, answers.gather(1, labelled_first.gather(1, drawn.long().clamp(max=S - 1))), answers)

"""A recording of a model at work: every state, every answer that it would have given, every value of stopping."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy
import torch
from numpy.typing import NDArray

from hrm.analysis.subject import watched
from hrm.errors import InputError
from hrm.files import write_whole
from hrm.models.base import Reasoner
from hrm.models.recursion import Recursion
from hrm.types import Batch


@dataclass(frozen=True)
class Recording:
    """Arrays by name, of N puzzles over M segments, in which a level has U updates (of its own) each:

    ``inputs`` (N, S) tokens; ``q_halt`` and, where there is one, ``q_continue`` (N, M) logits; ``answers`` (N, M, S)
    tokens at the end of a segment; for every level ``states.H_level`` (N, M, U, ..., L, D) float32, after each of its
    updates, and ``answers.H_level`` (N, M, U, S), read off them; for a carry that is no latent state its tensors,
    ``carry.alive`` (N, M, S, V).
    """

    arrays: dict[str, NDArray[np.generic]]

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        return self.arrays[name]

    def save(self, path: str | Path) -> None:
        """One safetensors file, whole or not at all. Raises ``InputError`` where it cannot be written."""
        write_whole(Path(path), safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in self.arrays.items()}))


def bytes_per_puzzle(model: Reasoner, batch: Batch, segments: int, dtype: torch.dtype) -> int:
    """Memory that the recording of one puzzle takes, twice: in parts, and joined. Found out with the first puzzle of
    ``batch`` and one segment."""
    first = Batch(*(part[:1] for part in batch))
    return 2 * segments * sum(rows.nbytes for rows in _recorded(model, first, 1, dtype).values())


def record(
    model: Reasoner, batch: Batch, segments: int, dtype: torch.dtype, *, max_mib: float = 1024, at_once: int = 64
) -> Recording:
    """The course of ``model`` (in evaluation mode, not compiled) with the puzzles of ``batch``, ``at_once`` at a time.

    Raises ``InputError`` where it would take more than ``max_mib`` MiB.
    """
    num = len(batch.inputs)
    if (need := num * bytes_per_puzzle(model, batch, segments, dtype) / 2**20) > max_mib:
        most = int(num * max_mib / need)
        fewer = f"at most {most:,} puzzles, fewer segments" if most else "fewer segments"
        raise InputError(
            f"recording {num:,} puzzles for {segments} segments takes {need:,.1f} MiB and {max_mib:,.1f} are allowed: "
            f"give {fewer}, or allow more (max_mib)"
        )
    found: dict[str, list[NDArray[np.generic]]] = {"inputs": [batch.inputs.cpu().numpy()]}
    for first in range(0, num, at_once):
        part = Batch(*(tensor[first : first + at_once] for tensor in batch))
        for name, rows in _recorded(model, part, segments, dtype).items():
            found.setdefault(name, []).append(rows)
    return Recording({name: np.concatenate(rows) for name, rows in found.items()})


def _recorded(model: Reasoner, batch: Batch, segments: int, dtype: torch.dtype) -> dict[str, NDArray[np.generic]]:
    columns: dict[str, list[torch.Tensor]] = {}
    for segment in watched(model, batch, segments, dtype):
        seen: dict[str, list[torch.Tensor]] = {}
        for level, state in segment.updates:
            seen.setdefault(f"states.{level}", []).append(state.float())
            with torch.inference_mode():
                seen.setdefault(f"answers.{level}", []).append(model.read(state).argmax(-1))
        now = {name: torch.stack(tensors, dim=1) for name, tensors in seen.items()}
        now |= {"q_halt": segment.prediction.q_halt, "answers": segment.prediction.logits.argmax(-1)}
        if segment.prediction.q_continue is not None:
            now["q_continue"] = segment.prediction.q_continue
        if not isinstance(model, Recursion):
            now |= {f"carry.{name}": part for name, part in segment.carry._asdict().items()}
        for name, tensor in now.items():
            columns.setdefault(name, []).append(tensor.float() if tensor.is_floating_point() else tensor)
    return {name: torch.stack(tensors, dim=1).cpu().numpy() for name, tensors in columns.items()}

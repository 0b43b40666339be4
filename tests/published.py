"""The stored numbers of the published code (``shared/parity``), in our names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import Tensor

from hrm.models.hrm import HRM, HRMConfig
from hrm.types import Batch, TaskSpec

RENAMES = [
    (r"^inner\.", ""),
    (r"^embed_tokens\.embedding_weight$", "embedding.tokens"),
    (r"^embed_pos\.embedding_weight$", "embedding.positions"),
    (r"^puzzle_emb\.weights$", "embedding.puzzles.weight"),
    (r"\.layers\.", ".blocks."),
    (r"\.self_attn\.", ".attention."),
    (r"\.mlp\.", ".swiglu."),
]


def our_name(published: str) -> str:
    for pattern, replacement in RENAMES:
        published = re.sub(pattern, replacement, published)
    return published


class Parity:
    """One file of ``shared/parity``."""

    def __init__(self, file: Path) -> None:
        with safetensors.safe_open(file, "pt") as stored:
            self.metadata: dict[str, str] = stored.metadata()
            self.tensors: dict[str, Tensor] = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
        self.config: dict[str, Any] = json.loads(self.metadata["config"])
        self.optimizer: dict[str, Any] = json.loads(self.metadata["optimizer"])

    def __getitem__(self, key: str) -> Tensor:
        return self.tensors[key]

    def under(self, prefix: str) -> dict[str, Tensor]:
        """All tensors whose key begins with ``prefix``, in our names."""
        return {our_name(k.removeprefix(prefix)): v for k, v in self.tensors.items() if k.startswith(prefix)}

    def spec(self) -> TaskSpec:
        c = self.config
        return TaskSpec(
            vocab_size=c["vocab_size"],
            seq_len=c["seq_len"],
            num_puzzles=c["num_puzzle_identifiers"],
            grid_shape=(4, c["seq_len"] // 4),
            symbols=tuple("0123456789"[: c["vocab_size"]]),
        )

    def hrm(self) -> HRM:
        c = self.config
        model = HRMConfig(
            hidden_size=c["hidden_size"],
            num_heads=c["num_heads"],
            expansion=c["expansion"],
            H_layers=c["H_layers"],
            L_layers=c["L_layers"],
            H_cycles=c["H_cycles"],
            L_cycles=c["L_cycles"],
            positions=c["pos_encodings"],
            puzzle_embedding_size=c["puzzle_emb_ndim"],
        ).build(self.spec())
        model.load_state_dict(self.under("weights_before."))
        return model

    def batch(self, prefix: str) -> Batch:
        return Batch(*(self[f"{prefix}.batch.{key}"].long() for key in ("inputs", "labels", "puzzle_identifiers")))


def assert_close(ours: Tensor, published: Tensor, tolerance: float = 1e-5) -> None:
    torch.testing.assert_close(ours.to(published.dtype), published, rtol=tolerance, atol=tolerance)

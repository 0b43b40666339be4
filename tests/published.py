"""The stored numbers of the published code (``shared/parity``), in our names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import Tensor

from hrm.models import ModelConfig
from hrm.models.base import Reasoner
from hrm.store.published import our_name, read_arch
from hrm.types import Batch, TaskSpec

ARCHITECTURES = {
    "hrm": "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1",
    "trm": "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1",
    "trm_mlp": "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1",
    "transformer": "recursive_reasoning.transformers_baseline@Model_ACTV2",
    "urm": "urm.urm@URM",
}
"""What the metadata call a model -> its name in a published configuration."""

OF_THE_DATA = ("batch_size", "seq_len", "vocab_size", "num_puzzle_identifiers")
"""Settings that the published code adds to those of its configuration files."""


class Parity:
    """One file of ``shared/parity``."""

    def __init__(self, file: Path) -> None:
        with safetensors.safe_open(file, "pt") as stored:
            self.metadata: dict[str, str] = stored.metadata()
            self.tensors: dict[str, Tensor] = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
        self.config: dict[str, Any] = json.loads(self.metadata["config"])
        self.optimizer: dict[str, Any] = json.loads(self.metadata.get("optimizer", "{}"))

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

    def model(self, weights: str = "weights_before.") -> Reasoner:
        """Built from the published settings, with the weights of that prefix."""
        model = self.read_arch()[0].build(self.spec())
        model.load_state_dict(self.under(weights))
        return model

    def read_arch(self) -> tuple[ModelConfig, dict[str, Any]]:
        settings = {key: value for key, value in self.config.items() if key not in OF_THE_DATA}
        return read_arch({"name": ARCHITECTURES[self.metadata["model"]], **settings}, "parity")

    def batch(self, prefix: str) -> Batch:
        return Batch(*(self[f"{prefix}batch.{key}"].long() for key in ("inputs", "labels", "puzzle_identifiers")))


def assert_close(ours: Tensor, published: Tensor, tolerance: float = 1e-5) -> None:
    torch.testing.assert_close(ours.to(published.dtype), published, rtol=tolerance, atol=tolerance)

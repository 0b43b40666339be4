"""The stored numbers of the published code, in our names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import torch
from torch import Tensor

from hrm.models import ModelConfig
from hrm.models.base import Reasoner
from hrm.store.published_settings import read_arch
from hrm.store.published_weights import our_name
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


SMALL = Path(__file__).parent / "parity"
"""Numbers of small models, in every clone: tests/parity/README.md. Where they are missing tests fail."""

RUNS = ("hrm_rope", "hrm_learned", "trm_attention", "trm_mlp", "transformer_act")
"""Files that hold a run of training. Beside them stands ``urm_forward``."""

TOLERANCE = 1e-9
"""Absolute, for every number of every file. The published code differs from itself by 1e-13 to 1e-10 in float64."""

SWIGLU = ("swiglu.gate_up_proj.weight", "swiglu.down_proj.weight")
ATTENTION = ("attention.qkv_proj.weight", "attention.o_proj.weight")
"""Matrices of blocks that files leave out to stay small: the small ones those of SwiGLU, gradients and trained weights;
the larger ones the gradients of both. What comes of them is in every later output."""


class Parity:
    """One file of numbers. What is looked at is taken off ``unread``."""

    def __init__(self, file: Path) -> None:
        with safetensors.safe_open(file, "pt") as stored:
            self.metadata: dict[str, str] = stored.metadata()
            self.tensors: dict[str, Tensor] = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
        self.unread = set(self.tensors)
        self.is_small = file.parent == SMALL
        self.config: dict[str, Any] = json.loads(self.metadata["config"])
        self.optimizer: dict[str, Any] = json.loads(self.metadata.get("optimizer", "{}"))

    def __contains__(self, key: str) -> bool:
        return key in self.tensors

    def __getitem__(self, key: str) -> Tensor:
        self.unread.discard(key)
        return self.tensors[key]

    def keys(self, prefix: str) -> dict[str, str]:
        """Our name of a weight -> its key, for all keys that begin with ``prefix``."""
        return {our_name(key.removeprefix(prefix)): key for key in self.tensors if key.startswith(prefix)}

    def under(self, prefix: str) -> dict[str, Tensor]:
        """All tensors whose key begins with ``prefix``, in our names."""
        return {name: self[key] for name, key in self.keys(prefix).items()}

    def compare(self, key: str, ours: Tensor) -> None:
        """Float64 to the tolerance, whole numbers and booleans exactly."""
        published = self[key]
        if not published.is_floating_point():
            assert torch.equal(ours.to(published.dtype), published), key
        else:
            torch.testing.assert_close(ours, published, rtol=0, atol=TOLERANCE, msg=lambda text: f"{key}: {text}")

    def compare_all(self, prefix: str, ours: Mapping[str, Tensor]) -> None:
        """Every tensor under ``prefix``, and none missing but what such a file leaves out."""
        keys = self.keys(prefix)
        left_out = SWIGLU if self.is_small else (*SWIGLU, *ATTENTION) if prefix.endswith("grad.") else ()
        missing = [name for name in sorted(ours.keys() - keys.keys()) if not name.endswith(left_out)]
        assert not missing, missing
        for name, key in keys.items():
            self.compare(key, ours[name])

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
        """Built from the published settings in float64, with the weights of that prefix."""
        model = self.read_arch()[0].build(self.spec()).double()
        model.load_state_dict(self.under(weights))
        return model

    def read_arch(self) -> tuple[ModelConfig, dict[str, Any]]:
        settings = {key: value for key, value in self.config.items() if key not in OF_THE_DATA}
        return read_arch({"name": ARCHITECTURES[self.metadata["model"]], **settings}, "parity")

    def batch(self, prefix: str) -> Batch:
        return Batch(*(self[f"{prefix}batch.{key}"].long() for key in ("inputs", "labels", "puzzle_identifiers")))

"""The architectures. ``MODELS`` is the one table that a name is looked up in."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from hrm.errors import InputError, look_up
from hrm.models.direct import DeepConfig, DirectConfig
from hrm.models.equivariant import EquivariantConfig
from hrm.models.hrm import HRMConfig
from hrm.models.lattice import LatticeConfig
from hrm.models.recurrent import RecurrentConfig
from hrm.models.settings import RecursionConfig
from hrm.models.transformer import TransformerConfig, UniversalConfig
from hrm.models.trm import TRMConfig
from hrm.models.urm import URMConfig

ModelConfig = (
    HRMConfig
    | TRMConfig
    | TransformerConfig
    | UniversalConfig
    | RecurrentConfig
    | URMConfig
    | DirectConfig
    | DeepConfig
    | EquivariantConfig
    | LatticeConfig
)
"""Any model's configuration."""

MODELS: dict[str, type[ModelConfig]] = {
    HRMConfig.name: HRMConfig,
    TRMConfig.name: TRMConfig,
    TransformerConfig.name: TransformerConfig,
    UniversalConfig.name: UniversalConfig,
    RecurrentConfig.name: RecurrentConfig,
    URMConfig.name: URMConfig,
    DirectConfig.name: DirectConfig,
    DeepConfig.name: DeepConfig,
    EquivariantConfig.name: EquivariantConfig,
    LatticeConfig.name: LatticeConfig,
}

SIZES = ("hidden_size", "num_heads", "expansion", "mixing", "state_size", "positions", "puzzle_embedding_size")
"""The settings that a model takes over when it stands in for another one: all but those that make it what it is."""


def same_size_as(config: ModelConfig, name: str) -> ModelConfig:
    """The model ``name`` in the sizes of ``config``; its levels and cycles are its own. Raises ``InputError``."""
    cls = look_up(MODELS, name, "model")
    known = {field.name for field in fields(cls)}
    taken: dict[str, Any] = {key: getattr(config, key) for key in SIZES if key in known and hasattr(config, key)}
    return cls(**taken)


def with_cycles(config: ModelConfig, H_cycles: int, L_cycles: int) -> ModelConfig:
    """The same model with other numbers of updates in a segment. Raises ``InputError`` where there are none to set."""
    if not isinstance(config, RecursionConfig):
        raise InputError(f"a model of the kind {config.name!r} has no cycles of two levels")
    return replace(config, H_cycles=H_cycles, L_cycles=L_cycles)

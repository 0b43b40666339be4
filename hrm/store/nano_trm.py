"""Checkpoints of nano-trm (github.com/olivkoch/nano-trm), TRM under Lightning, in our terms.

Their settings are in the checkpoint itself, under ``hyper_parameters``. Its attention variant with rotary positions, or
none, is the published TRM, with a head for the value of stopping alone; what else can be set there makes another model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hrm.config import from_dict
from hrm.errors import InputError
from hrm.models.trm import TRMConfig
from hrm.store.published_settings import Settings

NAME = "nano-trm@TRMModule"

MODEL = {
    "hidden_size": "hidden_size",
    "num_heads": "num_heads",
    "num_layers": "L_layers",
    "H_cycles": "H_cycles",
    "L_cycles": "L_cycles",
    "ffn_expansion": "expansion",
    "puzzle_emb_dim": "puzzle_embedding_size",
}
"""A setting there -> ours."""

TRAINING = {
    "N_supervision": "max_segments",
    "halt_exploration_prob": "exploration_prob",
    "learning_rate": "lr",
    "learning_rate_emb": "puzzle_lr",
    "weight_decay": "weight_decay",
    "warmup_steps": "warmup_steps",
    "lr_min_ratio": "lr_min_ratio",
    "batch_size": "batch_size",
}

POSITIONS = {None: "none", "1d": "rope"}

PUBLISHED = {
    "use_mlp": False,
    "use_conv_swiglu": False,
    "use_board_swiglu": False,
    "attn_gate_type": None,
    "rope_theta": 10000,
}
"""Settings with the value that makes the published model. (Its MLP has the norm over channels, TRM's over cells.)"""


OTHERS = {
    "enable_selfplay": "it plays Connect Four, for which we have no task",
    "d_base": "it is their KRM, whose states are distributions, which we do not have",
    "n_latent_recursions": "it is of their first version, LayerNorm and separate networks, which we do not have",
}
"""A setting that only models of theirs have that are none of ours -> what they are."""


def read_hyper_parameters(values: Mapping[str, Any], where: str) -> Settings:
    """The settings of a checkpoint. Raises ``InputError`` for what is missing, or makes another model."""
    for sign, what in OTHERS.items():
        if sign in values:
            raise InputError(f"{where}: {what} (hyper_parameters has {sign})")
    if missing := [key for key in (*MODEL, "pos_emb_type", "puzzle_emb_len") if key not in values]:
        raise InputError(f"{where}: hyper_parameters without {', '.join(missing)}: not those of nano-trm's TRM")
    for key, value in PUBLISHED.items():
        if values.get(key, value) != value:
            raise InputError(f"{where}: {key} is {values[key]!r}: that makes another model, ours has only {value!r}")
    if values["pos_emb_type"] not in POSITIONS:
        raise InputError(f"{where}: pos_emb_type is {values['pos_emb_type']!r}, our models know only 1d and none")
    settings = {ours: values[key] for key, ours in MODEL.items()} | {
        "positions": POSITIONS[values["pos_emb_type"]],
        "puzzle_embedding_len": values["puzzle_emb_len"] if values["puzzle_emb_dim"] else None,
    }
    training = {ours: values[key] for key, ours in TRAINING.items() if key in values} | {"loss": "stablemax"}
    return Settings(NAME, from_dict(TRMConfig, settings, where), training, 0, values.get("seq_len") or None)

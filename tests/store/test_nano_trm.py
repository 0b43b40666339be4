"""Settings of nano-trm's checkpoints."""

from __future__ import annotations

from typing import Any

import pytest

from hrm.errors import InputError
from hrm.models.trm import TRMConfig
from hrm.store.nano_trm import read_hyper_parameters
from hrm.store.published_weights import our_name
from hrm.training.settings import TrainingConfig

HYPER: dict[str, Any] = {
    "hidden_size": 64,
    "num_layers": 2,
    "num_heads": 4,
    "H_cycles": 3,
    "L_cycles": 6,
    "N_supervision": 8,
    "ffn_expansion": 2,
    "learning_rate": 1e-4,
    "weight_decay": 0.1,
    "puzzle_emb_dim": 64,
    "puzzle_emb_len": 4,
    "rope_theta": 10000,
    "pos_emb_type": "1d",
    "use_mlp": False,
    "vocab_size": 12,
    "seq_len": 81,
    "output_dir": "x",
}


def test_settings_become_ours() -> None:
    settings = read_hyper_parameters(HYPER, "last.ckpt")
    assert settings.model == TRMConfig(
        hidden_size=64, num_heads=4, expansion=2, L_cycles=6, puzzle_embedding_size=64, puzzle_embedding_len=4
    )
    assert TrainingConfig(**settings.training).max_segments == 8
    assert settings.seq_len == 81
    without = read_hyper_parameters({**HYPER, "puzzle_emb_dim": 0, "pos_emb_type": None}, "last.ckpt").model
    assert (without.puzzle_embedding_size, without.positions) == (0, "none")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"use_mlp": True}, "use_mlp is True: that makes another model"),
        ({"pos_emb_type": "2d"}, "pos_emb_type is '2d'"),
        ({"attn_gate_type": "headwise"}, "attn_gate_type"),
        ({"hidden_size": "wide"}, "hidden_size"),
    ],
)
def test_what_makes_another_model_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_hyper_parameters({**HYPER, **change}, "last.ckpt")


@pytest.mark.parametrize(
    ("sign", "message"),
    [("enable_selfplay", "plays Connect Four"), ("d_base", "KRM"), ("n_latent_recursions", "first version")],
)
def test_what_we_have_no_task_or_model_for_is_named(sign: str, message: str) -> None:
    with pytest.raises(InputError, match=rf"last.ckpt: .*{message}.*hyper_parameters has {sign}"):
        read_hyper_parameters({**HYPER, sign: 1}, "last.ckpt")


def test_settings_of_something_else() -> None:
    with pytest.raises(InputError, match="hyper_parameters without num_heads"):
        read_hyper_parameters({key: value for key, value in HYPER.items() if key != "num_heads"}, "last.ckpt")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("input_embedding.embedding_weight", "embedding.tokens"),
        ("lenet.layers.1.self_attn.qkv_proj.weight", "L_level.blocks.1.attention.qkv_proj.weight"),
        ("lenet.layers.0.mlp.down_proj.weight", "L_level.blocks.0.swiglu.down_proj.weight"),
        ("z_H_init", "H_init"),
        ("puzzle_emb.embedding.weight", "embedding.puzzles.weight"),
        ("puzzle_emb.weights", "embedding.puzzles.weight"),
        ("lm_head.weight", "lm_head.weight"),
    ],
)
def test_names_of_weights(theirs: str, ours: str) -> None:
    assert our_name(theirs) == ours

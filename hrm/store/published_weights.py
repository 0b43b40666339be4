"""The weights of a published checkpoint in our names, and into a model of ours.

The names begin with ``_orig_mod.`` when the model was compiled, then ``model.inner.``; those of nano-trm are others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from hrm.errors import InputError
from hrm.store.folder import load_weights, require_finite
from hrm.store.published import Source
from hrm.store.published_file import HEAD, pick, read_file

PUZZLES = "embedding.puzzles.weight"
"""Our name of the table with a row per puzzle id."""

TOKENS = "embedding.tokens"

PuzzleTable = Literal["keep", "drop", "separate"]
"""What becomes of a table that does not fit the task: refuse it, leave it out, or write it beside the model."""

RENAMES = [
    (r"^((_orig_mod|module|model|inner|net|ema_model)\.)+", ""),
    (r"^(input_embedding|embed_tokens)\.embedding_weight$", TOKENS),
    (r"^lenet\.", "L_level."),
    (r"^z_([HL])_init$", r"\1_init"),
    (r"^puzzle_emb\.embedding\.weight$", PUZZLES),
    (r"^embed_pos\.embedding_weight$", "embedding.positions"),
    (r"^puzzle_emb\.weights$", PUZZLES),
    (r"^init_hidden$", "H_init"),  # URM has one state, and its blocks stand alone
    (r"^layers\.", "H_level.layers."),
    (r"\.layers\.", ".blocks."),
    (r"\.self_attn\.", ".attention."),
    (r"\.mlp_t\.", ".mixer.swiglu."),
    (r"\.mlp\.dwconv\.", ".swiglu.conv_"),
    (r"\.mlp\.", ".swiglu."),
]


TRANSIENT = re.compile(r"^(puzzle_emb\.local_(weights|ids)|n_averaged)$")
"""Beside the weights: rows of the last batch, how many steps were averaged."""


def our_name(published: str) -> str:
    """The name of a weight in our models."""
    for pattern, replacement in RENAMES:
        published = re.sub(pattern, replacement, published)
    return published


class Stored(NamedTuple):
    """The weights of a checkpoint in our names and in float32, and what else it says."""

    weights: dict[str, Tensor]
    said: str  # which of the weights in the file were taken, where there was a choice
    settings: dict[str, Any] | None  # ``hyper_parameters`` of a Lightning checkpoint


def read_weights(file: Path, key: str | None = None) -> Stored:
    """A checkpoint. key: under which its weights are, where there are several. Raises ``InputError``."""
    content = read_file(file)
    tensors, said = pick(content, key, file)
    weights: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        ours = our_name(name)
        if TRANSIENT.search(ours):
            continue
        if ours in weights:
            raise InputError(f"{file} holds {ours} twice, the second time as {name}: which one is meant?")
        weights[ours] = tensor.float()
    settings = content.get("hyper_parameters")
    return Stored(weights, said, dict(settings) if isinstance(settings, Mapping) else None)


def fit(
    model: nn.Module, weights: dict[str, Tensor], source: Source, puzzles: PuzzleTable, same_ids: bool = True
) -> Tensor | None:
    """``weights`` (our names) loaded into ``model``; returns the table of puzzles (N, E) when it did not go in.

    The table goes in when it has as many rows as the task has puzzle ids, and ``same_ids`` says that those mean the
    same puzzles. If not, ``puzzles`` decides, and its place is filled with zeros, with which training begins. Raises
    ``InputError`` for a weight that is missing, unknown or of another shape.
    """
    weights = _with_both_values(model, weights)
    wanted, table = model.state_dict().get(PUZZLES), weights.get(PUZZLES)
    left_out = None
    if wanted is not None and table is not None and not (same_ids and len(table) == len(wanted)):
        if puzzles == "keep":
            kept = "" if len(table) != len(wanted) else ", which are numbered in another way"
            raise InputError(
                f"{source.weights}: its puzzle embedding has {len(table):,} rows, the task has {len(wanted):,} puzzle "
                f"ids{kept}. Name the data it was trained on with --data, leave it out with --puzzles drop, or write "
                "it beside the model with --puzzles separate"
            )
        require_finite({PUZZLES: table}, source.weights)
        left_out, weights = table, {**weights, PUZZLES: torch.zeros_like(wanted)}
    tokens, wanted_tokens = weights.get(TOKENS), model.state_dict().get(TOKENS)
    if tokens is not None and wanted_tokens is not None and len(tokens) != len(wanted_tokens):
        raise InputError(
            f"{source.weights} knows {len(tokens)} tokens, the task has {len(wanted_tokens)}: it was trained on other "
            "puzzles. Name its data with --data, or another --recipe"
        )
    load_weights(model, weights, source.weights, f"its {source.config.name if source.config else 'settings'}")
    return left_out


def _with_both_values(model: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """A head that gives the value of stopping alone (nano-trm) with a second row, where the model never looks at it."""
    head = getattr(model, "q_head", None)
    weight, bias = weights.get("q_head.weight"), weights.get("q_head.bias")
    if head is None or head.has_continue or weight is None or bias is None or len(weight) != 1 or len(bias) != 1:
        return weights
    return {**weights, "q_head.weight": weight.repeat(2, 1), "q_head.bias": bias.repeat(2)}


def without_end(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights without token 1, the end of a grid, which nano-trm has between padding and blank and our boards
    of a fixed size have no use for."""
    kept = {name: torch.cat((weights[name][:1], weights[name][2:])) for name in (TOKENS, HEAD) if name in weights}
    return {**weights, **kept}

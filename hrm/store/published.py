"""Checkpoints as the published training codes leave them (HRM, TRM, its transformer baseline, URM): where they lie, and
their weights. What their configuration says is read by ``published_settings.py``.

::

    FOLDER/
        all_config.yaml     the run; ``arch`` is the model
        step_N              ``torch.save`` of a bare state dict; some are called ``checkpoint``

The names of weights begin with ``_orig_mod.`` when the model was compiled, then ``model.inner.``. Where the run kept an
average of the weights, it is what was saved. Nothing is run that a file brings along: only tensors are read.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from hrm.errors import InputError
from hrm.files import kind_of
from hrm.store.folder import load_weights

CONFIG = "all_config.yaml"

PUZZLES = "embedding.puzzles.weight"
"""Our name of the table with a row per puzzle id."""

TOKENS = "embedding.tokens"

PuzzleTable = Literal["keep", "drop", "separate"]
"""What becomes of a table that does not fit the task: refuse it, leave it out, or write it beside the model."""

RENAMES = [
    (r"^((_orig_mod|module|model|inner)\.)+", ""),
    (r"^embed_tokens\.embedding_weight$", TOKENS),
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


def our_name(published: str) -> str:
    """The name of a weight in our models."""
    for pattern, replacement in RENAMES:
        published = re.sub(pattern, replacement, published)
    return published


class Source(NamedTuple):
    """A checkpoint on disk."""

    weights: Path
    config: Path
    step: int | None


def step_of(name: str) -> int | None:
    """N of a file called ``step_N`` or ``step_N_WORDS``; None for other files (saved predictions among them)."""
    match = re.fullmatch(r"step_(\d+)(?:_(?!all_preds)\w+)?(?:\.pth?)?", name)
    return int(match[1]) if match else None


def choose(names: Iterable[str], step: int | None, where: str) -> str:
    """The latest checkpoint among the files, or that of ``step``. Raises ``InputError`` when there is none."""
    names = sorted(names)
    steps = {n: name for name in names if (n := step_of(name)) is not None}
    if step is not None:
        if step not in steps:
            there = ", ".join(map(str, sorted(steps))) or "none"
            raise InputError(f"{where} has no checkpoint of step {step}. Steps: {there}")
        return steps[step]
    if steps:
        return steps[max(steps)]
    if "checkpoint" in names:
        return "checkpoint"
    raise InputError(f"{where} holds no checkpoint of the published code: no file step_N, none called checkpoint")


def find(path: Path, step: int | None = None) -> Source:
    """The checkpoint in a folder, or a file with ``all_config.yaml`` beside it. Raises ``InputError``."""
    kind = kind_of(path)
    if kind is None:
        raise InputError(f"there is no checkpoint at {path}: name a folder with step_N and {CONFIG}, or a file")
    if kind == "file" and step is not None:
        raise InputError(f"{path} is a file: --step chooses among the files of a folder")
    folder = path if kind == "folder" else path.parent
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder} is not a checkpoint of the published code: it holds no {CONFIG}")
    name = path.name if kind == "file" else choose((f.name for f in folder.iterdir()), step, str(folder))
    return Source(folder / name, folder / CONFIG, step_of(name))


def read_weights(file: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint in our names and in float32. Raises ``InputError`` for a file that is none.

    A pickle can ask for any function to be called. Such a file is refused, and nothing of it is run.
    """
    try:
        stored = torch.load(file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file))
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{file} is refused: it is damaged, or asks for code to be run when it is loaded, which a checkpoint has "
            "no need of. Get it again from a place that you trust"
        ) from error
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise InputError(f"cannot read {file}: truncated, or not written by torch.save ({error})") from error
    if not isinstance(stored, dict) or not all(isinstance(tensor, Tensor) for tensor in stored.values()):
        raise InputError(f"{file} is not a bare state dict of tensors, as the published code saves it")
    weights: dict[str, Tensor] = {}
    for name, tensor in stored.items():
        ours = our_name(str(name))
        if ours in weights:
            raise InputError(f"{file} holds {ours} twice, the second time as {name}: which one is meant?")
        weights[ours] = tensor.float()
    return weights


def fit(
    model: nn.Module, weights: dict[str, Tensor], source: Source, puzzles: PuzzleTable, same_ids: bool = True
) -> Tensor | None:
    """``weights`` (our names) loaded into ``model``; returns the table of puzzles (N, E) when it did not go in.

    The table goes in when it has as many rows as the task has puzzle ids, and ``same_ids`` says that those mean the
    same puzzles. If not, ``puzzles`` decides, and its place is filled with zeros, with which training begins. Raises
    ``InputError`` for a weight that is missing, unknown or of another shape.
    """
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
        left_out, weights = table, {**weights, PUZZLES: torch.zeros_like(wanted)}
    tokens, wanted_tokens = weights.get(TOKENS), model.state_dict().get(TOKENS)
    if tokens is not None and wanted_tokens is not None and len(tokens) != len(wanted_tokens):
        raise InputError(
            f"{source.weights} knows {len(tokens)} tokens, the task has {len(wanted_tokens)}: it was trained on other "
            "puzzles. Name its data with --data, or another --recipe"
        )
    load_weights(model, weights, source.weights, str(source.config.name))
    return left_out

"""Checkpoints as the published training codes leave them (HRM, TRM, its transformer baseline, URM).

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
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from hrm.config import from_dict
from hrm.errors import InputError, look_up
from hrm.models import ModelConfig
from hrm.models.hrm import HRMConfig
from hrm.models.transformer import TransformerConfig
from hrm.models.trm import TRMConfig
from hrm.models.urm import URMConfig
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


SETTINGS: dict[str, str] = {
    "hidden_size": "hidden_size",
    "num_heads": "num_heads",
    "expansion": "expansion",
    "pos_encodings": "positions",
    "puzzle_emb_ndim": "puzzle_embedding_size",
    "puzzle_emb_len": "puzzle_embedding_len",
    "H_cycles": "H_cycles",
    "L_cycles": "L_cycles",
    "H_layers": "H_layers",
    "L_layers": "L_layers",
    "num_layers": "H_layers",
    "mlp_t": "mixing",
    "no_ACT_continue": "has_q_continue",
}
"""Of ``arch``, what makes the model: our name."""

CONVERTED: dict[str, Callable[[Any], Any]] = {
    "puzzle_emb_len": lambda length: length or None,
    "mlp_t": lambda is_mlp: "mlp" if is_mlp else "attention",
    "no_ACT_continue": lambda is_without: not is_without,
}
"""Those whose value is another here."""

DEFAULTS: dict[str, Any] = {"puzzle_emb_ndim": 0, "puzzle_emb_len": 16, "mlp_t": False, "no_ACT_continue": True}
"""Settings that the published code does without."""

ARCH_TRAINING: dict[str, str] = {
    "halt_max_steps": "max_segments",
    "loops": "max_segments",
    "halt_exploration_prob": "exploration_prob",
}
"""Of ``arch``, what is about training: our name."""

FIXED: dict[str, Any] = {"rms_norm_eps": 1e-5, "rope_theta": 10000.0, "mlp_t": False}
"""Of ``arch``, what must be so where it is not a setting."""

ARCH_IGNORED = ("name", "loss", "forward_dtype", "act_enabled", "act_inference", "attn_dropout", "mlp_dropout")
"""Of ``arch``, what says nothing about the model: the loss is read on its own, precision is chosen where a model is
used, early halting is a policy here, and dropouts are declared but not used."""

TRAINING: dict[str, str] = {
    "lr": "lr",
    "weight_decay": "weight_decay",
    "puzzle_emb_lr": "puzzle_lr",
    "puzzle_emb_weight_decay": "puzzle_weight_decay",
    "global_batch_size": "batch_size",
    "lr_warmup_steps": "warmup_steps",
    "lr_min_ratio": "lr_min_ratio",
}
"""Settings of the run: our name."""

IGNORED = (
    *("arch", "ema", "ema_rate", "seed"),
    *(
        "data_path",
        "data_paths",
        "data_paths_test",
        "epochs",
        "beta1",
        "beta2",
        "freeze_weights",
        "target_q_update_every",
    ),
    *("evaluators", "eval_interval", "eval_save_outputs", "min_eval_interval", "checkpoint_every_eval"),
    *("checkpoint_path", "load_checkpoint", "entity", "project_name", "run_name"),
)
"""Settings of the run that are read on their own (arch, ema, seed), or have no counterpart: the data are named anew,
the number of steps is in the name of the file, betas are always 0.9 and 0.95, names are of no use elsewhere."""

LOSSES = {"stablemax_cross_entropy": "stablemax", "softmax_cross_entropy": "softmax"}


@dataclass(frozen=True)
class Architecture:
    """How a published model becomes one of ours."""

    config: type[ModelConfig]
    settings: tuple[str, ...]
    """Those of ``SETTINGS`` that it has."""
    unused: tuple[str, ...] = ()
    """Those that it declares and never looks at."""
    ours: tuple[tuple[str, Any], ...] = ()
    """Settings of ours whose value it leaves no choice about."""
    training: tuple[tuple[str, Any], ...] = ()
    """The same of its training."""


SHARED = ("hidden_size", "num_heads", "expansion", "pos_encodings", "puzzle_emb_ndim")

ARCHITECTURES: dict[str, Architecture] = {
    "hrm_act_v1@HierarchicalReasoningModel_ACTV1": (
        HRM := Architecture(HRMConfig, (*SHARED, "H_cycles", "L_cycles", "H_layers", "L_layers"))
    ),
    "hrm@HierarchicalReasoningModel_ACTV1": HRM,
    "trm@TinyRecursiveReasoningModel_ACTV1": Architecture(
        TRMConfig,
        (*SHARED, "H_cycles", "L_cycles", "L_layers", "mlp_t", "puzzle_emb_len", "no_ACT_continue"),
        unused=("H_layers",),
    ),
    "transformers_baseline@Model_ACTV2": Architecture(
        TransformerConfig,
        (*SHARED, "H_layers"),
        unused=("H_cycles", "L_cycles", "L_layers"),
        ours=(("has_q_continue", True),),
        training=(("continue_share", 0.0),),  # it halts at q_halt > q_continue, but is never taught the latter
    ),
    "urm@URM": Architecture(
        URMConfig, (*SHARED, "H_cycles", "L_cycles", "num_layers"), training=(("exploration_prob", 0.1),)
    ),
}
"""The end of ``arch.name`` -> the model."""


class Source(NamedTuple):
    """A checkpoint on disk."""

    weights: Path
    config: Path
    step: int | None


class Settings(NamedTuple):
    """What ``all_config.yaml`` says."""

    architecture: str  # in the published code
    model: ModelConfig
    training: dict[str, Any]  # in our names, as far as it is known
    seed: int


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
    if not path.exists():
        raise InputError(f"there is no checkpoint at {path}: name a folder with step_N and {CONFIG}, or a file")
    if path.is_file() and step is not None:
        raise InputError(f"{path} is a file: --step chooses among the files of a folder")
    folder = path if path.is_dir() else path.parent
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder} is not a checkpoint of the published code: it holds no {CONFIG}")
    name = path.name if path.is_file() else choose((f.name for f in folder.iterdir()), step, str(folder))
    return Source(folder / name, folder / CONFIG, step_of(name))


def read_settings(source: Source) -> Settings:
    """``all_config.yaml`` in our terms. Raises ``InputError`` naming what is unknown, missing or impossible here."""
    where, values = str(source.config), read_yaml(source.config)
    arch = values.get("arch")
    if not isinstance(arch, dict):
        raise InputError(f"{where}: it must have a section arch, which describes the model")
    if unknown := [key for key in values if key not in {*TRAINING, *IGNORED}]:
        raise InputError(f"{where}: unknown settings: {', '.join(map(str, unknown))}")
    model, training = read_arch(arch, where)
    training |= {ours: values[key] for key, ours in TRAINING.items() if key in values}
    if values.get("ema"):
        training["ema_decay"] = values.get("ema_rate", 0.999)
    if source.step:
        training["steps"] = source.step
    seed = values.get("seed", 0)
    if not isinstance(seed, int) or seed < 0:
        raise InputError(f"{where}: seed is {seed!r}: it must be a whole number from 0")
    return Settings(str(arch["name"]), model, training, seed)


def read_arch(arch: Mapping[str, Any], where: str) -> tuple[ModelConfig, dict[str, Any]]:
    """The section ``arch``: the model, and what it says of training. Raises ``InputError``."""
    name = str(arch.get("name", ""))
    architecture = look_up(ARCHITECTURES, name.rpartition(".")[2], f"{where}: arch.name")
    known = {*architecture.settings, *architecture.unused, *ARCH_TRAINING, *FIXED, *ARCH_IGNORED}
    if unknown := [f"arch.{key}" for key in arch if key not in known]:
        raise InputError(f"{where}: unknown settings of {name}: {', '.join(unknown)}")
    for key, value in FIXED.items():
        if key not in architecture.settings and arch.get(key, value) != value:
            raise InputError(f"{where}: arch.{key} is {arch[key]}, our models know only {value}")
    settings = dict(architecture.ours)
    for key in architecture.settings:
        if key not in arch and key not in DEFAULTS:
            raise InputError(f"{where}: arch.{key} is missing")
        value = arch.get(key, DEFAULTS.get(key))
        settings[SETTINGS[key]] = CONVERTED[key](value) if key in CONVERTED else value
    training = dict(architecture.training) | {ours: arch[key] for key, ours in ARCH_TRAINING.items() if key in arch}
    loss = arch.get("loss")
    if isinstance(loss, dict) and "loss_type" in loss:
        training["loss"] = look_up(LOSSES, str(loss["loss_type"]), f"{where}: arch.loss.loss_type")
    return from_dict(architecture.config, settings, where), training


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a table. Raises ``InputError``, also where PyYAML is not installed."""
    try:
        import yaml
    except ImportError as error:
        raise InputError(f"reading {path} needs PyYAML: pip install 'hrm-lab[import]'") from error
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: it must hold settings, not {type(values).__name__}")
    return values


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
    """Loads ``weights`` (our names) into ``model``; returns the table of puzzles (N, E) when it did not go in.

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

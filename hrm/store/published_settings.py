"""``all_config.yaml`` of the published training codes, in our terms: which model it is, and how it was trained."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hrm.config import from_dict
from hrm.errors import InputError, look_up
from hrm.files import read_text
from hrm.models import ModelConfig
from hrm.models.hrm import HRMConfig
from hrm.models.transformer import TransformerConfig
from hrm.models.trm import TRMConfig
from hrm.models.urm import URMConfig
from hrm.store.published import CONFIG, Source
from hrm.store.published_file import START, stand_in

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

BOOLEANS = ("mlp_t", "no_ACT_continue")
"""Of ``arch``, what is true or false."""

TAKE_OUT = "Where they say nothing about the model, take them out of the file"

LOSSES = {"stablemax_cross_entropy": "stablemax", "softmax_cross_entropy": "softmax"}


@dataclass(frozen=True)
class Architecture:
    """A published model as one of ours."""

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


class Settings(NamedTuple):
    """Everything ``all_config.yaml`` says."""

    architecture: str  # in the published code
    model: ModelConfig
    training: dict[str, Any]  # in our names, as far as it is known
    seed: int
    seq_len: int | None = None  # cells that it was made for, where it says so


def read_settings(source: Source) -> Settings:
    """``all_config.yaml`` in our terms. Raises ``InputError`` naming what is unknown, missing or impossible here."""
    if source.config is None:
        raise InputError(
            f"{source.weights.parent} holds no {CONFIG}, which says what model {source.weights.name} is: get it from "
            "where that came from and put it beside, or name it with --config"
        )
    where, values = str(source.config), read_yaml(source.config)
    arch = values.get("arch")
    if not isinstance(arch, dict):
        raise InputError(f"{where}: it must have a section arch, which describes the model")
    if unknown := [key for key in values if key not in {*TRAINING, *IGNORED}]:
        raise InputError(f"{where}: unknown settings: {', '.join(map(str, unknown))}. {TAKE_OUT}")
    model, training = read_arch(arch, where)
    training |= {ours: values[key] for key, ours in TRAINING.items() if key in values}
    if truth(values.get("ema", False), f"{where}: ema"):
        training["ema_decay"] = values.get("ema_rate", 0.999)
    if source.step:
        training["steps"] = source.step
    seed = values.get("seed", 0)
    if not isinstance(seed, int) or seed < 0:
        raise InputError(
            f"{where}: seed is {seed!r}: it must be a whole number from 0, which it is where it is not known"
        )
    return Settings(str(arch["name"]), model, training, seed)


def read_arch(arch: Mapping[str, Any], where: str) -> tuple[ModelConfig, dict[str, Any]]:
    """The section ``arch``: the model, and what it says of training. Raises ``InputError``."""
    name = str(arch.get("name", ""))
    architecture = look_up(ARCHITECTURES, name.rpartition(".")[2], f"{where}: arch.name")
    known = {*architecture.settings, *architecture.unused, *ARCH_TRAINING, *FIXED, *ARCH_IGNORED}
    if unknown := [f"arch.{key}" for key in arch if key not in known]:
        raise InputError(f"{where}: unknown settings of {name}: {', '.join(unknown)}. {TAKE_OUT}")
    for key, value in FIXED.items():
        if key not in architecture.settings and arch.get(key, value) != value:
            raise InputError(f"{where}: arch.{key} is {arch[key]}, our models know only {value}")
    settings = dict(architecture.ours)
    for key in architecture.settings:
        if key not in arch and key not in DEFAULTS:
            raise InputError(f"{where}: arch.{key} is missing")
        value = checked_value(key, arch.get(key, DEFAULTS.get(key)), where)
        settings[SETTINGS[key]] = CONVERTED[key](value) if key in CONVERTED else value
    training = dict(architecture.training) | {ours: arch[key] for key, ours in ARCH_TRAINING.items() if key in arch}
    loss = arch.get("loss")
    if isinstance(loss, dict) and "loss_type" in loss:
        training["loss"] = look_up(LOSSES, str(loss["loss_type"]), f"{where}: arch.loss.loss_type")
    return from_dict(architecture.config, settings, where), training


def checked_value(key: str, value: Any, where: str) -> Any:
    """A setting of ``arch`` as what it must be: a truth, or a whole number, also one written as ``64.0`` or ``"64"``.

    Raises ``InputError``. Other words stay as they are.
    """
    if key in BOOLEANS:
        return truth(value, f"{where}: arch.{key}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    if key == "expansion" and not isinstance(value, bool):
        return number
    if isinstance(value, bool) or not number.is_integer():
        raise InputError(f"{where}: arch.{key} is {value}: it must be a whole number")
    return int(number)


def truth(value: Any, what: str) -> bool:
    """A truth, also one that was written as a word: ``"False"`` is none to Python. Raises ``InputError``."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise InputError(f"{what} is {value!r}: it must be true or false")
    return value


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file that holds a table. Raises ``InputError``, also where PyYAML is not installed."""
    try:
        import yaml
    except ImportError as error:
        raise InputError(f"reading {path} needs PyYAML: pip install 'hrm-lab[import]'") from error

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
        """YAML 1.1 takes ``1e-4``, as people and the published recipes write it, for a text."""

    Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9.]+[eE][-+]?[0-9]+$"), None)
    text = read_text(path)
    if problem := stand_in(text[:START].encode()):
        raise InputError(f"{path} {problem}")
    try:
        values = yaml.load(text, Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # ValueError: a date that is none
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        reason = getattr(error, "problem", None) or (str(error).splitlines() or ["nested too deeply"])[0]
        raise InputError(f"{path}{line}: not YAML ({reason})") from error
    if not isinstance(values, dict):
        what = "nothing" if values is None else f"a {type(values).__name__}"
        raise InputError(f"{path}: it must hold settings, but holds {what}. Get it from where the weights came from")
    return values

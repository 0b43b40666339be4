"""``hrm export MODEL FOLDER``"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import safetensors.torch
import torch
import tyro

from hrm.checkpoint import CONFIG, WEIGHTS, load_model
from hrm.types import InputError


@dataclass(frozen=True, kw_only=True)
class Options:
    model: tyro.conf.Positional[str]
    """Run folder or model folder."""
    folder: tyro.conf.Positional[Path]
    """Where to: a folder that does not exist yet."""
    precision: Literal["float32", "float16"] = "float32"
    """Precision of the stored weights; they are float32 again when loaded."""


def main(args: list[str]) -> int:
    options = tyro.cli(Options, args=args, prog="hrm export", config=(tyro.conf.FlagCreatePairsOff,))
    loaded = load_model(options.model)
    if options.folder.exists():
        raise InputError(f"{options.folder} exists already: choose a folder that does not")
    weights = {k: v.to(getattr(torch, options.precision)).contiguous() for k, v in loaded.model.state_dict().items()}
    try:
        options.folder.mkdir(parents=True)
        safetensors.torch.save_file(weights, options.folder / WEIGHTS)
        (options.folder / CONFIG).write_text(json.dumps(loaded.config, indent=2) + "\n")
    except OSError as error:
        shutil.rmtree(options.folder, ignore_errors=True)
        raise InputError(f"cannot write {options.folder}: {error}") from error
    print(f"{options.folder}: {(options.folder / WEIGHTS).stat().st_size / 1000:.0f} kB")
    return 0

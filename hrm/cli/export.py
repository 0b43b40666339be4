"""``hrm export MODEL FOLDER``"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from torch import Tensor

from hrm.checkpoint import WEIGHTS, LoadedModel, load_model, refuse_existing, run_of, write_model
from hrm.quantize import quantize
from hrm.recipes import RECIPES
from hrm.statistics import percent, with_interval
from hrm.training.folder import differences

Precision = Literal["float32", "float16", "int8"]


@dataclass(frozen=True, kw_only=True)
class Options:
    model: tyro.conf.Positional[str]
    """Run folder or model folder."""
    folder: tyro.conf.Positional[Path]
    """Where to: a folder that does not exist yet."""
    precision: Precision = "float32"
    """Precision of the stored weights (int8: with a scale per row of a matrix); they are float32 again when loaded."""


def main(args: list[str]) -> int:
    options = tyro.cli(Options, args=args, prog="hrm export", config=(tyro.conf.FlagCreatePairsOff,))
    loaded = load_model(options.model)
    refuse_existing(options.folder)
    weights = stored_as(loaded.model.state_dict(), options.precision)
    text = card(loaded, read_results(run_of(loaded)), options.precision)
    write_model(options.folder, loaded.config, {WEIGHTS: weights}, text)
    print(f"{options.folder}: {(options.folder / WEIGHTS).stat().st_size / 1000:.0f} kB")
    return 0


def stored_as(weights: Mapping[str, Tensor], precision: Precision) -> dict[str, Tensor]:
    """The tensors to write, contiguous."""
    if precision == "int8":
        return {name: tensor.contiguous() for name, tensor in quantize(weights).items()}
    return {name: tensor.to(getattr(torch, precision)).contiguous() for name, tensor in weights.items()}


def read_results(run: Path) -> list[dict[str, Any]]:
    """Every ``results*.json`` that ``hrm eval`` left in the run."""
    return [json.loads(file.read_text()) for file in sorted(run.glob("results*.json"))]


def card(loaded: LoadedModel, results: list[dict[str, Any]], precision: str) -> str:
    """The model card: by which command, seed and machine it was made, and what it scores."""
    config = loaded.config
    name = "imported" if "imported" in config else config.get("recipe", "?")
    num_parameters = sum(p.numel() for p in loaded.model.parameters())
    lines = [
        f"# {name}: a {config['model']['name']} model for {config['task']['name']}",
        "",
        f"{num_parameters:,} parameters, stored in {precision}. {origin(loaded)}",
        "",
        "| puzzles | number | segments | solved [95 %] | cells right |",
        "|---|---|---|---|---|",
    ]
    for result in results:
        for row in result["segments"]:
            solved = with_interval(row["solved"], row["solved_95"])
            number, segments, cells = result["puzzles"], row["segments"], percent(row["cells"])
            lines.append(f"| {result['data']} | {number:,} | {segments} | {solved} | {cells} |")
    return "\n".join(lines) + "\n"


def origin(loaded: LoadedModel) -> str:
    """By which command and on what machine a model was made, or where it was imported from."""
    config, made_with = loaded.config, loaded.config.get("made_with", {})
    if imported := config.get("imported"):
        return (
            f"The weights of `{imported['file']}` of `{imported['source']}`, a checkpoint of the published code; they "
            "are their authors', and so is the licence."
        )
    name, own = config.get("recipe", "?"), f" --seed {config.get('seed', 0)}"
    if name in RECIPES:
        changed = differences(RECIPES[name]().to_dict(), {k: v for k, v in config.items() if k != "made_with"})
        own += "".join(f"\n# {line}" for line in changed if not line.startswith(("seed ", "runtime.")))
    return (
        f"Made by:\n\n```\nhrm train {name}{own}\n```\n\n"
        f"on: {made_with.get('processor', 'unknown processor')}, {made_with.get('threads', '?')} threads, "
        f"torch {made_with.get('torch', '?')}; weights of {loaded.path.name}."
    )

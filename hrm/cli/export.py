"""``hrm export MODEL FOLDER``"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from hrm.errors import InputError, require_at_least
from hrm.export.folder import save_folder
from hrm.export.onnx_folder import GRAPH, cost_lines, save_onnx_folder
from hrm.files import refuse_existing
from hrm.store.folder import LoadedModel, load_model
from hrm.store.locate import WEIGHTS
from hrm.store.quantize import Precision


@dataclass(frozen=True, kw_only=True)
class Options:
    model: tyro.conf.Positional[str]
    """Run folder, model folder, the name of a model in the package, or a model of the hub (user/name)."""
    folder: tyro.conf.Positional[Path | None] = None
    """Where to: a folder that does not exist yet (or --out)."""
    out: Path | None = None
    """The same as a flag."""
    format: Literal["folder", "onnx"] = "folder"
    """A model folder of this package, or one segment as an ONNX graph with what its loop needs."""
    precision: Precision = "float32"
    """Of the stored weights. folder: float16, or int8 with a scale per row; they are float32 again when loaded. onnx:
    int8, too, and what that costs is measured."""
    licence: str | None = None
    """Of the weights, for the card: its short name on the hub, such as apache-2.0. The card states none when not given:
    the weights are yours."""
    limit: int = 200
    """--format onnx --precision int8: held-out puzzles to measure the cost on."""
    max_segments: int | None = None
    """--format onnx --precision int8: segments to measure it with (as in training when not given)."""


def main(args: list[str]) -> int:
    options = tyro.cli(Options, args=args, prog="hrm export", config=(tyro.conf.FlagCreatePairsOff,))
    if (options.folder is None) == (options.out is None):
        raise InputError("say once where to: hrm export MODEL FOLDER, or hrm export MODEL --out FOLDER")
    require_at_least(1, limit=options.limit, max_segments=options.max_segments)
    if options.licence is not None and options.format == "onnx":
        raise InputError("--licence goes into the card of a model folder; an ONNX folder states none")
    folder = options.folder or options.out
    assert folder is not None
    refuse_existing(folder)
    loaded = load_model(options.model)
    if options.format == "onnx":
        export_onnx(loaded, folder, options)
    else:
        save_folder(loaded, folder, options.precision, options.licence)
        print(f"{folder}: {(folder / WEIGHTS).stat().st_size / 1000:.0f} kB")
    return 0


def export_onnx(loaded: LoadedModel, folder: Path, options: Options) -> None:
    """An ONNX folder, and a word on how far it is off, and what int8 costs."""
    if options.precision == "float16":
        raise InputError(
            "--format onnx has no float16: its rounding is above what the check allows; take float32 or int8"
        )
    limit, max_segments = options.limit, options.max_segments
    exported = save_onnx_folder(loaded, folder, options.precision, limit=limit, max_segments=max_segments)
    print(f"off by at most {exported.deviation:.1e} from PyTorch in float32, within a segment")
    if exported.int8 is not None:
        print("\n".join(cost_lines({"float32": exported.float32, "int8": exported.int8})))
    print(f"{folder}: {(folder / GRAPH).stat().st_size / 1000:.0f} kB")

"""``hrm export MODEL FOLDER``"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from hrm.cli.reading import options_of
from hrm.errors import InputError, require_at_least, require_at_most
from hrm.export.folder import save_folder
from hrm.export.onnx_folder import GRAPH, cost_lines, save_onnx_folder
from hrm.export.page import save_page
from hrm.export.page_model import check_page
from hrm.export.web_runtime import chosen_runtime
from hrm.files import refuse_existing
from hrm.inference.options import MOST_SEGMENTS
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
    format: Literal["folder", "onnx", "page"] = "folder"
    """A model folder of this package; one segment as an ONNX graph with what its loop needs; or a page to watch it
    think on, in the browser, from any static host."""
    precision: Precision | None = None
    """Of the stored weights (float32 when not given; int8 for a page). folder: float16, or int8 with a scale per row;
    they are float32 again when loaded. onnx: int8, too, and what that costs is measured."""
    licence: str | None = None
    """Of the weights, for the card: its short name on the hub, such as apache-2.0. The card states none when not given:
    the weights are yours."""
    limit: int = 200
    """Held-out puzzles to measure the cost of int8 on (onnx, page)."""
    max_segments: int | None = None
    """--format onnx --precision int8: segments to measure it with (as in training when not given)."""
    vendor: bool = False
    """--format page: onnxruntime-web beside the page (npm brings it, 14 MB), so that it opens without a connection.
    Otherwise a visitor's browser fetches it from a CDN, pinned by version and hash."""
    runtime: Path | None = None
    """--format page: the same from this folder: of the npm package onnxruntime-web, or a project that has it."""


def main(args: list[str]) -> int:
    options = options_of(Options, args, "hrm export")
    if (options.folder is None) == (options.out is None):
        raise InputError("say once where to: hrm export MODEL FOLDER, or hrm export MODEL --out FOLDER")
    require_at_least(1, limit=options.limit, max_segments=options.max_segments)
    require_at_most(MOST_SEGMENTS, max_segments=options.max_segments)
    if options.max_segments is not None and options.format == "page":
        raise InputError("--max-segments is for --format onnx; people choose on the page how long it thinks")
    if options.licence is not None and options.format != "folder":
        raise InputError(f"--licence goes into the card of a model folder; --format {options.format} states none")
    if (options.vendor or options.runtime is not None) and options.format != "page":
        raise InputError("--vendor and --runtime are about the runtime of a page: add --format page")
    if options.precision == "float16" and options.format != "folder":
        raise InputError(
            f"--format {options.format} has no float16: its rounding is above what the check allows; take float32 or "
            "int8"
        )
    folder = options.folder or options.out
    assert folder is not None
    refuse_existing(folder)
    loaded = load_model(options.model)
    if options.format == "onnx":
        export_onnx(loaded, folder, options)
    elif options.format == "page":
        export_page(loaded, folder, options)
    else:
        save_folder(loaded, folder, options.precision or "float32", options.licence)
        print(f"{folder}: {(folder / WEIGHTS).stat().st_size / 1000:.0f} kB")
    return 0


def export_onnx(loaded: LoadedModel, folder: Path, options: Options) -> None:
    """An ONNX folder, and a word on how far it is off, and what int8 costs."""
    assert options.precision != "float16", "main has refused it"
    limit, max_segments = options.limit, options.max_segments
    exported = save_onnx_folder(loaded, folder, options.precision or "float32", limit=limit, max_segments=max_segments)
    print(f"off by at most {exported.deviation:.1e} from PyTorch in float32, within a segment")
    if exported.int8 is not None:
        print("\n".join(cost_lines({"float32": exported.float32, "int8": exported.int8})))
    print(f"{folder}: {(folder / GRAPH).stat().st_size / 1000:.0f} kB")


def export_page(loaded: LoadedModel, folder: Path, options: Options) -> None:
    """A page, and a word on how far its graph is off, and what it solves."""
    assert options.precision != "float16", "main has refused it"
    check_page(loaded.task)  # before anything is fetched
    runtime = chosen_runtime(options.vendor, options.runtime)
    made = save_page(loaded, folder, runtime, precision=options.precision or "int8", limit=options.limit)
    print(f"off by at most {made.deviation:.1e} from PyTorch in float32, within a segment")
    if "int8" in made.measured:
        print("\n".join(cost_lines(made.measured)))
    beside = sum(map(len, runtime.files.values()))
    has_runtime = f", and {beside / 1e6:.1f} MB of runtime" if beside else "; the runtime comes from a CDN"
    print(f"{folder}: {made.num_bytes / 1000:.0f} kB{has_runtime}")
    print(f"any static host serves it; here: python -m http.server --bind 127.0.0.1 --directory {folder}")

"""The part of ``hrm bench`` that measures a level against the number of cells."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from hrm.analysis.lengths import NUM_LAYERS, bench_lengths, config_of
from hrm.cli.output import print_table
from hrm.cli.reading import options_of
from hrm.errors import MOST_ROUNDS, InputError, require_at_least, require_at_most
from hrm.nn.block import Mixing
from hrm.runtime import Precision, RuntimeConfig, resolve


@dataclass(frozen=True, kw_only=True)
class CellsOptions:
    """A level of two blocks, forward and backward, against the number of cells: what each way of mixing costs."""

    mixings: tuple[Mixing, ...] = ("attention", "mlp", "state_space", "hybrid")
    """Ways in which cells see each other."""
    cells: tuple[int, ...] = (81, 225, 400, 900, 1600, 3600)
    """Numbers of cells: of 9 x 9 to 60 x 60."""
    width: int = 128
    """Width of the state."""
    batch: int = 1
    """Puzzles at a time."""
    rounds: int = 3
    """The time, on a CPU that of its cores together, is the least of so many rounds."""
    device: str = "auto"
    """auto, cpu, cuda ..."""
    precision: Precision = "auto"
    """auto: bfloat16 where the processor has it."""
    json: bool = False
    """Print one JSON object instead of a table."""


def main_cells(args: list[str]) -> int:
    """``hrm bench cells``."""
    options = options_of(CellsOptions, args, "hrm bench cells")
    if not options.mixings or not options.cells:
        raise InputError("--mixings, --cells: give at least one of each")
    require_at_least(1, cells=min(options.cells), batch=options.batch, rounds=options.rounds)
    require_at_most(MOST_ROUNDS, rounds=options.rounds)
    config_of("hybrid", options.width)  # a width that no level can have is refused before any work
    runtime = RuntimeConfig(device=options.device, precision=options.precision)
    where, sizes = resolve(runtime), {"width": options.width, "batch": options.batch, "rounds": options.rounds}
    lines = bench_lengths(options.mixings, options.cells, runtime, **sizes)
    if options.json:
        print(json.dumps({"benchmark": "cells", "runtime": str(where), **sizes, "lines": [asdict(m) for m in lines]}))
        return 0
    print_table(
        f"a level of {NUM_LAYERS} blocks of width {options.width} on {where}, batch {options.batch}",
        ("mixing", "cells", "parameters", "GFLOP forward", "s forward and backward", "MiB at the peak"),
        [
            (m.mixing, f"{m.cells:,}", f"{m.parameters:,}", f"{m.gflop:.3f}", f"{m.seconds:.4f}", f"{m.peak_mib:,.0f}")
            for m in lines
        ],
    )
    return 0

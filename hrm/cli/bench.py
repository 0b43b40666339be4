"""``hrm bench train RECIPE``, ``memory RECIPE``, ``scaling RECIPE``, ``solve MODEL``, ``data RECIPE`` and ``cells``"""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, replace
from typing import Literal

import tyro

from hrm.analysis.against import compare
from hrm.analysis.speed import Measured, bench_data, bench_memory, bench_solve, bench_train
from hrm.cli import scaling
from hrm.cli.cells import main_cells
from hrm.cli.output import print_table
from hrm.cli.reading import options_of
from hrm.cli.source import NamedData, read_options, read_with_recipe
from hrm.compiling import CompileError
from hrm.errors import MOST_ROUNDS, InputError, look_up, notify, require_at_least, require_at_most
from hrm.models import ModelConfig
from hrm.recipes import RECIPES
from hrm.runtime import Compile, Precision, Runtime, RuntimeConfig, resolve
from hrm.store.folder import load_model
from hrm.store.locate import DEFAULT_MODEL

Variant = Literal["eager", "compiled"]


@dataclass(frozen=True, kw_only=True)
class Common:
    variants: tuple[Variant, ...] = ("eager", "compiled")
    """What to measure, in turn within the same run."""
    device: str = "auto"
    """auto, cpu, cuda, mps ..."""
    precision: Precision = "auto"
    """auto: bfloat16 where the processor has it."""
    rounds: int = 5
    """Medians are over so many rounds."""
    against: str | None = None
    """Measure this revision of the repository, too, in turn, each round in processes of their own: the ratio counts."""
    json: bool = False
    """Print one JSON object instead of a table."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions(Common):
    batch: int | None = None
    """Puzzles at a time (the recipe's when not given)."""
    model: ModelConfig


@dataclass(frozen=True, kw_only=True)
class MemoryOptions:
    batch: int | None = None
    """Puzzles at a time (the recipe's when not given)."""
    cycles: tuple[tuple[int, int], ...] = ((1, 1), (2, 2), (4, 4), (8, 8))
    """Pairs of N (H_cycles) and T (L_cycles): --cycles 1 1 8 8"""
    json: bool = False
    """Print one JSON object instead of a table."""


@dataclass(frozen=True, kw_only=True)
class SolveOptions(Common):
    model: tyro.conf.Positional[str] = DEFAULT_MODEL
    """Run folder, model folder, or the name of a model in the package."""
    puzzles: int = 256
    """How many puzzles to solve, each thought about for all segments."""
    variants: tuple[Variant, ...] = ("eager",)
    """What to measure, in turn within the same run."""


@dataclass(frozen=True, kw_only=True)
class DataOptions(NamedData):
    """Training batches made on one core: read or generated, augmented, encoded. No model is involved."""

    batch: int = 768
    """Puzzles at a time (the paper's batch)."""
    rounds: int = 5
    """The median is over so many rounds of ten batches."""
    json: bool = False
    """Print one JSON object instead of a table."""


def main(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print("usage: hrm bench train RECIPE [--batch B] [options]    a training step")
        print("       hrm bench memory RECIPE [--batch B] [options]   its peak memory for more and more cycles")
        print("       hrm bench scaling RECIPE [--ranks 1 2 4]        it with more and more ranks (torchrun)")
        print("       hrm bench solve [MODEL] [options]               puzzles per second")
        print("       hrm bench data RECIPE [--batch B] [options]     training batches per second")
        print("       hrm bench cells [options]                       a level against the number of cells\n")
        print("'hrm bench train RECIPE --help' and so on list the options.")
        return 0 if args else 2
    benchmarks = {
        "train": main_train,
        "memory": main_memory,
        "scaling": scaling.main,
        "solve": main_solve,
        "data": main_data,
        "cells": main_cells,
    }
    if args[0] in ("train", "memory", "scaling", "data") and args[1:] in (["-h"], ["--help"]):
        print(f"usage: hrm bench {args[0]} RECIPE [options]\n\nrecipes: {', '.join(RECIPES)}\n")
        print(f"'hrm bench {args[0]} sudoku-demo --help' lists the options.")
        return 0
    return look_up(benchmarks, args[0], "benchmark")(args[1:])


def main_train(args: list[str]) -> int:
    config, options = read_with_recipe("bench train", lambda recipe: TrainOptions(model=recipe.model), args)
    batch_size = config.training.batch_size if options.batch is None else options.batch
    require_at_least(1, batch=batch_size, rounds=options.rounds)
    require_at_most(MOST_ROUNDS, rounds=options.rounds)
    if options.against is not None:
        return report_pairs(["train", *args], options)
    variants = make_variants(options)
    config = replace(config, model=options.model)
    return report(
        f"train {args[0]}",
        bench_train(config, variants, batch_size=batch_size, rounds=options.rounds),
        variants,
        as_json=options.json,
    )


def main_memory(args: list[str]) -> int:
    config, options = read_with_recipe("bench memory", lambda recipe: MemoryOptions(), args)
    batch_size = config.training.batch_size if options.batch is None else options.batch
    if not options.cycles:
        raise InputError("--cycles: give at least one pair of numbers")
    require_at_least(1, batch=batch_size, cycles=min(n for pair in options.cycles for n in pair))
    lines = bench_memory(config, options.cycles, batch_size=batch_size)
    figures = {"benchmark": f"memory {args[0]}", "batch_size": batch_size, "lines": [asdict(m) for m in lines]}
    if options.json:
        print(json.dumps(figures))
        return 0
    print_table(
        f"peak memory, train {args[0]}, batch {batch_size}",
        ("N (H_cycles)", "T (L_cycles)", "MiB before", "MiB at the peak", "the steps took"),
        [
            (
                str(m.H_cycles),
                str(m.L_cycles),
                *(f"{x:,.0f}" for x in (m.before_mib, m.peak_mib, m.peak_mib - m.before_mib)),
            )
            for m in lines
        ],
    )
    return 0


def main_solve(args: list[str]) -> int:
    options = options_of(SolveOptions, args, "hrm bench solve")
    require_at_least(1, puzzles=options.puzzles, rounds=options.rounds)
    require_at_most(MOST_ROUNDS, rounds=options.rounds)
    if options.against is not None:
        return report_pairs(["solve", *args], options)
    variants = make_variants(options)
    lines = bench_solve(load_model(options.model), variants, num_puzzles=options.puzzles, rounds=options.rounds)
    return report(f"solve {options.model}", lines, variants, as_json=options.json)


def main_data(args: list[str]) -> int:
    source, options = read_options("bench data", DataOptions, args)
    require_at_least(1, batch=options.batch, rounds=options.rounds)
    require_at_most(MOST_ROUNDS, rounds=options.rounds)
    measured = bench_data(options.task.build(), batch_size=options.batch, rounds=options.rounds)
    if options.json:
        print(json.dumps({"benchmark": f"data {source}", **asdict(measured)}))
        return 0
    print_table(
        f"training batches of {source} on one core",
        ("batch", "examples/s", "s/batch", "first s", "peak MiB"),
        [
            (
                str(measured.batch_size),
                f"{measured.examples_per_s:,.0f}",
                f"{measured.seconds_per_batch:.4f}",
                f"{measured.first_batch_s:.1f}",
                f"{measured.peak_memory_mib:,.0f}",
            )
        ],
    )
    return 0


def report_pairs(args: list[str], options: Common) -> int:
    """A table, or one JSON object, of this checkout and another revision."""
    assert options.against is not None
    pairs = compare(_without(args, "--against", "--rounds", "--json"), options.against, options.rounds)
    title = f"{' '.join(args[:2])} against {options.against}, {options.rounds} rounds in turn"
    if options.json:
        lines = [{**asdict(pair), "ratios": pair.ratios, "median": pair.median} for pair in pairs]
        print(json.dumps({"benchmark": title, "against": options.against, "variants": lines}))
        return 0
    print_table(
        title,
        ("", "s/step here", "s/step there", "times as fast", "from", "to"),
        [
            (
                pair.name,
                f"{statistics.median(pair.seconds):.4f}",
                f"{statistics.median(pair.seconds_before):.4f}",
                *(f"{x:.2f}" for x in (pair.median, min(pair.ratios), max(pair.ratios))),
            )
            for pair in pairs
        ],
    )
    return 0


def _without(args: list[str], *options: str) -> list[str]:
    """The arguments without some options and their values; ``--json`` has none."""
    kept: list[str] = []
    skips = False
    for arg in args:
        name = arg.partition("=")[0]
        if skips:
            skips = False
        elif name in options:
            skips = "=" not in arg and name != "--json"
        else:
            kept.append(arg)
    return kept


def make_variants(options: Common) -> dict[str, Runtime]:
    """The runtimes to measure. Where compiling does not work, that is told, and the others are measured."""
    if not options.variants:
        raise InputError("--variants: name at least one of eager, compiled")
    made: dict[str, Runtime] = {}
    for name in options.variants:
        compile: Compile = "yes" if name == "compiled" else "no"
        try:
            made[name] = resolve(RuntimeConfig(device=options.device, precision=options.precision, compile=compile))
        except CompileError as error:
            if set(options.variants) == {"compiled"}:
                raise
            notify(f"{error.reason}: eager alone is measured")
    return made


def report(title: str, lines: list[Measured], variants: dict[str, Runtime], *, as_json: bool) -> int:
    """A table (GFLOP/s of the model, of a large matmul, and their ratio), or one JSON object: the fastest variant's
    figures, and under ``variants`` those of all."""
    if as_json:
        fastest = min(lines, key=lambda line: line.seconds_per_step)
        every = [{**asdict(line), "runtime": str(variants[line.name])} for line in lines]
        print(json.dumps({"benchmark": title, **every[lines.index(fastest)], "variants": every}))
        return 0
    print_table(
        f"{title} on {next(iter(variants.values()))}, batch {lines[0].batch_size}",
        ("", "samples/s", "s/step", "GFLOP/s", "matmul", "ratio", "peak MiB", "first s"),
        [
            (
                m.name,
                f"{m.samples_per_s:,.1f}",
                f"{m.seconds_per_step:.4f}",
                f"{m.model_gflops:,.0f}",
                f"{m.matmul_gflops:,.0f}",
                f"{m.ratio:.2f}",
                f"{m.peak_memory_mib:,.0f}",
                f"{m.first_step_s:.1f}",
            )
            for m in lines
        ],
        spare=("first s", "matmul"),
    )
    return 0

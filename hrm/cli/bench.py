"""``hrm bench train RECIPE``, ``hrm bench solve MODEL`` and ``hrm bench data RECIPE``"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

import tyro
from rich.table import Table

from hrm.bench import Measured, bench_data, bench_solve, bench_train
from hrm.checkpoint import load_model
from hrm.cli.console import console
from hrm.cli.data.source import read_options
from hrm.config import look_up
from hrm.inference.solver import DEFAULT_MODEL
from hrm.models import ModelConfig
from hrm.recipes import RECIPES
from hrm.runtime import Precision, Runtime, RuntimeConfig, resolve
from hrm.tasks import TaskConfig
from hrm.types import InputError

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


@dataclass(frozen=True, kw_only=True)
class TrainOptions(Common):
    recipe: tyro.conf.Positional[str]
    """Whose model and training step (its data are not needed)."""
    batch: int | None = None
    """Puzzles at a time (the recipe's when not given)."""


@dataclass(frozen=True, kw_only=True)
class TrainOverrides(TrainOptions):
    model: ModelConfig
    recipe: tyro.conf.Suppress[str] = ""


@dataclass(frozen=True, kw_only=True)
class SolveOptions(Common):
    model: tyro.conf.Positional[str] = DEFAULT_MODEL
    """Run folder, model folder, or the name of a model in the package."""
    puzzles: int = 256
    """How many puzzles to solve, each thought about for all segments."""
    variants: tuple[Variant, ...] = ("eager",)
    """What to measure, in turn within the same run."""


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """Training batches made on one core: read or generated, augmented, encoded. No model is involved."""

    batch: int = 768
    """Puzzles at a time (the paper's batch)."""
    rounds: int = 5
    """The median is over so many rounds of ten batches."""
    task: TaskConfig


def main(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print("usage: hrm bench train RECIPE [--batch B] [options]\n       hrm bench solve [MODEL] [options]")
        print("       hrm bench data RECIPE [--batch B] [options]\n")
        print("'hrm bench train RECIPE --help' and the like list the options.")
        return 0 if args else 2
    verbs = {"train": main_train, "solve": main_solve, "data": main_data}
    return look_up(verbs, args[0], "benchmark")(args[1:])


def main_train(args: list[str]) -> int:
    if not args or args[0].startswith("-"):
        raise InputError("name the recipe first: hrm bench train RECIPE [options]. Recipes: " + ", ".join(RECIPES))
    config = look_up(RECIPES, args[0], "recipe")()
    options = tyro.cli(
        TrainOverrides,
        default=TrainOverrides(model=config.model),
        args=args[1:],
        prog=f"hrm bench train {args[0]}",
        config=(tyro.conf.AvoidSubcommands, tyro.conf.FlagCreatePairsOff),
    )
    batch_size = config.training.batch_size if options.batch is None else options.batch
    check_at_least_one(batch=batch_size, rounds=options.rounds)
    variants = make_variants(options)
    config = replace(config, model=options.model)
    return report(
        f"train {args[0]}", bench_train(config, variants, batch_size=batch_size, rounds=options.rounds), variants
    )


def main_solve(args: list[str]) -> int:
    options = tyro.cli(SolveOptions, args=args, prog="hrm bench solve", config=(tyro.conf.FlagCreatePairsOff,))
    check_at_least_one(puzzles=options.puzzles, rounds=options.rounds)
    variants = make_variants(options)
    lines = bench_solve(load_model(options.model), variants, num_puzzles=options.puzzles, rounds=options.rounds)
    return report(f"solve {options.model}", lines, variants)


def main_data(args: list[str]) -> int:
    source, options = read_options("bench data", DataOptions, args)
    check_at_least_one(batch=options.batch, rounds=options.rounds)
    measured = bench_data(options.task.build(), batch_size=options.batch, rounds=options.rounds)
    table = Table(title=f"training batches of {source} on one core")
    for heading in ("batch", "examples/s", "s/batch", "first s", "peak MiB"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_row(
        str(measured.batch_size),
        f"{measured.examples_per_s:,.0f}",
        f"{measured.seconds_per_batch:.4f}",
        f"{measured.first_batch_s:.1f}",
        f"{measured.peak_memory_mib:,.0f}",
    )
    console.print(table)
    print(json.dumps({"benchmark": f"data {source}", "lines": [asdict(measured)]}))
    return 0


def check_at_least_one(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise InputError(f"--{name} is {number}: it must be at least 1")


def make_variants(options: Common) -> dict[str, Runtime]:
    if not options.variants:
        raise InputError("--variants: name at least one of eager, compiled")
    return {
        name: resolve(
            RuntimeConfig(
                device=options.device, precision=options.precision, compile="yes" if name == "compiled" else "no"
            )
        )
        for name in options.variants
    }


def report(title: str, lines: list[Measured], variants: dict[str, Runtime]) -> int:
    """A table (GFLOP/s of the model, of a large matmul, and their ratio), and as last line one JSON object."""
    table = Table(title=f"{title} on {next(iter(variants.values()))}")
    for heading in ("variant", "batch", "samples/s", "s/step", "GFLOP/s", "matmul", "ratio", "peak MiB", "first s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for m in lines:
        table.add_row(
            m.name,
            str(m.batch_size),
            f"{m.samples_per_s:,.1f}",
            f"{m.seconds_per_step:.4f}",
            f"{m.model_gflops:,.0f}",
            f"{m.matmul_gflops:,.0f}",
            f"{m.ratio:.2f}",
            f"{m.peak_memory_mib:,.0f}",
            f"{m.first_step_s:.1f}",
        )
    console.print(table)
    runtimes = {name: str(runtime) for name, runtime in variants.items()}
    print(json.dumps({"benchmark": title, "runtimes": runtimes, "lines": [asdict(line) for line in lines]}))
    return 0

"""``hrm bench scaling RECIPE``"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from hrm.analysis.scaling import TRAFFIC, Scaled, Work, bench_scaling, doublings, num_cores, num_devices, settings
from hrm.cli.output import print_table
from hrm.cli.source import read_with_recipe
from hrm.errors import MOST_ROUNDS, InputError, require_at_least, require_at_most
from hrm.models import ModelConfig
from hrm.runtime import Compile, Precision, RuntimeConfig, resolve
from hrm.training.shards import spec_to_build


@dataclass(frozen=True, kw_only=True)
class Options:
    """A training step with more and more ranks, each number of them started by torchrun."""

    batch: int | None = None
    """Puzzles at a time, of all ranks together (the recipe's when not given)."""
    ranks: tuple[int, ...] = ()
    """Numbers of ranks: 1, 2, 4 ... up to the graphics cards, or to the cores, when not given."""
    threads: int | None = None
    """Threads of each rank, whatever their number: the cores shared out among the most ranks when not given."""
    puzzles: int | None = None
    """Rows of the table of puzzle embeddings (the recipe's puzzle ids when not given; its data are not needed)."""
    shard_puzzle_table: bool = False
    """That table sharded over the ranks (--training.shard-puzzle-table of 'hrm train')."""
    device: str = "auto"
    """auto, cpu or cuda."""
    precision: Precision = "auto"
    """auto: bfloat16 where the processor has it."""
    compile: Compile = "no"
    """Fuse the levels with torch.compile."""
    rounds: int = 3
    """Every number of ranks is started so many times, in turn."""
    steps: int = 10
    """Steps that are counted in each start; medians are over all of them."""
    json: bool = False
    """Print one JSON object instead of a table."""
    model: ModelConfig


def main(args: list[str]) -> int:
    config, options = read_with_recipe("bench scaling", lambda recipe: Options(model=recipe.model), args)
    for name in ("batch", "threads", "puzzles", "rounds", "steps"):
        require_at_least(1, **{name: getattr(options, name)})
    require_at_most(MOST_ROUNDS, rounds=options.rounds)
    require_at_least(1, ranks=min(options.ranks, default=None))
    if options.device not in ("auto", "cpu", "cuda"):
        raise InputError(f"--device {options.device}: every rank has one of its own; say auto, cpu or cuda")
    cores, most = num_cores(), num_devices(options.device)
    ranks = options.ranks or doublings(most)
    training = replace(config.training, shard_puzzle_table=options.shard_puzzle_table)
    if options.batch is not None:
        training = replace(training, batch_size=options.batch)
    runtime = RuntimeConfig(device=options.device, precision=options.precision, compile=options.compile)
    config = replace(config, model=options.model, training=training, runtime=runtime)
    resolve(runtime)  # what is wrong for every rank is told before any is started
    config.model.build(spec_to_build(config.task.build().spec, config))
    lines = settings(ranks, options.threads, cores)
    found = bench_scaling(Work(config, options.puzzles, options.steps), lines, cores=cores, rounds=options.rounds)
    report(f"scaling {args[0]}", found, cores, training.batch_size, as_json=options.json)
    return 0


def report(title: str, lines: list[Scaled], cores: int, batch_size: int, *, as_json: bool) -> None:
    """A table, or one JSON object."""
    if as_json:
        figures = {"benchmark": title, "batch_size": batch_size, "cores": cores}
        print(json.dumps({**figures, "lines": [asdict(line) for line in lines]}))
        return
    print_table(
        f"{title} on {lines[0].runtime}, batch {batch_size} shared by the ranks, {cores} cores",
        ("ranks", "threads each", "samples/s", "s/step", "efficiency", "times as fast", *(f"kB {k}" for k in TRAFFIC)),
        [
            (
                str(line.ranks),
                str(line.threads),
                f"{line.samples_per_s:,.1f}",
                f"{line.seconds_per_step:.4f}",
                f"{line.efficiency:.2f}",
                f"{line.times_as_fast:.2f}",
                *(f"{line.sent[kind] / 1000:,.1f}" for kind in TRAFFIC),
            )
            for line in lines
        ],
    )
    print(
        "efficiency: against as many times one rank with as many threads. times as fast: as one rank with all threads."
    )
    print("kB: what one rank gives to the engine for the others in a step.")

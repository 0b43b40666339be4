"""``hrm ablate STUDY``"""

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from hrm.analysis.plots import can_draw, check_can_draw, plot_study
from hrm.cli.output import console, print_table, write_results
from hrm.cli.reading import options_of
from hrm.errors import InputError, look_up, require_at_least, require_seed
from hrm.files import read_json
from hrm.intervals import percent
from hrm.store.locate import CONFIG
from hrm.studies import STUDIES
from hrm.studies.cluster import Cluster, ClusterOptions, check, threads
from hrm.studies.dispatch import run_elsewhere
from hrm.studies.runner import Done, Work, measured_seeds, run_study
from hrm.studies.study import Study, task, training
from hrm.studies.summary import markdown, short_cells, short_headings, summarize_study
from hrm.tasks.grid import GridConfig
from hrm.tasks.published import PublishedConfig
from hrm.tracking import require_trackers

MARK = "study.json"
"""In the folder of a study: which one it is."""


@dataclass(frozen=True, kw_only=True)
class Options:
    out: Path | None = None
    """Folder of the study (runs/ablate/STUDY when not given). What is in it is not done again."""
    seeds: tuple[int, ...] | None = None
    """Seeds (the study's own when not given): --seeds 0 1 2. Those measured before are in the table, too."""
    jobs: int = 1
    """Runs at a time, each with its share of the cores."""
    cluster: Cluster | None = None
    """Every run a job: of SLURM, or a process of this machine that behaves like one."""
    limits: Annotated[ClusterOptions, tyro.conf.arg(name="cluster")] = field(default_factory=ClusterOptions)
    steps: int | None = None
    """Training steps of every run (the study's own when not given)."""
    puzzles: int | None = None
    """Held-out puzzles to measure on (all when not given)."""
    data: tuple[Path, ...] = ()
    """Training and held-out data, where a study needs files: --data TRAIN TEST"""
    report_to: tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]] = ()
    """Trackers that are told of every run, as of 'hrm train': tensorboard, trackio, wandb."""
    figure: Path | None = None
    """Where the figure goes, besides figure.png in the folder of the study."""


def main(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print("usage: hrm ablate STUDY [--seeds S ...] [--jobs J | --cluster slurm] [--out DIR]\n\nstudies:")
        for known, made_by in STUDIES.items():
            print(f"  {known:16s}{inspect.getdoc(made_by)}")
        print("\nA study that was stopped goes on with the same command.")
        return 0 if args else 2
    if args[0].startswith("-"):
        raise InputError("name the study first: hrm ablate STUDY [options]. Studies: " + ", ".join(STUDIES))
    name = args[0]
    named = look_up(STUDIES, name, "study")
    options = options_of(Options, args[1:], f"hrm ablate {name}")
    require_at_least(1, jobs=options.jobs, steps=options.steps, puzzles=options.puzzles)
    if options.seeds is not None and (not options.seeds or len(set(options.seeds)) < len(options.seeds)):
        raise InputError("--seeds: give at least one, and each once")
    require_seed("--seeds", *(options.seeds or ()))
    trackers = tuple(itertools.chain(*options.report_to))
    require_trackers(trackers)
    check(options.cluster, options.limits)
    if options.cluster is not None and options.jobs != 1:
        raise InputError("--jobs is for runs beside this process: with --cluster, say --cluster.array-parallelism")
    out = options.out or Path("runs/ablate") / name
    if options.figure is not None:
        check_can_draw(options.figure)
    study = adapted(named(), options)
    has_begun = out.exists()
    claim(out, name)
    console.print(study.question)
    seeds = tuple(sorted(measured_seeds(study, out) | set(options.seeds or study.seeds)))
    try:
        done = run_all(study, out, seeds, options, trackers)
    except InputError:
        if not has_begun and [file.name for file in out.iterdir()] == [MARK]:  # nothing came of it
            (out / MARK).unlink()
            out.rmdir()
        raise
    rows = summarize_study(done)
    headings = short_headings(rows)
    spare = [*headings[2:-3], "segments", *headings[1:2]]  # the first and the last number of segments say most
    print_table("puzzles solved, %", headings, [short_cells(row) for row in rows], spare=spare)
    write(out, rows, study.question, " ".join(["hrm", "ablate", *args]))
    figures = [options.figure] if options.figure is not None else []
    if can_draw():
        figures.append(out / "figure.png")
    else:
        console.print("no figure.png: that needs matplotlib, pip install 'hrm-lab[plot]'")
    for path in figures:
        plot_study(rows, path, study.question, study.recipe.task.name)
    console.print(f"-> {out}")
    return 0


def run_all(study: Study, out: Path, seeds: tuple[int, ...], options: Options, trackers: tuple[str, ...]) -> list[Done]:
    """All runs, on this machine or as jobs of the cluster."""
    if (cluster := options.cluster) is None:
        return run_study(study, out, seeds=seeds, jobs=options.jobs, report_to=trackers, on_done=show_run)

    def elsewhere(works: list[Work]) -> Iterator[Done]:
        assert cluster is not None
        return run_elsewhere(works, out, cluster, options.limits, lambda line: console.print(line, markup=False))

    return run_study(
        study,
        out,
        seeds=seeds,
        jobs=options.limits.array_parallelism or 1,
        num_threads=threads(cluster, options.limits),
        elsewhere=elsewhere,
        report_to=trackers,
        on_done=show_run,
    )


def claim(out: Path, name: str) -> None:
    """Take ``out`` as the folder of the study ``name``. Raises ``InputError`` when it is one of anything else."""
    mark = out / MARK
    if mark.exists():
        if (other := read_json(mark).get("study")) != name:
            raise InputError(f"{out} holds the study {other!r}: choose another folder with --out")
    elif (out / CONFIG).exists():
        raise InputError(f"{out} is a run or model folder: choose another one with --out")
    else:
        write_results({mark: json.dumps({"study": name}).encode()})


def adapted(study: Study, options: Options) -> Study:
    """The study with the options that change its recipe."""
    recipe = study.recipe
    if options.steps is not None:
        recipe = training(steps=options.steps)(recipe)
    if options.data:
        if len(options.data) != 2 or isinstance(recipe.task, GridConfig | PublishedConfig):
            raise InputError("--data: give the training data and the held-out data of a study that reads files")
        if options.data[0].resolve() == options.data[1].resolve():
            raise InputError(f"--data: {options.data[0]} would be measured on what it trains on: give two sets")
        train, test = ((path,) if isinstance(recipe.task.test, tuple) else path for path in options.data)
        recipe = task(train=train, test=test)(recipe)
    return replace(study, recipe=recipe, num_puzzles=options.puzzles)


def show_run(done: Done, number: int, total: int) -> None:
    """Print a line for a run that is measured."""
    for reading, summary in done.figures["readings"].items():
        read = "  ".join(f"{row['segments']}: {percent(row['solved'])}" for row in summary["segments"])
        label = ", ".join(filter(None, (done.label, reading)))
        console.print(f"{number}/{total}  {label}, seed {done.seed} ({done.figures['training_s']:.0f} s)  {read}")


def write(out: Path, rows: list[dict[str, Any]], question: str, command: str) -> None:
    """Write ``results.json`` and ``table.md`` into the folder of the study."""
    content = {"question": question, "command": command, "points": rows}
    table = markdown(rows, question, command)
    write_results({out / "results.json": json.dumps(content, indent=2).encode(), out / "table.md": table.encode()})

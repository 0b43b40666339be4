"""A model measured on held-out puzzles: what ``hrm eval`` does, and the demo after its training."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import tyro
from rich.progress import track

from hrm.analysis.plots import check_can_draw, plot_compared, plot_segments
from hrm.cli import comparison
from hrm.cli.output import (
    as_csv,
    board,
    check_places,
    console,
    place_for,
    print_table,
    stem,
    write_results,
)
from hrm.errors import ELSEWHERE, MOST_ROUNDS, InputError, require_at_least, require_at_most
from hrm.evaluation.baselines import figures
from hrm.evaluation.table import Table, concatenate, evaluate, labelled_rows, not_counted, summarize
from hrm.evaluation.verdict import gather, judge
from hrm.files import read_json, within
from hrm.inference.options import MOST_SEGMENTS
from hrm.inference.ready import work_of
from hrm.intervals import percent, with_interval
from hrm.llm.questions import held_out_digest
from hrm.nn.block import fit_levels
from hrm.runtime import Runtime, RuntimeConfig, resolve
from hrm.store.folder import LoadedModel, load_model
from hrm.store.locate import VALIDATION, read_validation, run_of
from hrm.tasks.base import Task
from hrm.training.metrics import read_metrics

MANY = 100_000
"""Puzzles beyond which it is clear that there is enough to do."""


@dataclass(frozen=True, kw_only=True)
class Options:
    model: tyro.conf.Positional[str]
    """Run folder, model folder, or the name of a model in the package."""
    data: Path | None = None
    """Puzzles from this file (Sudoku, mazes: CSV) instead of the recipe's held-out set."""
    checkpoint: str | None = None
    """Of a run: last, best (on its validation puzzles) or step_N. The best when not given, where the run validates."""
    limit: int | None = None
    """Only the first so many puzzles."""
    max_segments: int | None = None
    """Segments to think, at most 100,000 (as in training when not given)."""
    batch_size: int = 250
    """Puzzles at a time (not with --compare, which has 64 slots)."""
    out: Path | None = None
    """Where the results go (into the run or model folder when not given; here for a model of the package)."""
    compare: bool = False
    """Solve the same puzzles under several policies and numbers of attempts, and compare what it costs."""
    rounds: int = 3
    """--compare: times are medians over so many rounds."""
    samples: Path | None = None
    """Write a row per puzzle to this CSV file."""
    plot: Path | None = None
    """Draw accuracy against segments (--compare: every setting) into this .png, .svg or .pdf file."""
    json: bool = False
    """Print the results as one JSON object instead of a table."""
    runtime: RuntimeConfig = field(default_factory=lambda: RuntimeConfig(compile="auto"))


def run(options: Options) -> None:
    """Measure, show and write the results. Raises ``InputError`` before any work for what cannot be."""
    require_at_least(
        1,
        limit=options.limit,
        max_segments=options.max_segments,
        batch_size=options.batch_size,
        rounds=options.rounds,
    )
    require_at_most(MOST_ROUNDS, rounds=options.rounds)
    require_at_most(MOST_SEGMENTS, max_segments=options.max_segments)
    if options.plot is not None:
        check_can_draw(options.plot)
    loaded = load_model(options.model, checkpoint=options.checkpoint)
    task = loaded.task if options.data is None else loaded.task.with_test(options.data)
    about = _circumstances(loaded, options)
    out = options.out or free_place(place_for(loaded, options.model) / file_for(options), about)
    beside = out.with_suffix("") if options.out is None and out.stem != "results" else out.parent
    check_places(out, options.samples, options.plot, kept=options.data)
    if beside.exists() and not beside.is_dir():
        raise InputError(f"{beside}: a file stands where the folder of what belongs to {out.name} goes; {ELSEWHERE}")
    max_segments = options.max_segments or loaded.max_segments
    runtime = resolve(options.runtime, _work(loaded, task, max_segments, options.limit), solving=True)
    about["runtime"] = str(runtime)
    measured = (compare if options.compare else measure)(loaded, task, runtime, options, max_segments, about)
    if options.json:
        print(json.dumps(measured.results))
    else:
        if run_of(loaded) != loaded.path:
            console.print(f"checkpoint {chosen(loaded.path)}")
        measured.show()
    named = dict(measured.files)
    files = {within(beside, name): content for name, content in named.items()}
    files[out] = json.dumps(measured.results, indent=2).encode()
    if options.samples is not None:
        files[options.samples] = as_csv(measured.samples)
    write_results(files)
    if not options.json:
        console.print(f"-> {out}", markup=False)
        for name in sorted({name.split("/")[0] for name in named}):
            console.print(f"-> {beside / name}", markup=False)
    if options.plot is not None:
        measured.draw(options.plot)  # after all is written: a figure that fails takes nothing with it


def _work(loaded: LoadedModel, task: Task, max_segments: int, limit: int | None) -> float:
    """FLOP of all puzzles, which are counted no further than needed."""
    num = 0
    for batch in task.eval_batches(256):
        num += len(batch.inputs)
        if num >= (MANY if limit is None else min(limit, MANY)):
            break
    return work_of(loaded.model, task, num if limit is None else min(num, limit), max_segments)


def file_for(options: Options) -> str:
    """``results.json`` for all held-out puzzles of the run; other puzzles, some of them, or another checkpoint have a
    name of their own, and so do not take that one's place."""
    parts = [
        "compared" if options.compare else "results",
        *([stem(options.data)] if options.data is not None else []),
        *([options.checkpoint] if options.checkpoint is not None else []),
        *([f"first-{options.limit}"] if options.limit is not None else []),
    ]
    return "-".join(parts) + ".json"


def free_place(file: Path, about: Mapping[str, Any]) -> Path:
    """``file``, or where results of something else have that name (data of another folder, another model), the same
    with a digest of what this is about: neither replaces the other."""
    what = {key: about[key] for key in ("data_file", "limit", "model_file")}
    if not file.is_file():
        return file
    try:
        there = read_json(file)
    except InputError:
        there = {}
    if all(there.get(key) == value for key, value in what.items()):
        return file
    digest = blake2b(json.dumps(what).encode(), digest_size=3).hexdigest()
    return file.with_name(f"{file.stem}-{digest}{file.suffix}")


def chosen(checkpoint: Path) -> str:
    """The checkpoint of a run that was taken, and why."""
    if not (checkpoint / VALIDATION).exists():
        return checkpoint.name
    found = read_validation(checkpoint)
    return f"{checkpoint.name}: the best on {found['puzzles']:,} validation puzzles ({percent(found['solved'])} solved)"


class Measured(NamedTuple):
    """Findings, and how to present them."""

    results: dict[str, Any]
    samples: Iterable[dict[str, Any]]  # a row per puzzle
    files: Iterable[tuple[str, bytes]]  # to write beside the results
    show: Callable[[], None]
    draw: Callable[[Path], None]


def measure(
    loaded: LoadedModel, task: Task, runtime: Runtime, options: Options, max_segments: int, about: Mapping[str, Any]
) -> Measured:
    """Every puzzle for all segments, as in the published evaluation; and what the task makes of the answers."""
    model = loaded.model.to(runtime.device)
    fit_levels(model, runtime)
    batch_size, limit = options.batch_size, options.limit
    batches = evaluate(model, task, runtime, max_segments=max_segments, batch_size=batch_size, limit=limit)
    shown = track(batches, "evaluating", console=console, transient=True, disable=options.json)
    table = concatenate(list(shown))
    scores = task.scores(table.answers, table.certainty[:, -1])
    results = {**about, **summarize(table), "scores": scores.figures}
    if task.spec.num_puzzles == 1:  # which puzzles these are: others may have answered the same (hrm compare)
        results["puzzles_digest"] = held_out_digest(task, limit)
    judged = None
    if task.spec.num_puzzles == 1 and table.has_answer.any():  # elsewhere the score is a vote, or nothing
        evidence = gather(task, table, read_metrics(run_of(loaded)))
        judged = judge(evidence)
        results |= {"baselines": figures(evidence.trivial), "verdict": judged.figures()}

    def show_all() -> None:
        show(results)
        if judged is not None:
            print_table(*baseline_table(results["baselines"]))
            console.print(f"[bold]verdict[/bold]: {judged}")
        for score_table in scores.tables:
            print_table(*score_table)
        for drawing in scores.drawings:
            console.print("", board(drawing), sep="\n")

    return Measured(results, samples(table), scores.files, show_all, lambda path: plot_segments(results, path))


def baseline_table(trivial: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Title, headings and rows of what answering without thinking gives."""
    rows: list[tuple[str, ...]] = [(one["name"], percent(one["exact"]), percent(one["cells"])) for one in trivial]
    return "without thinking", ("answer", "equal to the label", "cells right"), rows


def compare(
    loaded: LoadedModel, task: Task, runtime: Runtime, options: Options, max_segments: int, about: Mapping[str, Any]
) -> Measured:
    """The same puzzles under several policies and numbers of attempts."""
    rows = comparison.measure(loaded, task, runtime, max_segments, options.limit, options.rounds)
    results = {
        **about,
        "puzzles": len(rows[0].solutions),
        "rounds": options.rounds,
        "settings": [row.figures() for row in rows],
    }
    title = f"{results['model']} on {results['puzzles']:,} puzzles ({results['data']})"
    return Measured(
        results,
        comparison.samples(rows),
        (),
        lambda: comparison.show(title, rows),
        lambda path: plot_compared(results, path),
    )


def _circumstances(loaded: LoadedModel, options: Options) -> dict[str, Any]:
    is_kept_with_model = place_for(loaded, options.model) != Path()
    return {
        "model": str(options.model),
        "model_file": None if is_kept_with_model else str(run_of(loaded)),  # elsewhere the place tells
        "checkpoint": loaded.path.name,
        "task": loaded.config["task"]["name"],
        "seed": loaded.config.get("seed"),
        "data": options.data.resolve().name if options.data else "held-out set of the recipe",
        "data_file": str(options.data.resolve()) if options.data else None,
        "limit": options.limit,
    }


def samples(table: Table) -> Iterator[dict[str, Any]]:
    """A row per puzzle: after the last segment, and when the model would have stopped; empty where nobody knows."""
    for index, at in enumerate(table.halts_at.tolist()):
        is_known = table.has_answer[index]
        yield {
            "puzzle": index,
            "solved": table.solved[index, -1] if table.has_verdict[index] else None,
            "exact": table.exact[index, -1] if is_known else None,
            "cells": table.cells[index, -1] if is_known else None,
            "halts_at": at,
            "certainty": table.certainty[index, at - 1],
            "exact_when_halting": table.exact[index, at - 1] if is_known else None,
        }


def show(results: dict[str, Any]) -> None:
    """The table on the screen, of what was measured."""
    if note := not_counted(results):
        console.print(note)
    if results["solved"] is None:
        return
    print_table(
        f"{results['model']} on {results['puzzles']:,} puzzles ({results['data']})",
        ("segments", "solved [95 %]", "equal to label", "cells right"),
        [(label, *_cells(row)) for label, row in labelled_rows(results)],
        spare=("cells right", "equal to label"),
    )


def _cells(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return with_interval(row["solved"], row["solved_95"]), percent(row["exact"]), percent(row["cells"])

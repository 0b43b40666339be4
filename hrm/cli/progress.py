"""Training as a person follows it: what begins, a bar or lines while it goes on, and how it ended."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from hrm.cli.net import unheeded_output
from hrm.cli.output import console
from hrm.store.locate import best_checkpoint, read_validation
from hrm.tasks.findings import findings
from hrm.tracking.reporter import tracked
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.pace import fitted
from hrm.training.report import Report
from hrm.training.run import Outcome, Prepared, begun, run
from hrm.training.settings import TrainingConfig
from hrm.training.shards import num_weights
from hrm.world import ALONE, World


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """The way in which a run is trained; nothing of it is kept in its folder."""

    resume: bool = False
    overwrite: bool = False
    minutes: float | None = None
    max_minutes: float | None = None
    report_to: tuple[str, ...] = ()


def train_in(path: Path, config: RunConfig, how: Circumstances, world: World = ALONE) -> Outcome:
    """A run of ``config`` in the folder ``path``, with live progress, which the first rank shows. Goes on when nobody
    reads that any more."""
    console.quiet = not world.is_first
    start = time.monotonic()

    def fitting(prepared: Prepared) -> TrainingConfig:
        assert how.minutes is not None
        seconds = 60 * how.minutes
        training = fitted(prepared, config.training, config.seed, lambda: seconds - (time.monotonic() - start))
        console.print(f"{training.steps:,} steps fit into {how.minutes:g} minutes at this rate")
        return training

    fit = None if how.minutes is None else fitting
    with unheeded_output():
        begin = begun(path, config, resume=how.resume, overwrite=how.overwrite, fit=fit, world=world)
        with begin as (folder, prepared):
            _show_beginning(folder, prepared)
            training = folder.config.training
            with (
                progress(prepared.state.step, training.steps, training.batch_size) as show,
                tracked(how.report_to, folder, prepared, say=lambda line: console.print(line, markup=False)) as track,
            ):

                def tell(report: Report, steps_per_s: float) -> None:
                    show(report, steps_per_s)
                    track(report, steps_per_s)

                outcome = run(folder, prepared, max_minutes=how.max_minutes, on_report=tell)
        _show_end(path, outcome, training)
    return outcome


def _show_beginning(folder: RunFolder, prepared: Prepared) -> None:
    config, state = folder.config, prepared.state
    num_parameters = num_weights(state.model)
    steps = config.training.steps
    console.print(f"{config.recipe}: {num_parameters:,} parameters, seed {config.seed}, {steps:,} steps")
    console.print(f"{prepared.runtime} -> {folder.path}", markup=False)
    if prepared.runtime.compile:
        console.print("compiling: the first steps take a while")
    if state.step:
        console.print(f"resumed at step {state.step:,}")
    else:
        _tell_about_data(prepared, config.training)


def _show_end(path: Path, outcome: Outcome, training: TrainingConfig) -> None:
    if not outcome.is_finished:
        console.print(f"stopped at step {outcome.step:,} of {training.steps:,} and saved. Go on with --resume")
        return
    if best := best_checkpoint(path):
        found = read_validation(best)
        solved, puzzles = _share(found["solved"], 1), found["puzzles"]
        console.print(f"best at step {found['step']:,}: {solved} of {puzzles:,} validation puzzles")
    console.print(f"finished: {path}. Measure it with: hrm eval {path}", markup=False)


def _tell_about_data(prepared: Prepared, training: TrainingConfig) -> None:
    """What is worth knowing about the puzzles before any time is spent on them."""
    for sentence in findings(prepared.task):
        console.print(f"[bold]data[/bold]: {sentence}")
    if training.validate_every and prepared.validation is None:
        console.print("no puzzles to spare for validation: the last checkpoint is kept, not the best")


@contextmanager
def progress(step: int, steps: int, batch_size: int) -> Iterator[Callable[[Report, float], None]]:
    """A live bar in a terminal, a line per report elsewhere."""

    def figures(report: Report, steps_per_s: float) -> str:
        solved = f"  validation {_share(report.validation.solved, 1)}" if report.validation else ""
        return (
            f"{steps_per_s * batch_size:,.0f} samples/s  token loss {report.token_loss:.3f}  "
            f"cells {_share(report.cell_accuracy, 1)}  exact {_share(report.exact_accuracy, 1)}  "
            f"segments {_number(report.segments)}{solved}"
        )

    if not console.is_terminal:
        first: list[tuple[int, float]] = []  # the first report: what came before it was compiling, mostly

        def print_line(report: Report, steps_per_s: float) -> None:
            now = time.monotonic()
            first[:] = first or [(report.step, now)]
            done = report.step - first[0][0]
            left = f"  {(steps - report.step) * (now - first[0][1]) / done:,.0f} s left" if done else ""
            print(f"step {report.step:6,}/{steps:,}  {figures(report, steps_per_s)}{left}", flush=True)

        yield print_line
        return

    latest = [""]  # what validation last found: a bar shows it until the next time

    def short_figures(report: Report, steps_per_s: float) -> str:  # has to fit 80 columns; the token loss
        if report.validation:
            latest[0] = f" val {_share(report.validation.solved, 0)}"
        return (
            f"{steps_per_s * batch_size:,.0f}/s loss {report.token_loss:.3f} cells {_share(report.cell_accuracy, 0)} "
            f"exact {_share(report.exact_accuracy, 0)} seg {_number(report.segments)}{latest[0]}"
        )

    columns = (
        TextColumn("{task.completed}/{task.total}"),
        BarColumn(bar_width=8),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=steps, completed=step, figures="first report soon ...")

        def move(report: Report, steps_per_s: float) -> None:
            bar.update(task, completed=report.step, figures=short_figures(report, steps_per_s))

        yield move


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"


def _share(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}%}"  # no puzzle left its slot

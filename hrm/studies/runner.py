"""The runs of a study: every point under every seed, one after the other or side by side; none is done twice.

::

    runs/ablate/STUDY/
        POINT/seed_S/         a run folder, and in it measured.json when the point is measured
        results.json          every point: mean and 95 % interval over the seeds
        table.md, figure.png  the same to read
"""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import torch

from hrm.errors import InputError, StoppedError
from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.files import read_json, write_whole
from hrm.models.cost import num_parameters, segment_flops
from hrm.runtime import resolve
from hrm.signals import heard, known
from hrm.store.folder import load_model
from hrm.store.locate import CONFIG
from hrm.studies.study import Reading, Study
from hrm.tracking.reporter import tracked
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.metrics import minutes_of, read_metrics
from hrm.training.report import Report
from hrm.training.run import begun, run

MEASURED = "measured.json"
"""Not results.json, which ``hrm eval`` writes."""


class Work(NamedTuple):
    """One run of a study, as it is handed to a process."""

    label: str
    seed: int
    config: RunConfig
    folder: Path
    segments: tuple[int, ...]
    readings: Mapping[str, Reading]
    num_puzzles: int | None
    num_threads: int
    report_to: tuple[str, ...] = ()

    @property
    def how(self) -> dict[str, Any]:
        """The way it is measured, as JSON: figures that were measured otherwise are not its own."""
        return {
            "segments": list(self.segments),
            "readings": list(self.readings),
            "num_puzzles": self.num_puzzles,
            "steps": self.config.training.steps,
        }


class Done(NamedTuple):
    """One run that is measured."""

    label: str
    seed: int
    figures: dict[str, Any]


def run_study(
    study: Study,
    out: Path,
    *,
    seeds: tuple[int, ...] | None = None,
    jobs: int = 1,
    report_to: tuple[str, ...] = (),
    num_threads: int | None = None,
    elsewhere: Callable[[list[Work]], Iterator[Done]] | None = None,
    on_done: Callable[[Done, int, int], None] = lambda done, number, total: None,
) -> list[Done]:
    """All runs of ``study`` in the folder ``out``, ``jobs`` at a time; those that are measured already are read.

    A run that was stopped goes on from its last checkpoint. ``report_to`` are trackers, which know each run by study,
    point and seed. num_threads: of each run, its share of this process's when not given. elsewhere: what does the runs
    that are not measured, in place of this machine (``studies.cluster``). ``on_done`` is told of each run, how many are
    done, and of how many. Raises ``InputError`` when the folder holds runs with other settings.
    """
    threads = num_threads or max(1, torch.get_num_threads() // jobs)
    works = [
        Work(
            point.label,
            seed,
            config,
            out / point.folder / f"seed_{seed}",
            study.segments,
            study.readings,
            study.num_puzzles,
            threads,
            report_to,
        )
        for point, seed, config in study.runs(seeds)
    ]
    for work in works:  # before hours are spent, not after
        if (work.folder / CONFIG).exists():
            RunFolder.open(work.folder, work.config)
    for task in {repr(work.config.task): work.config.task.build() for work in works}.values():
        task.train_batch(0, 1, 0)
        next(iter(task.eval_batches(1)))
    if elsewhere is not None:
        results = _all(works, elsewhere)
    else:
        results = _in_turn(works) if jobs == 1 else _side_by_side(works, jobs)
    done: list[Done] = []
    for result in results:
        done.append(result)
        on_done(result, len(done), len(works))
    order = {(work.label, work.seed): index for index, work in enumerate(works)}
    return sorted(done, key=lambda d: order[d.label, d.seed])


def _all(works: Iterable[Work], elsewhere: Callable[[list[Work]], Iterator[Done]]) -> Iterator[Done]:
    """The runs that are measured, then the others as they are done."""
    missing: list[Work] = []
    for work in works:
        if (done := read(work)) is None:
            missing.append(work)
        else:
            yield done
    if missing:
        yield from elsewhere(missing)


def _in_turn(works: Iterable[Work]) -> Iterator[Done]:
    return map(do, works)


def _side_by_side(works: Iterable[Work], jobs: int) -> Iterator[Done]:
    """Runs at one time: where one fails, or a person interrupts, no other begins, and those under way are saved."""
    context = multiprocessing.get_context("spawn")
    processes = ProcessPoolExecutor(jobs, context, initializer=_listen, max_tasks_per_child=1)
    with processes:
        try:
            for future in as_completed([processes.submit(do, work) for work in works]):
                yield future.result()
        except BrokenProcessPool as error:
            raise InputError("a run was killed (memory?): fewer --jobs; the same command goes on") from error
        except KeyboardInterrupt as error:
            for process in multiprocessing.active_children():  # a signal to this process alone did not reach them
                process.terminate()  # SIGTERM: they save what they have
            raise StoppedError("interrupted: the same command goes on", signal.SIGINT) from error
        finally:
            processes.shutdown(wait=True, cancel_futures=True)


told_to_stop: list[int] = []
"""Signals that a process beside others has received outside training."""


def stop_later(number: int, frame: FrameType | None) -> None:
    """Remember a signal, for ``do`` to heed where it can."""
    told_to_stop.append(number)


def _listen() -> None:
    """In a process beside others: SIGTERM is remembered and does not kill. A process that dies while it hands over its
    result leaves the queue locked, and the others wait for ever."""
    signal.signal(signal.SIGTERM, stop_later)


def _stopped(work: Work, number: int) -> StoppedError:
    return StoppedError(f"{work.folder} was stopped: the same command goes on", number)


def _stop_if_told(work: Work) -> None:
    if told_to_stop:
        raise _stopped(work, told_to_stop[0])


@contextmanager
def _stopping_at_once(work: Work) -> Iterator[None]:
    """A time in which nothing is lost that is not soon done again: a signal that is else remembered ends it."""

    def stop(number: int, frame: FrameType | None) -> None:
        stop_later(number, frame)  # it may be raised where nobody can catch it
        raise _stopped(work, number)

    remembered = [n for n in known("SIGTERM", "SIGUSR1", "SIGUSR2") if signal.getsignal(n) is stop_later]
    with heard(remembered, stop):
        yield


def read(work: Work) -> Done | None:
    """A run that has been measured in just this way, from its folder."""
    figures = measured(work.folder)
    return None if figures is None or figures["how"] != work.how else Done(work.label, work.seed, figures)


def do(work: Work, on_report: Callable[[Report, float], None] = lambda report, steps_per_s: None) -> Done:
    """One run, trained and measured, or read where it was measured before. ``on_report``: as of ``training.run``.

    Raises ``StoppedError`` for a signal, ``InputError`` for what cannot be trained."""
    _stop_if_told(work)
    if (done := read(work)) is not None:
        return done
    if torch.get_num_threads() != work.num_threads:  # a process of its own
        torch.set_num_threads(work.num_threads)
    with begun(work.folder, work.config, resume=True) as (folder, prepared):
        if prepared.state.step < work.config.training.steps:
            _stop_if_told(work)
            name = "-".join(work.folder.resolve().parts[-3:])  # study, point, seed
            with tracked(work.report_to, folder, prepared, name=name) as track:

                def tell(report: Report, steps_per_s: float) -> None:
                    on_report(report, steps_per_s)
                    track(report, steps_per_s)

                outcome = run(folder, prepared, on_report=tell)
            if not outcome.is_finished:
                stopped = f"{work.folder} was stopped at step {outcome.step}: the same command goes on"
                raise StoppedError(stopped, outcome.signal or signal.SIGINT)
        _stop_if_told(work)
        with _stopping_at_once(work):
            figures = measure(work)
        write_whole(work.folder / MEASURED, json.dumps(figures, indent=2).encode())
    return Done(work.label, work.seed, figures)


def measured(folder: Path) -> dict[str, Any] | None:
    """The figures of a run, if it has been measured."""
    file = folder / MEASURED
    return read_json(file) if file.exists() else None


def measured_seeds(study: Study, out: Path) -> set[int]:
    """The seeds under which every point of ``study`` has been measured in the folder ``out``."""
    per_point = [
        {int(file.parent.name.removeprefix("seed_")) for file in (out / point.folder).glob(f"seed_*/{MEASURED}")}
        for point in study.points()
    ]
    return set.intersection(*per_point)


def measure(work: Work) -> dict[str, Any]:
    """The figures of a trained run: size, cost, and accuracy under every reading."""
    readings: dict[str, Any] = {}
    for name, change in work.readings.items():
        loaded = load_model(work.folder)
        change(loaded.model)
        runtime = resolve(work.config.runtime)
        model = loaded.model.to(runtime.device)
        most = max(work.segments)
        tables = evaluate(model, loaded.task, runtime, max_segments=most, limit=work.num_puzzles)
        summary = summarize(concatenate(list(tables)))
        if summary["solved"] is None:
            raise InputError("none of the held-out puzzles has a known answer: a study has nothing to measure")
        summary["segments"] = [row for row in summary["segments"] if row["segments"] in work.segments]
        readings[name] = summary
    loaded = load_model(work.folder)
    counts = num_parameters(loaded.model)
    return {
        "label": work.label,
        "seed": work.seed,
        "how": work.how,
        "parameters": {"all": sum(counts.values()), "without_embeddings": counts["rest"]},
        "segment_flops": segment_flops(lambda spec: work.config.model.build(spec), loaded.task.spec, 1),
        "training_s": training_seconds(work.folder),
        "readings": readings,
    }


def training_seconds(folder: Path) -> float:
    """Seconds that the steps took, from the rates in ``metrics.jsonl``, however often the run was stopped."""
    return 60 * max(minutes_of(read_metrics(folder)), default=0.0)

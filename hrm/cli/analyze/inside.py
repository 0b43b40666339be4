"""``hrm analyze states|rank|settle|halting|intervene|mixer|fidelity|lyapunov|history|all MODEL``"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import torch
import tyro
from rich.text import Text

from hrm.analysis.fidelity import look_at_fidelity
from hrm.analysis.halting import look_at_halting
from hrm.analysis.history import look_at_history
from hrm.analysis.intervene import look_at_interventions
from hrm.analysis.lyapunov import look_at_exponents
from hrm.analysis.mixer import look_at_mixing
from hrm.analysis.rank import look_at_rank
from hrm.analysis.recorder import bytes_per_puzzle
from hrm.analysis.report import files_of, page_of
from hrm.analysis.settle import look_at_settling
from hrm.analysis.states import look_at_states
from hrm.analysis.subject import Finding, Subject
from hrm.cli.output import check_places, console, place_for, write_results
from hrm.cli.reading import options_of
from hrm.errors import ELSEWHERE, InputError, require_at_least, require_at_most, require_seed
from hrm.files import writable
from hrm.inference.options import MOST_SEGMENTS
from hrm.inference.ready import ready
from hrm.models.base import Reasoner
from hrm.runtime import RuntimeConfig, resolve
from hrm.store.folder import LoadedModel, build, load_model
from hrm.store.locate import list_checkpoints, run_of, step_of
from hrm.tasks.base import Task
from hrm.types import IGNORE_LABEL, Batch

LOOKS: dict[str, Callable[[Subject], Finding]] = {
    "states": look_at_states,
    "rank": look_at_rank,
    "settle": look_at_settling,
    "halting": look_at_halting,
    "intervene": look_at_interventions,
    "mixer": look_at_mixing,
    "fidelity": look_at_fidelity,
    "lyapunov": look_at_exponents,
}
"""Analyses of one model, by their name on the command line; ``history`` needs a run, ``all`` is all of them."""
SLOW = ("lyapunov",)
"""Those that ``all`` leaves out: float64, and two models at a time."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Inside a trained model: numbers with intervals (JSON), a figure (PNG and SVG, with hrm-lab[plot]), and a
    sentence made of the numbers. all: everything that this model allows, and report.html."""

    model: tyro.conf.Positional[str]
    """Run folder, model folder, or the name of a model in the package."""
    checkpoint: str | None = None
    """Of a run: last, best, step_N."""
    data: Path | None = None
    """Held-out puzzles of your own instead of the run's."""
    puzzles: int = 100
    """Number of held-out puzzles, the first ones."""
    segments: int | None = None
    """Segments for which each is thought about (as in training when not given)."""
    seed: int = 0
    """Of untrained weights, bootstraps, noise and starts."""
    max_mib: int = 1024
    """Memory for states that are looked at together, in MiB: more of it, more puzzles at a time."""
    beside: tuple[str, ...] = ()
    """states: the residuals of other models at its side, for the same puzzles: --beside runs/recurrent runs/deep"""
    out: Path | None = None
    """Folder of what is found (inside/ in the run or model folder, or here, when not given)."""
    overwrite: bool = False
    """Replace what is there from before."""
    runtime: RuntimeConfig = field(default_factory=lambda: RuntimeConfig(precision="float32"))


def main(what: str, args: list[str]) -> int:
    options = options_of(Options, args, f"hrm analyze {what}")
    require_at_least(1, puzzles=options.puzzles, max_mib=options.max_mib, segments=options.segments)
    require_at_most(MOST_SEGMENTS, segments=options.segments)
    require_seed("--seed", options.seed)
    loaded = load_model(options.model, checkpoint=options.checkpoint)
    folder = options.out or place_for(loaded, options.model) / "inside"
    names = [*(name for name in LOOKS if name not in SLOW), "history"] if what == "all" else [what]
    if not options.overwrite:
        _refuse_existing(folder, [*names, "report"] if what == "all" else names)
    if options.beside and what not in ("states", "all"):
        raise InputError(f"--beside puts residuals side by side: say it with 'hrm analyze states', not with {what}")
    with made(folder):
        check_places(folder / f"{names[0]}.json")
        look(loaded, names, what == "all", folder, options)
    return 0


def look(loaded: LoadedModel, names: Sequence[str], is_all: bool, folder: Path, options: Options) -> None:
    """Analyses one after the other, each written and told before the next."""
    subject = subject_of(loaded, options)
    findings: list[Finding] = []
    skipped: list[str] = []
    pictures: dict[str, bytes] = {}
    for name in names:
        with console.status(name):
            try:
                found = _history(loaded, subject) if name == "history" else LOOKS[name](subject)
            except InputError as error:
                if not is_all:
                    raise
                skipped.append(str(error))
                for ending in ("json", "png", "svg"):  # of another time: they would not belong to this report
                    (folder / f"{name}.{ending}").unlink(missing_ok=True)
                continue
            files = files_of(found, subject)
        write_results({folder / file: content for file, content in files.items()})
        console.print(Text(f"{found.title}. ", style="bold").append(found.sentence, style="not bold"), soft_wrap=False)
        findings.append(found)
        pictures |= files
    for reason in skipped:
        console.print(f"not measured: {reason}", markup=False, soft_wrap=False)
    if is_all:
        write_results({folder / "report.html": page_of(findings, skipped, subject, pictures)})
    console.print(f"-> {folder / ('report.html' if is_all else f'{names[0]}.json')}", markup=False)


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """A time in which ``folder`` is there; what had to be made for it and is still empty is gone when that fails.
    Raises ``InputError`` where it cannot be made."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    with writable(folder, ELSEWHERE):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for place in missing:
            with suppress(OSError):  # something is in it
                place.rmdir()
        raise


def _refuse_existing(folder: Path, names: list[str]) -> None:
    there = [file for name in names for file in sorted(folder.glob(f"{name}.*"))]
    if there:
        raise InputError(f"{there[0]} is there already: say --overwrite to replace it, or give another --out")


def subject_of(loaded: LoadedModel, options: Options) -> Subject:
    """The model with an untrained one like it, and its puzzles. Raises ``InputError``."""
    task = loaded.task if options.data is None else loaded.task.with_test(options.data)
    runtime = resolve(options.runtime)._replace(compile=False)  # a fused level has no hooks
    segments = options.segments or loaded.max_segments
    torch.manual_seed(options.seed)
    fresh, _ = build(loaded.config, options.model)
    batch = held_out(task, options.puzzles).to(runtime.device)
    if len(batch.inputs) < 2:
        raise InputError("intervals are over puzzles: give at least 2 (--puzzles, --data)")
    model = ready(loaded.model, runtime)
    size = bytes_per_puzzle(model, batch, 1, runtime.dtype)
    return Subject(
        name=options.model,
        model=model,
        fresh=ready(fresh, runtime),
        task=task,
        batch=batch,
        runtime=runtime,
        segments=segments,
        batch_size=max(1, min(options.puzzles, options.max_mib * 2**20 // (2 * size))),
        seed=options.seed,
        beside=tuple((name, ready(_beside(name, task).model, runtime)) for name in options.beside),
    )


def _beside(name: str, task: Task) -> LoadedModel:
    """A model for puzzles of the same shape. Raises ``InputError``."""
    loaded = load_model(name)
    ours, theirs = task.spec, loaded.task.spec
    if (ours.seq_len, ours.vocab_size) != (theirs.seq_len, theirs.vocab_size):
        raise InputError(
            f"--beside {name}: it is for boards of {theirs.seq_len} cells and {theirs.vocab_size} tokens, and these "
            f"puzzles have {ours.seq_len} and {ours.vocab_size}"
        )
    return loaded


def held_out(task: Task, num: int) -> Batch:
    """The first ``num`` held-out puzzles, or all where there are fewer."""
    batches, count = [], 0
    for batch in task.eval_batches(256):
        batches.append(batch)
        count += len(batch.inputs)
        if count >= num:
            break
    if not batches:
        raise InputError("there are no held-out puzzles to look at: give some with --data")
    joined = Batch(*(torch.cat(columns)[:num] for columns in zip(*batches, strict=True)))
    if task.rules is not None:
        return joined
    known = (joined.labels != IGNORE_LABEL).any(-1)  # of the others nobody knows whether they are solved
    return Batch(*(part[known] for part in joined))


def _history(loaded: LoadedModel, subject: Subject) -> Finding:
    run = run_of(loaded)
    models: list[tuple[int, Reasoner]] = [
        (step_of(folder), ready(load_model(folder).model, subject.runtime)) for folder in list_checkpoints(run)
    ]
    return look_at_history(subject, models)

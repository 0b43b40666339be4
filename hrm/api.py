"""A trained model with its task: what ``hrm.load`` and ``hrm.train`` return."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hrm.errors import InputError, look_up, require_finite, require_from, require_whole
from hrm.inference.making import make_solver
from hrm.inference.options import HaltRule
from hrm.inference.solution import Solution
from hrm.inference.solver import Puzzles, Solver
from hrm.intervals import NOT_KNOWN
from hrm.markup import as_table
from hrm.runtime import Runtime, RuntimeConfig, resolve
from hrm.store import hub
from hrm.store.folder import LoadedModel, load_model
from hrm.store.locate import DEFAULT_MODEL
from hrm.store.quantize import Precision
from hrm.types import IGNORE_LABEL, Batch

if TYPE_CHECKING:
    from hrm.analysis.recorder import Recording
    from hrm.training.config import RunConfig
    from hrm.training.report import Report

__all__ = ["InputError", "PuzzleModel", "Solution", "Solver", "load", "train"]


@dataclass(frozen=True)
class PuzzleModel:
    """A trained model with its task, ready to be used."""

    loaded: LoadedModel

    def solver(
        self,
        *,
        halt: HaltRule | None = None,
        num_slots: int = 64,
        runtime: Runtime | None = None,
        exact: bool = False,
        **options: Any,
    ) -> Solver:
        """A ``Solver``. halt: rules when None, q where the task has none to check; max_segments: four times that of
        training when not given; exact: finish by search what the model has not solved (Sudoku). The options are the
        fields of ``HaltPolicy`` and ``AttemptsConfig``: ``solver(halt="q", max_segments=64, attempts=8)``.

        Raises ``InputError`` for values that cannot be, ``TypeError`` for names that do not exist.
        """
        return make_solver(self.loaded, halt=halt, num_slots=num_slots, runtime=runtime, exact=exact, **options)

    def solve(self, puzzles: Puzzles) -> list[Solution]:
        """Answers with the default options. A puzzle is a text, rows of cells, or all cells; or give a list or an array
        of several (``Solver.solve``). Raises ``InputError`` for anything else."""
        return self.solver().solve(puzzles)

    def _repr_html_(self) -> str:
        """The model in a notebook: what it is, for which puzzles, how it was made."""
        from hrm.models.cost import num_parameters

        config, (rows, columns) = self.loaded.config, self.loaded.task.spec.grid_shape
        counts = num_parameters(self.loaded.model)
        embedded = counts["puzzles"] + counts["tokens"]
        shown: list[tuple[str, object]] = [
            ("model", config["model"]["name"]),
            ("parameters", f"{sum(counts.values()):,}, of which {embedded:,} in embeddings"),
            ("puzzles", f"{config['task']['name']}, {rows} x {columns}"),
            ("recipe", config.get("recipe", NOT_KNOWN)),
            ("segments in training", self.loaded.max_segments),
            ("from", self.loaded.path),
        ]
        return as_table("a trained model", shown)

    def record(self, puzzles: Puzzles, *, segments: int | None = None, max_mib: float = 1024) -> Recording:
        """The states of all levels after every update, the answers that each would have given, and the values of
        stopping, as arrays (``Recording`` has their names and shapes; ``save`` writes them).

        puzzles: as ``solve`` takes them. segments: as in training when not given. Raises ``InputError`` for what is no
        puzzle, and where more than ``max_mib`` MiB would be needed.
        """
        from hrm.analysis.recorder import record
        from hrm.inference.lock import lock_of
        from hrm.inference.options import MOST_SEGMENTS
        from hrm.inference.ready import ready

        require_whole(segments=segments)
        require_from(1, MOST_SEGMENTS, segments=segments)
        require_finite(max_mib=max_mib)
        if max_mib <= 0:
            raise InputError(f"max_mib is {max_mib}: it must be above 0")
        solver = self.solver(runtime=resolve(RuntimeConfig(precision="float32")))
        examples = solver.parse(puzzles)
        if not examples:
            raise InputError("there is no puzzle to record")
        inputs = np.stack([example.inputs for example in examples])
        ids = np.array([example.puzzle_id for example in examples])
        batch = Batch.of(inputs, np.full_like(inputs, IGNORE_LABEL), ids).to(solver.runtime.device)
        model = ready(self.loaded.model, solver.runtime)
        segments = segments or self.loaded.max_segments
        with lock_of(self.loaded.model).held(None):  # solvers think with the same twin
            return record(model, batch, segments, solver.runtime.dtype, max_mib=max_mib)

    @staticmethod
    def from_pretrained(name: str | Path, **options: Any) -> PuzzleModel:
        """A model by its folder, its name in the package, or its id on the hub (``user/name``).

        options, for the hub: revision, token, cache_dir, force_download, local_files_only. Raises ``InputError``.
        """
        if hub.is_hub_id(str(name)):
            return load(hub.fetch(str(name), **options))
        return load(name)

    def save_pretrained(
        self, folder: str | Path, *, precision: Precision = "float32", licence: str | None = None
    ) -> None:
        """A model folder written: configuration, weights, card. licence: of the weights, for the card (``apache-2.0``);
        it states none unless told. Raises ``InputError`` where ``folder`` exists already, or cannot be written; then
        nothing of it stays."""
        from hrm.export.folder import save_folder

        save_folder(self.loaded, Path(folder), precision, licence)

    def push_to_hub(
        self, repo_id: str, *, precision: Precision = "float32", licence: str | None = None, **options: Any
    ) -> str:
        """The same three files on the hub as one commit, whose address is returned.

        options: private, token, branch, create_pr, commit_message ... (``ModelHubMixin.push_to_hub``). Raises
        ``InputError`` without huggingface_hub, a connection, or the right to write there.
        """
        from hrm.export.folder import write_files

        def write(folder: Path) -> None:
            write_files(self.loaded, folder, precision, name=repo_id, licence=licence)

        return hub.push(write, repo_id, **options)


def load(path: str | Path = DEFAULT_MODEL) -> PuzzleModel:
    """A model by its run folder, its model folder, its name in the package, or its id on the hub (``user/name``).

    Raises ``InputError`` when there is none, or when its files are damaged.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"{path!r:.80} names no model: give a folder, a name in the package, or user/name")
    return PuzzleModel(load_model(path))


def train(
    recipe: str | RunConfig,
    *,
    out: str | Path,
    steps: int | None = None,
    seed: int | None = None,
    init: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    max_minutes: float | None = None,
    report_to: str | Sequence[str] = (),
    on_report: Callable[[Report, float], None] = lambda report, steps_per_s: None,
) -> PuzzleModel:
    """A recipe trained in the run folder ``out``, as ``hrm train`` does, and the model that comes out.

    recipe: a name (``hrm list``), or a ``RunConfig`` of your own: ``replace(hrm.recipes.RECIPES["grid"](), task=...)``.
    steps, seed: the recipe's when not given. init: a model to take the first weights from (``load``). resume: go on
    where the run in that folder stopped; overwrite: delete it first. report_to: trackers that are told of every report
    (tensorboard, trackio, wandb). ``on_report`` is shown every report and the steps per second since the one before.

    Raises ``InputError`` for what cannot be, before anything is written; ``KeyboardInterrupt`` once the run that Ctrl-C
    stopped is saved.
    """
    from hrm.recipes import RECIPES
    from hrm.tracking import require_trackers
    from hrm.tracking.reporter import tracked
    from hrm.training.run import begun, run

    if resume and overwrite:
        raise InputError("resume goes on with a run, overwrite deletes it: give one of them")
    trackers = (report_to,) if isinstance(report_to, str) else tuple(report_to)
    _check(recipe, out, trackers, steps=steps, seed=seed, max_minutes=max_minutes, on_report=on_report)
    config = look_up(RECIPES, recipe, "recipe")() if isinstance(recipe, str) else recipe
    if seed is not None:
        config = replace(config, seed=seed)
    if init is not None:
        config = replace(config, init=str(init))
    if steps is not None:
        config = replace(config, training=replace(config.training, steps=steps))
    require_trackers(trackers)
    path = Path(out)
    with (
        begun(path, config, resume=resume, overwrite=overwrite) as (folder, prepared),
        tracked(trackers, folder, prepared) as track,
    ):

        def tell(report: Report, steps_per_s: float) -> None:
            on_report(report, steps_per_s)
            track(report, steps_per_s)

        outcome = run(folder, prepared, max_minutes=max_minutes, on_report=tell)
    if outcome.signal is not None:
        signal.raise_signal(outcome.signal)  # as if nobody had waited for the checkpoint
    return load(path)


def _check(
    recipe: object,
    out: object,
    trackers: Sequence[object],
    *,
    steps: object,
    seed: object,
    max_minutes: Any,
    on_report: object,
) -> None:
    """``InputError`` for an argument of ``train`` of another kind than it takes."""
    from hrm.training.config import RunConfig

    if not isinstance(recipe, str | RunConfig):
        raise InputError(f"recipe is {recipe!r:.80}: give the name of one, or a RunConfig")
    if not isinstance(out, str | os.PathLike):
        raise InputError(f"out is {out!r:.80}: give the folder of the run")
    if not all(isinstance(name, str) for name in trackers):
        raise InputError(f"report_to is {trackers!r:.80}: give the names of trackers")
    if not callable(on_report):
        raise InputError(f"on_report is {on_report!r:.80}: give a function of a report and a rate")
    require_whole(steps=steps, seed=seed)
    require_finite(max_minutes=max_minutes)
    if max_minutes is not None and max_minutes <= 0:
        raise InputError(f"max_minutes is {max_minutes}: it must be above 0")

"""A run on disk, and everything needed to go on with it.

::

    runs/NAME/
        config.json             the whole run: enough to build the model again and to repeat the run
        metrics.jsonl           a line per report, of very many every second, fourth ... (journal.py)
        checkpoints/step_N/     a model folder (config.json, model.safetensors) and state.safetensors beside it,
                                and the table of puzzle embeddings in files of its own where it is sharded
        checkpoints/best_N/     where the run validates: the best model folder so far, and validation.json beside it
        results.json            written by ``hrm eval``
        .lock                   held by the process that trains
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from hrm.errors import InputError, notify
from hrm.files import reason, writable, write_whole
from hrm.store.locate import (
    CHECKPOINTS,
    CONFIG,
    VALIDATION,
    WEIGHTS,
    list_checkpoints,
    read_config,
    step_of,
)
from hrm.training.best import is_best, look_at_bests, sweep_bests, validation_json
from hrm.training.checkpoint import (
    PASSING,
    STATE,
    drop,
    saved_steps,
    write_checkpoint,
)
from hrm.training.config import RunConfig, config_json, differences
from hrm.training.journal import Journal
from hrm.training.lock import locked
from hrm.training.loop import TrainState
from hrm.training.metrics import read_metrics
from hrm.training.place import clear, refuse_existing
from hrm.training.report import Report
from hrm.training.restoring import restore_latest
from hrm.training.shards import write_shards
from hrm.training.state import state_tensors
from hrm.training.validation import Validation

FREE = ("save_minutes", "keep_checkpoints")
"""Settings of training with others of which a run may go on: they change nothing of what comes out. But to keep fewer
checkpoints would delete some that are there, and is refused."""


class RunFolder:
    """The folder of one run. What is written appears whole or not at all."""

    def __init__(self, path: Path, config: RunConfig) -> None:
        self.path = path
        self.config = config
        self._is_held = False
        self._journal = Journal(path, config.training)
        self._unread: list[Path] = []  # checkpoints that the disk did not give: perhaps they are sound

    @staticmethod
    def create(path: Path, config: RunConfig, overwrite: bool = False) -> RunFolder:
        """A new run. Raises ``InputError`` when ``path`` holds something already, unless told to overwrite a run."""
        refuse_existing(path, overwrite)
        try:
            if path.exists():
                clear(path)
            (path.resolve() / CHECKPOINTS).mkdir(parents=True)  # a link that led to the old one leads to this one
            write_whole(path / CONFIG, config_json(config))
        except OSError as error:
            raise InputError(f"cannot make the run folder {path}: {reason(error, path)}") from error
        return RunFolder(path, config)

    @staticmethod
    def open(path: Path, config: RunConfig | None = None) -> RunFolder:
        """An existing run, with its own settings; ``config``: those it must have been made with.

        They may ask for more steps, another machine, and what is in ``FREE``. Raises ``InputError`` for any other,
        naming them."""
        saved = RunConfig.from_dict(read_config(path), str(path / CONFIG))
        if config is None:
            return RunFolder(path, saved)
        wanted = replace(config, runtime=saved.runtime)
        if wanted.training.steps > saved.training.steps:
            saved = replace(saved, training=replace(saved.training, steps=wanted.training.steps))
        kept, before = wanted.training.keep_checkpoints, saved.training.keep_checkpoints
        keeps_all = kept == 0 or 0 < before <= kept
        free = {name: getattr(wanted.training, name) for name in (FREE if keeps_all else FREE[:1])}
        saved = replace(saved, training=replace(saved.training, **free))
        if different := list(differences(saved.to_dict(), wanted.to_dict())):
            raise InputError(
                f"{path} was made with other settings ({'; '.join(different)}): "
                "resume it with its own, or start a new run with --out"
            )
        return RunFolder(path, saved)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """A time in which this process alone writes the run. Raises ``InputError`` where another one does."""
        if self._is_held:
            yield
            return
        with locked(self.path):
            self._is_held = True
            try:
                yield
            finally:
                self._is_held = False

    def save(self, state: TrainState, *, is_passing: bool = False) -> None:
        """A checkpoint, ``checkpoints/step_N``, to which every rank gives and which the first writes; all but the last
        ``keep_checkpoints`` are dropped, and of passing ones all but the last where all others stay. It is renamed when
        it is safely on the disk: whatever happens, what ``step_N`` names is complete. Raises ``InputError`` when the
        disk refuses; the checkpoints before stay as they are.
        """
        tensors = state_tensors(state)  # from every rank
        begun = write_shards(self._place(name := f"step_{state.step:08d}"), state)
        state.world.first(lambda: self._save(name, state, tensors, begun, is_passing))

    def _save(
        self, name: str, state: TrainState, tensors: dict[str, Tensor], begun: dict[str, str], is_passing: bool
    ) -> None:
        # The mark is in the folder: who goes on after a kill must know it, too.
        self._write(name, state, begun, {PASSING: b""} if is_passing else {}, {STATE: tensors})
        newer = [folder for folder in saved_steps(self.path) if step_of(folder) > state.step]
        spoilt = [folder for folder in newer if folder not in self._unread]  # restoring passed them over
        kept = self.config.training.keep_checkpoints
        complete = [folder for folder in list_checkpoints(self.path) if folder not in newer]
        passed = [folder for folder in complete[:-1] if (folder / PASSING).exists()]
        for old in [*spoilt, *(complete[:-kept] if kept else passed)]:
            with writable(old):
                drop(old)

    def keep_if_best(self, state: TrainState, validation: Validation) -> bool:
        """A checkpoint, ``checkpoints/best_N``, when there is none as good yet; then the one before is dropped. Every
        rank calls it, as ``save``.

        What is the best so far is read from the folder, so that stopping and going on changes nothing. Raises as
        ``save`` does.
        """
        name = f"best_{state.step:08d}"
        if not state.world.all(state.world.first(lambda: is_best(self.path, validation)))[0]:
            return False
        begun = write_shards(self._place(name), state)
        state.world.first(lambda: self._keep(name, state, validation, begun))
        return True

    def _keep(self, name: str, state: TrainState, validation: Validation, begun: dict[str, str]) -> None:
        self._write(name, state, begun, {VALIDATION: validation_json(state.step, validation)})
        sweep_bests(self.path)

    def _place(self, name: str) -> Path:
        return self.path / CHECKPOINTS / name

    def _write(
        self,
        name: str,
        state: TrainState,
        begun: Mapping[str, str],
        texts: Mapping[str, bytes] | None = None,
        tensors: Mapping[str, Mapping[str, Tensor]] | None = None,
    ) -> None:
        """A model folder with more files in it, among the checkpoints; begun: those of shards."""
        weights = state.model.state_dict() if state.ema is None else state.ema.evaluated(state.model)
        try:
            write_checkpoint(
                self._place(name),
                {CONFIG: config_json(self.config), **(texts or {})},
                {WEIGHTS: weights, **(tensors or {})},
                begun,
            )
        except OSError as error:
            kept = list_checkpoints(self.path)
            raise InputError(
                f"cannot save step {state.step} in {self.path / CHECKPOINTS}: {error.strerror}. "
                + (f"The last good checkpoint is {kept[-1].name}; " if kept else "There is no checkpoint yet; ")
                + "make room and go on with --resume"
            ) from error

    def restore(self, state: TrainState) -> bool:
        """True once ``state`` is where the latest sound checkpoint left it; False when there is none yet.

        Lines of ``metrics.jsonl`` after that step are dropped: those steps will be done again. Where the run is to be
        longer than it was, ``config.json`` is written anew. Every rank calls it. Raises ``InputError`` when no
        checkpoint is sound (restoring.py).
        """
        world = state.world
        saved = [self._place(name) for name in world.all([folder.name for folder in saved_steps(self.path)])[0]]
        self._unread = restore_latest(state, saved)
        if world.is_first:
            if not saved and read_metrics(self.path):
                notify(f"{self.path} has no checkpoint yet: its steps are done again from the first")
            look_at_bests(self.path, is_sharded=self.config.training.shard_puzzle_table)
            self._take_over_settings(state.step)
            self._journal.rewind(state.step)
        return bool(saved)

    def _take_over_settings(self, step: int) -> None:
        before = RunConfig.from_dict(read_config(self.path), str(self.path / CONFIG)).training
        after = self.config.training
        if after.steps != before.steps and (changes := list(after.changes_at(step, before))):
            notify(
                f"{after.steps:,} steps in place of {before.steps:,} stretch the schedule, from step {step:,} on: "
                + ", ".join(changes)
            )
        if after != before:
            write_whole(self.path / CONFIG, config_json(self.config))

    def log(self, report: Report, **more: Any) -> None:
        """One more line of ``metrics.jsonl``, which is thinned as it grows (journal.py). Raises ``InputError`` when the
        disk refuses."""
        given = {key: value for key, value in asdict(report).items() if value is not None}
        values = {key: value if value == value else None for key, value in given.items()}  # NaN -> null
        self._journal.append({**values, **more})

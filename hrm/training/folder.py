"""A run on disk, and everything needed to go on with it.

::

    runs/NAME/
        config.json             the whole run: enough to build the model again and to repeat the run
        metrics.jsonl           a line per report
        checkpoints/step_N/     a model folder (config.json, model.safetensors) and state.safetensors beside it,
                                and the table of puzzle embeddings in files of its own where it is sharded
        checkpoints/best_N/     where the run validates: the best model folder so far, and validation.json beside it
        results.json            written by ``hrm eval``
        .lock                   held by the process that trains
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from hrm.config import from_dict
from hrm.errors import InputError, notify
from hrm.files import reason, sync_folder, writable, write_synced, write_whole
from hrm.store.folder import read_tensors, serialized
from hrm.store.locate import (
    CHECKPOINT,
    CHECKPOINTS,
    CONFIG,
    VALIDATION,
    WEIGHTS,
    best_checkpoint,
    list_checkpoints,
    read_config,
    read_validation,
    step_of,
)
from hrm.training.config import RunConfig, config_json, differences
from hrm.training.lock import locked
from hrm.training.loop import TrainState
from hrm.training.metrics import METRICS, read_metrics
from hrm.training.place import clear, refuse_existing
from hrm.training.report import Report
from hrm.training.shards import read_shards, write_shards
from hrm.training.state import restore_state, state_tensors
from hrm.training.validation import Validation

STATE = "state.safetensors"


class RunFolder:
    """The folder of one run. What is written appears whole or not at all."""

    def __init__(self, path: Path, config: RunConfig) -> None:
        self.path = path
        self.config = config
        self._is_held = False

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

        They may ask for more steps, and for another machine. Raises ``InputError`` for any other, naming them."""
        saved = RunConfig.from_dict(read_config(path), str(path / CONFIG))
        if config is None:
            return RunFolder(path, saved)
        wanted = replace(config, runtime=saved.runtime)
        if wanted.training.steps > saved.training.steps:
            saved = replace(saved, training=replace(saved.training, steps=wanted.training.steps))
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

    def save(self, state: TrainState) -> None:
        """A checkpoint, ``checkpoints/step_N``, to which every rank gives and which the first writes; all but the last
        ``keep_checkpoints`` are dropped. It is renamed when it is safely on the disk: whatever happens, what ``step_N``
        names is complete. Raises ``InputError`` when the disk refuses; the checkpoints before stay as they are.
        """
        tensors = state_tensors(state)  # from every rank
        name = f"step_{state.step:08d}"
        is_begun = write_shards(self._unfinished(name), state)
        state.world.first(lambda: self._save(name, state, tensors, is_begun))

    def _save(self, name: str, state: TrainState, tensors: dict[str, torch.Tensor], is_begun: bool) -> None:
        self._write(name, state, STATE, serialized(tensors), is_begun)
        if kept := self.config.training.keep_checkpoints:
            for old in list_checkpoints(self.path)[:-kept]:
                _drop(old)

    def keep_if_best(self, state: TrainState, validation: Validation) -> bool:
        """A checkpoint, ``checkpoints/best_N``, when there is none as good yet; then the one before is dropped. Every
        rank calls it, as ``save``.

        What is the best so far is read from the folder, so that stopping and going on changes nothing. Raises as
        ``save`` does.
        """
        name = f"best_{state.step:08d}"
        if not state.world.all(state.world.first(lambda: self._is_best(validation)))[0]:
            return False
        is_begun = write_shards(self._unfinished(name), state)
        state.world.first(lambda: self._keep(name, state, validation, is_begun))
        return True

    def _is_best(self, validation: Validation) -> bool:
        best = best_checkpoint(self.path)
        return best is None or validation.is_better_than(_validation_of(best))

    def _keep(self, name: str, state: TrainState, validation: Validation, is_begun: bool) -> None:
        content = json.dumps({"step": state.step, **asdict(validation)}, indent=2).encode()
        kept = self._write(name, state, VALIDATION, content, is_begun)
        for old in (self.path / CHECKPOINTS).glob("best_*"):
            if old != kept:
                _drop(old)

    def _unfinished(self, name: str) -> Path:
        return self.path / CHECKPOINTS / f"tmp_{name}"

    def _write(self, name: str, state: TrainState, extra: str, content: bytes, is_begun: bool) -> Path:
        """A model folder with one more file in it, among the checkpoints. is_begun: there are shards in it already."""
        final, unfinished = self.path / CHECKPOINTS / name, self._unfinished(name)
        weights = state.model.state_dict() if state.ema is None else state.ema.evaluated(state.model)
        try:
            for leftover in () if is_begun else (self.path / CHECKPOINTS).glob("tmp_*"):
                shutil.rmtree(leftover)
            unfinished.mkdir(parents=True, exist_ok=is_begun)
            write_synced(unfinished / CONFIG, config_json(self.config))
            write_synced(unfinished / WEIGHTS, serialized(weights))
            write_synced(unfinished / extra, content)
            if final.exists():
                _drop(final)
            os.replace(unfinished, final)
            sync_folder(final.parent)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            kept = list_checkpoints(self.path)
            raise InputError(
                f"cannot save step {state.step} in {final.parent}: {error.strerror}. "
                + (f"The last good checkpoint is {kept[-1].name}; " if kept else "There is no checkpoint yet; ")
                + "make room and go on with --resume"
            ) from error
        return final

    def restore(self, state: TrainState) -> bool:
        """True once ``state`` is where the latest sound checkpoint left it; False when there is none yet.

        A damaged or incomplete one is passed over, and that is told. Lines of ``metrics.jsonl`` after that step are
        dropped: those steps will be done again. Where the run is to be longer than it was, ``config.json`` is written
        anew. Raises ``InputError`` when no checkpoint is sound.
        """
        there = [p for p in (self.path / CHECKPOINTS).glob("step_*") if CHECKPOINT.fullmatch(p.name)]
        saved = sorted(there, key=step_of)
        damaged: list[InputError] = []
        for folder in reversed(saved):
            try:
                if lacking := [name for name in (CONFIG, WEIGHTS, STATE) if not (folder / name).is_file()]:
                    raise InputError(f"{folder} lacks {' and '.join(lacking)}")
                read_shards(folder, state)
                restore_state(state, read_tensors(folder / STATE), folder / STATE)
            except InputError as error:
                damaged.append(error)
                continue
            if damaged:
                notify(f"{damaged[0]}: passed over. The run goes on from the checkpoint before, {folder.name}")
            break
        else:
            if damaged:
                raise InputError(f"{damaged[0]}; no checkpoint is left to go on from: --overwrite starts anew")
            if read_metrics(self.path):
                notify(f"{self.path} has no checkpoint yet: its steps are done again from the first")
        if state.world.is_first:
            self._lengthen(state.step)
            lines = [line for line in read_metrics(self.path) if line["step"] <= state.step]
            write_whole(self.path / METRICS, "".join(json.dumps(line) + "\n" for line in lines).encode())
        return bool(saved)

    def _lengthen(self, step: int) -> None:
        before = RunConfig.from_dict(read_config(self.path), str(self.path / CONFIG)).training
        after = self.config.training
        if after.steps != before.steps:
            if changes := list(after.changes_at(step, before)):
                notify(
                    f"{after.steps:,} steps in place of {before.steps:,} stretch the schedule, from step {step:,} on: "
                    + ", ".join(changes)
                )
            write_whole(self.path / CONFIG, config_json(self.config))

    def log(self, report: Report, **more: Any) -> None:
        """One more line of ``metrics.jsonl``. Raises ``InputError`` when the disk refuses."""
        given = {key: value for key, value in asdict(report).items() if value is not None}
        values = {key: value if value == value else None for key, value in given.items()}  # NaN -> null
        with writable(self.path / METRICS), open(self.path / METRICS, "a") as file:
            file.write(json.dumps({**values, **more}) + "\n")


def _drop(checkpoint: Path) -> None:
    """A checkpoint out of the way by one renaming, then deleted: a kill leaves none of it under its name, and what it
    leaves the next one sweeps away."""
    aside = checkpoint.with_name(f"tmp_old_{checkpoint.name}")
    os.replace(checkpoint, aside)
    shutil.rmtree(aside, ignore_errors=True)


def _validation_of(best: Path) -> Validation:
    values = read_validation(best)
    return from_dict(Validation, {k: v for k, v in values.items() if k != "step"}, str(best / VALIDATION))

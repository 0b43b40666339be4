"""Run folders at a glance: what they train, how far they are, whether anybody is at it. Nothing of a model is read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from hrm.errors import InputError
from hrm.files import read_json
from hrm.store.locate import CHECKPOINT, CHECKPOINTS, CONFIG, list_checkpoints
from hrm.training.lock import is_held
from hrm.training.metrics import METRICS, number, read_metrics
from hrm.training.place import is_run

State = Literal["running", "finished", "stopped", "not begun"]
DEEPEST = 3
"""Folders below the one that is named in which runs are looked for: runs/, a study in it, its runs."""


class Overview(NamedTuple):
    """One run folder."""

    path: Path
    recipe: str
    model: str
    seed: int
    step: int
    steps: int
    state: State
    last: dict[str, Any]
    """The last report, ``metrics.jsonl``'s line; empty where there is none."""

    @property
    def validated(self) -> float | None:
        """Share of the validation puzzles that were solved when they were last looked at."""
        found = self.last.get("validation")
        return number(found.get("solved")) if isinstance(found, dict) else None


def runs_below(folder: Path) -> Iterator[Path]:
    """The run folders in a folder, itself among them, by name; what is in a run is not looked through."""
    yield from _runs_below(folder, DEEPEST)


def _runs_below(folder: Path, depth: int) -> Iterator[Path]:
    if folder.parent.name == CHECKPOINTS and CHECKPOINT.fullmatch(folder.name):
        return  # it has the configuration of its run
    if is_run(folder) or _was_run(folder):
        yield folder
    elif depth and folder.is_dir():
        with contextlib.suppress(PermissionError):  # what may not be read is nobody's run here
            for inner in sorted(folder.iterdir()):
                if inner.is_dir() and not inner.is_symlink():
                    yield from _runs_below(inner, depth - 1)


def _was_run(folder: Path) -> bool:
    """True for a folder that has what a run writes, whatever its configuration says, and where there is none."""
    with contextlib.suppress(PermissionError):
        has_checkpoints = (folder / CHECKPOINTS).is_dir()
        if (folder / CONFIG).exists():
            return has_checkpoints or (folder / METRICS).exists()
        return (folder / METRICS).is_file() or (has_checkpoints and list_checkpoints(folder) != [])
    return False


def require_config(run: Path) -> None:
    """``InputError`` for the folder of a run that has lost its configuration."""
    if (run / CONFIG).exists():
        return
    copies = [f"{place / CONFIG} is a copy" for place in list_checkpoints(run) if (place / CONFIG).exists()][-1:]
    raise InputError(f"{run} is a run without its {CONFIG}: put it back{''.join(f' ({copy})' for copy in copies)}")


def overview(run: Path) -> Overview:
    """The state of a run. Raises ``InputError`` where its configuration cannot be read."""
    require_config(run)
    config, lines = read_json(run / CONFIG), read_metrics(run)
    training = config.get("training")
    if not isinstance(training, dict) or type(training.get("steps")) is not int:
        raise InputError(f"{run / CONFIG} is not that of a run: it has no training.steps")
    step, steps = lines[-1]["step"] if lines else 0, training["steps"]
    validated = [line for line in lines if "validation" in line][-1:]
    last = {**(lines[-1] if lines else {}), **({"validation": validated[0]["validation"]} if validated else {})}
    state: State = "finished" if step >= steps else "stopped" if lines else "not begun"
    if is_held(run):
        state = "running"
    model = config.get("model")
    name = str(model.get("name", "?")) if isinstance(model, dict) else "?"
    return Overview(run, str(config.get("recipe")), name, config.get("seed", 0), step, steps, state, last)

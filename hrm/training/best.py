"""The best checkpoint of a run that validates, ``checkpoints/best_N``: which one it is stands in the folder alone."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from hrm.config import from_dict
from hrm.errors import InputError, notify
from hrm.files import writable
from hrm.store.locate import CHECKPOINTS, VALIDATION, best_checkpoint, read_validation
from hrm.training.checkpoint import drop, is_refused, require_sound_best
from hrm.training.validation import Validation


def is_best(run: Path, validation: Validation) -> bool:
    """True where the run at ``run`` has kept none as good as ``validation`` yet."""
    best = best_checkpoint(run)
    return best is None or validation.is_better_than(_validation_of(best))


def validation_json(step: int, validation: Validation) -> bytes:
    """The content of ``validation.json``: what the checkpoint of ``step`` solved."""
    return json.dumps({"step": step, **asdict(validation)}, indent=2).encode()


def sweep_bests(run: Path) -> None:
    """Drop all but the best: a kill may come between the new one's writing and the old one's end."""
    best = best_checkpoint(run)
    for old in (run / CHECKPOINTS).glob("best_*"):
        if old != best:
            drop(old)


def look_at_bests(run: Path, *, is_sharded: bool) -> None:
    """Drop a best checkpoint that is damaged, and say so: the next measurement chooses anew. One that the disk does not
    give is kept, unread."""
    for folder in (run / CHECKPOINTS).glob("best_*"):
        try:
            require_sound_best(folder, is_sharded=is_sharded)
        except InputError as error:
            if is_refused(error):
                notify(f"{error}: {folder.name} is kept, unread. Look at the disk")
                continue
            with writable(folder):
                drop(folder)
            notify(f"{error}: dropped. The next measurement on validation puzzles begins to choose anew")
    sweep_bests(run)


def _validation_of(best: Path) -> Validation:
    values = read_validation(best)
    return from_dict(Validation, {k: v for k, v in values.items() if k != "step"}, str(best / VALIDATION))

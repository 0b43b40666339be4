"""The place of a new run: an empty one, or, when a person says so, that of an old run, and of nothing else."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from hrm.errors import InputError
from hrm.files import read_json, read_text, write_whole
from hrm.store.locate import CHECKPOINT, CHECKPOINTS, CONFIG, FORMAT
from hrm.training.hanging import STACKS
from hrm.training.lock import LOCK, locked
from hrm.training.metrics import METRICS
from hrm.world import launch

LAUNCH = ".launch"
"""In the folder of a run that torchrun began: which start of it."""

OURS = re.compile(
    r"config\.json|metrics\.jsonl|measured\.json|gradients\.json|checkpoints"
    r"|(results|compared)(-.*)?(\.json)?"  # hrm eval: files, and folders beside them
    r"|inside"  # hrm analyze
    r"|tracking\.json|tensorboard|wandb"  # hrm train --report-to
    r"|\..*"  # the lock, what was not finished, what a file manager leaves
)
"""Names of what a run folder may hold: what the program itself writes there."""


def refuse_existing(path: Path, overwrite: bool = False) -> None:
    """``InputError`` when ``path`` holds something that a new run must not take the place of.

    overwrite: a run may be deleted, which is a folder with a run's configuration and nothing in it that the program
    does not write. An exported model has one, too, and so has half the world's software.
    """
    if not path.exists() or _is_unbegun(path):
        return
    if not path.is_dir():
        raise InputError(f"{path} is a file, not a folder: choose another with --out")
    if not overwrite and not is_run(path):
        raise InputError(f"{path} exists already and is not a run folder: choose another with --out")
    if not overwrite:
        raise InputError(
            f"{path} exists already: go on with --resume, start anew with --overwrite, "
            "or choose another folder with --out"
        )
    other = "it is not overwritten. Choose another with --out"
    if not is_run(path):
        raise InputError(f"{path} is not a run folder: {other}")
    if strangers := sorted(strangers_in(path)):
        more = f" and {len(strangers) - 3} more" if len(strangers) > 3 else ""
        raise InputError(
            f"{path} holds what no run writes ({', '.join(strangers[:3])}{more}): {other}, or move that away"
        )
    if Path.cwd().is_relative_to(path.resolve()):
        raise InputError(f"{path} is where you are: {other}, or leave it first")


def _is_unbegun(path: Path) -> bool:
    """True for an empty folder, and for what a run leaves that was killed before it had a configuration."""
    return path.is_dir() and all(
        (entry.name == CHECKPOINTS and entry.is_dir() and not any(entry.iterdir()))
        or re.fullmatch(rf"\.{re.escape(CONFIG)}\..*\.tmp", entry.name)
        for entry in path.iterdir()
    )


def sign(path: Path) -> None:
    """Leave the word of this launch of torchrun, where there is one, in the new run: what it starts again may go on."""
    if (word := launch()) is not None:
        write_whole(path / LAUNCH, word.encode())


def is_of_this_launch(path: Path) -> bool:
    """True for a run that this very launch of torchrun has begun."""
    word = launch()
    with contextlib.suppress(OSError, InputError):
        return word is not None and read_text(path / LAUNCH) == word
    return False


def is_run(path: Path) -> bool:
    """True for a folder with the configuration of a run."""
    try:
        config = read_json(path / CONFIG)
    except InputError:
        return False
    parts = {"recipe": str, "task": dict, "model": dict, "training": dict}
    return config.get("format") == FORMAT and all(isinstance(config.get(key), kind) for key, kind in parts.items())


def strangers_in(path: Path) -> list[str]:
    """Entries of a run folder that are not of a run."""
    found = [entry.name for entry in path.iterdir() if not OURS.fullmatch(entry.name)]
    checkpoints = path / CHECKPOINTS
    inside = checkpoints.iterdir() if checkpoints.is_dir() else ()
    known = (entry for entry in inside if not CHECKPOINT.fullmatch(entry.name) and not entry.name.startswith("tmp_"))
    return found + [f"{CHECKPOINTS}/{entry.name}" for entry in known]


def clear(path: Path) -> None:
    """The run in ``path`` deleted: moved aside whole, then deleted, so that never half a run is in its place.

    Raises ``InputError`` where another process trains in it, ``OSError`` where the disk refuses."""
    whole = path.resolve()  # of a link, what it leads to
    if not any(whole.iterdir()):
        whole.rmdir()
        return
    with locked(whole):
        aside = whole.with_name(f".{whole.name}.old-{os.getpid()}")
        whole.rename(aside)
    shutil.rmtree(aside)


def withdraw(path: Path) -> None:
    """A run that has not come to its first report, out of the way: the command can be given again."""
    entries = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    entries = {name for name in entries if name != STACKS and not name.startswith(f"{STACKS}-")}  # of every rank
    has_begun = any((path / CHECKPOINTS).glob("*")) or (
        (path / METRICS).exists() and (path / METRICS).stat().st_size > 0
    )
    if entries <= {CONFIG, CHECKPOINTS, METRICS, LOCK, LAUNCH} and not has_begun:
        shutil.rmtree(path, ignore_errors=True)

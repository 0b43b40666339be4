"""One checkpoint of a run: a model folder, and beside it what a run goes on from, or why it is the best.

::

    config.json         the run
    model.safetensors   what is evaluated
    state.safetensors   ``step_N``: what is gone on from
    validation.json     ``best_N``: what it solved
    passing             empty, where the clock alone asked for it: not one of those that are kept for all time
    puzzles*            where the table of puzzle embeddings is sharded: its rows, from every rank (shards.py)
    SHA256SUMS          of the files above
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from torch import Tensor

from hrm.errors import InputError
from hrm.files import readable, sync, write_synced
from hrm.store.checksums import require_undamaged, write_sums
from hrm.store.folder import read_tensors, write_tensors
from hrm.store.locate import CHECKPOINT, CHECKPOINTS, CONFIG, VALIDATION, WEIGHTS, read_validation, step_of
from hrm.store.shards import INDEX, shards_in

STATE = "state.safetensors"
PASSING = "passing"


def unfinished_of(folder: Path) -> Path:
    """The folder that a checkpoint is written into, until it is whole and gets its name."""
    return folder.with_name(f"tmp_{folder.name}")


def begin_checkpoint(folder: Path) -> None:
    """Make that folder, empty. What others left unfinished is swept away. Raises ``OSError``."""
    for leftover in folder.parent.glob("tmp_*"):
        shutil.rmtree(leftover)
    unfinished_of(folder).mkdir(parents=True)


def write_checkpoint(
    folder: Path,
    texts: Mapping[str, bytes],
    tensors: Mapping[str, Mapping[str, Tensor]],
    begun: Mapping[str, str] | None = None,
) -> None:
    """A checkpoint that appears whole or not at all, and in place of one of that name. texts, tensors: file name ->
    what it holds. begun: file name -> SHA-256 of what the ranks have written and synced into it already, where it was
    begun. Raises ``OSError``, and leaves nothing then.
    """
    unfinished = unfinished_of(folder)
    try:
        if not begun:
            begin_checkpoint(folder)
        for name, content in texts.items():
            write_synced(unfinished / name, content)
        for name, those in tensors.items():
            write_tensors(unfinished / name, those)
        write_sums(unfinished, [*texts, *tensors], begun)
        sync(unfinished)
        if folder.exists():
            drop(folder)
        os.replace(unfinished, folder)
        sync(folder.parent)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def drop(checkpoint: Path) -> None:
    """A checkpoint out of the way by one renaming, then deleted: a kill leaves none of it under its name, and what it
    leaves the next one sweeps away."""
    aside = checkpoint.with_name(f"tmp_old_{checkpoint.name}")
    os.replace(checkpoint, aside)
    shutil.rmtree(aside, ignore_errors=True)


def saved_steps(run: Path) -> list[Path]:
    """Checkpoints that a run may go on from, oldest first: by their names, whatever is left of them."""
    there = [folder for folder in (run / CHECKPOINTS).glob("step_*") if CHECKPOINT.fullmatch(folder.name)]
    return sorted(there, key=step_of)


def read_state(checkpoint: Path) -> dict[str, Tensor]:
    """The training state in a checkpoint. Raises ``InputError`` where a file of it is missing or not as written."""
    _require_there(checkpoint, (CONFIG, WEIGHTS, STATE))
    tensors = read_tensors(checkpoint / STATE)
    require_undamaged(checkpoint, STATE, WEIGHTS, CONFIG)
    return tensors


def require_sound_best(checkpoint: Path, *, is_sharded: bool = False) -> None:
    """``InputError`` for the best checkpoint of a run where a file of it is missing or not as written; is_sharded: one
    whose table of puzzle embeddings is."""
    shards = shards_in(checkpoint) if is_sharded else None
    needed = [WEIGHTS, VALIDATION, CONFIG, *((INDEX,) if is_sharded else ()), *(shards.names[1:] if shards else ())]
    _require_there(checkpoint, needed)
    read_validation(checkpoint)
    require_undamaged(checkpoint, *needed)


def _require_there(checkpoint: Path, names: Iterable[str]) -> None:
    with readable(checkpoint):
        if lacking := [name for name in names if not _is_there(checkpoint / name)]:
            raise InputError(f"{checkpoint} lacks {' and '.join(lacking)}")


def _is_there(file: Path) -> bool:
    """As ``Path.is_file``, which in some versions of Python takes a disk that does not answer for a missing file."""
    try:
        return stat.S_ISREG(os.stat(file).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def is_refused(error: InputError) -> bool:
    """True where a disk did not give what it has (an input/output error, a stale handle, no permission): the file may
    be sound, and read another time. False for what is missing or not as written."""
    why = error.__cause__
    return isinstance(why, OSError) and not isinstance(why, FileNotFoundError | NotADirectoryError)

"""The latest sound checkpoint of a run as its training state: damaged ones are passed over, and that is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hrm.errors import InputError, notify
from hrm.training.checkpoint import STATE, is_refused, read_state
from hrm.training.loop import TrainState
from hrm.training.shards import read_shards
from hrm.training.state import restore_state


def restore_latest(state: TrainState, saved: Sequence[Path]) -> list[Path]:
    """The checkpoints that a disk did not give, and that may be sound; ``state`` is now where the latest sound one of
    ``saved``, oldest first, left it.

    One that lacks a file, or is not to the bit what was written, is passed over. Every rank calls it: what one of them
    cannot read, all pass over. Raises ``InputError`` when there are some and none is sound.
    """
    damaged: list[str] = []
    unread: list[Path] = []
    for folder in reversed(saved):
        if (found := _fill(state, folder)) is None:
            if damaged and state.world.is_first:
                notify(f"{damaged[0]}: passed over. The run goes on from the checkpoint before, {folder.name}")
            return unread
        why, refused = found
        damaged.append(why)
        unread += [folder] if refused else []
    if unread:
        raise InputError(f"{damaged[0]}; no checkpoint can be read: look at the disk, then --resume again")
    if damaged:
        raise InputError(f"{damaged[0]}; no checkpoint is left to go on from: --overwrite starts anew")
    return unread


def _fill(state: TrainState, checkpoint: Path) -> tuple[str, bool] | None:
    """None where ``state`` is now as it was saved on every rank; else why it is not, of the first that says so, and
    whether all that is wrong is that a disk refused to read."""
    why: tuple[str, bool] | None = None
    try:
        tensors = read_state(checkpoint)
        read_shards(checkpoint, state)
        restore_state(state, tensors, checkpoint / STATE)
    except InputError as error:
        why = str(error), is_refused(error)
    found = [one for one in state.world.all(why) if one is not None]
    return (found[0][0], all(refused for _, refused in found)) if found else None

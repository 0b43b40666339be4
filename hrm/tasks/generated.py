"""Puzzles from a generator, kept on disk: what takes seconds to make is made once on a machine.

They lie in the cache folder of the user (``HRM_CACHE``, ``XDG_CACHE_HOME``, or ``~/.cache``), in a file named by a
digest of everything that they depend on: what was asked for, and the code of ``hrm.puzzles``. A generator is a pure
function of these, so whether a file is there shows in the time alone. Nothing is lost when it is deleted.
"""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import hrm.puzzles
from hrm.errors import InputError, notify
from hrm.files import write_whole

CACHE = "HRM_CACHE"
"""The folder to keep puzzles in; empty: they are not kept."""

MANY_CELLS = 100_000
"""Cells of all puzzles that are generated in a second or two: 1,000 Sudokus of 9 x 9, 100 mazes of 30 x 30. More are
told of before they are made."""

LONG = 0.5
"""Seconds of work that are worth a file. Chosen by hand."""

MOST_BYTES = 2**26
"""Bytes of puzzles that are kept: 64 MiB are 400,000 Sudokus of 9 x 9."""

Arrays = tuple[NDArray[Any], ...]


def generated(make: Callable[[], Arrays], num: int, size: int, asked: Mapping[str, Any]) -> Arrays:
    """``make()``, or what it gave before on this machine.

    ``num`` puzzles of ``size`` rows; ``asked``: everything else that ``make`` depends on. Arrays of few values, such as
    digits, take little room.
    """
    place = _place({"num": num, "size": size, **asked})
    if place is not None and (kept := _read(place)) is not None:
        return kept
    if num * size**2 > MANY_CELLS:
        notify(f"generating {num:,} puzzles of {size} x {size} ...")
    start = time.perf_counter()
    arrays = make()
    is_worth_it = time.perf_counter() - start > LONG and sum(array.nbytes for array in arrays) <= MOST_BYTES
    if place is not None and is_worth_it:
        with suppress(InputError, OSError):  # no room, no right to write: they are made anew the next time
            place.parent.mkdir(parents=True, exist_ok=True)
            content = io.BytesIO()
            np.savez_compressed(content, *arrays)
            write_whole(place, content.getvalue())
    return arrays


def _place(asked: Mapping[str, Any]) -> Path | None:
    """The file of what was asked for; None where there is no folder for it."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.environ.get(CACHE, os.path.join(base, "hrm"))
    if not os.path.isabs(folder):  # nobody's home, or switched off
        return None
    key = blake2b(repr((sorted(asked.items()), code())).encode(), digest_size=16).hexdigest()
    return Path(folder, "puzzles", f"{key}.npz")


def _read(place: Path) -> Arrays | None:
    """The arrays in a file; None where it is not there or damaged."""
    try:
        with open(place, "rb") as file, np.load(file, allow_pickle=False) as kept:
            return tuple(kept[name] for name in kept.files)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


@cache
def code() -> str:
    """A digest of the source of ``hrm.puzzles``, all of it: which part a generator uses is nobody's business here."""
    digest = blake2b(digest_size=16)
    root = Path(next(iter(hrm.puzzles.__path__)))
    for file in sorted(root.rglob("*.py")):
        digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    return digest.hexdigest()

"""SHA-256 of the files of a folder, in one beside them: that a disk has changed a bit is seen before it is used.

The file is what ``sha256sum`` writes, and ``sha256sum --check SHA256SUMS`` looks at it, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from hrm.errors import InputError
from hrm.files import readable, write_synced

SUMS = "SHA256SUMS"


def write_sums(folder: Path, names: Iterable[str]) -> None:
    """Write the sums of so many files of a folder, and wait until the disk has them. Raises ``OSError``."""
    write_synced(folder / SUMS, b"".join(_line(folder / name) for name in names))


def require_undamaged(folder: Path, *names: str) -> None:
    """``InputError`` for files of a folder that are not to the bit what was written; nothing for a folder without sums,
    as older versions wrote them, and others do."""
    file = folder / SUMS
    if not file.is_file():
        return
    with readable(file):
        written = file.read_bytes().splitlines(keepends=True)
    for name in names:
        with readable(folder / name):
            if _line(folder / name) not in written:
                raise InputError(f"{folder / name} is damaged: its SHA-256 is not the one in {SUMS} beside it")


def _line(file: Path) -> bytes:
    with open(file, "rb") as content:
        return f"{hashlib.file_digest(content, 'sha256').hexdigest()}  {file.name}\n".encode()

"""SHA-256 of the files of a folder, in one beside them: that a disk has changed a bit is seen before it is used.

The file is what ``sha256sum`` writes, and ``sha256sum --check SHA256SUMS`` looks at it, too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from hrm.errors import InputError
from hrm.files import readable, write_synced

SUMS = "SHA256SUMS"


def write_sums(folder: Path, names: Iterable[str], known: Mapping[str, str] | None = None) -> None:
    """Write the sums of so many files of a folder, and wait until the disk has them. Raises ``OSError``. known: those
    that others have made, by the names of their files."""
    sums = {name: sha256(folder / name) for name in names} | dict(known or {})
    write_synced(folder / SUMS, b"".join(_line(name, digits) for name, digits in sums.items()))


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits. Raises ``OSError``."""
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def require_undamaged(folder: Path, *names: str) -> None:
    """``InputError`` for files of a folder that are not to the bit what was written; nothing for a folder without sums,
    as older versions wrote them, and others do."""
    file = folder / SUMS
    if not file.is_file():
        return
    with readable(file):
        written = file.read_bytes().splitlines(keepends=True)
    for name in names:
        if not any(re.fullmatch(rb"[0-9a-f]{64}  " + re.escape(name.encode()) + rb"\n", line) for line in written):
            raise InputError(f"{file} is damaged, for it has no sum of {name}: delete it to trust the files beside it")
        with readable(folder / name):
            if _line(name, sha256(folder / name)) not in written:
                raise InputError(f"{folder / name} is damaged: its SHA-256 is not the one in {SUMS} beside it")


def _line(name: str, digits: str) -> bytes:
    return f"{digits}  {name}\n".encode()

"""Archives of repositories: the JSON files of one folder, which appears whole or not at all."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from hrm.errors import InputError
from hrm.files import new_folder


def unpack(packed: Path, folder: str, target: Path) -> int:
    """The JSON files of ``folder``, at most two levels deep, into the new folder ``target``; how many.

    Other names are not touched. Raises ``InputError`` for what is no zip archive, or has no such files.
    """
    with new_folder(target) as unfinished:
        try:
            return _unpack(packed, folder, unfinished)
        except (zipfile.BadZipFile, EOFError) as error:
            raise InputError(f"{packed} is not a zip archive ({error}): delete it and fetch again") from error


def _unpack(packed: Path, folder: str, target: Path) -> int:
    wanted = re.compile(rf"[^/]+/{re.escape(folder)}/((?:\w[\w.-]*/)?\w[\w.-]*\.json)")
    with zipfile.ZipFile(packed) as archive:
        members = [(name, match[1]) for name in archive.namelist() if (match := wanted.fullmatch(name))]
        if not members:
            raise InputError(f"{packed}: there is no folder {folder} with JSON files in it: delete it and fetch again")
        for name, place in members:
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            (target / place).write_bytes(archive.read(name))
    return len(members)

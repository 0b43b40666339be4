"""Archives of repositories: the JSON files of one folder, which appears whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path

from hrm.errors import InputError
from hrm.files import new_folder, read_json_value


def unpack(packed: Path, folder: str, target: Path, digest: str | None = None) -> int:
    """The JSON files of ``folder``, at most two levels deep, into the new folder ``target``; how many.

    Other names are not touched. digest: what ``content_digest`` must give. Raises ``InputError`` for what is no zip
    archive, has no such files, or another content.
    """
    with new_folder(target) as unfinished:
        try:
            num = _unpack(packed, folder, unfinished)
            if digest is not None and (found := content_digest(unfinished)) != digest:
                raise InputError(
                    f"{packed}: the content of {folder} has the digest {found[:12]}..., not {digest[:12]}...: not what "
                    "is known under this name. Delete it and fetch again, or take it as it is with --unpinned"
                )
            return num
        except (zipfile.BadZipFile, EOFError) as error:
            raise InputError(f"{packed} is not a zip archive ({error}): delete it and fetch again") from error


def content_digest(folder: Path) -> str:
    """SHA-256 over the JSON files below ``folder``, by name: a line of name, NUL and value each, keys sorted, no
    blanks. So it says what the files mean, not how they are spaced.

    Raises ``InputError`` for a file that is not JSON.
    """
    digest = hashlib.sha256()
    for name in sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.json")):
        value = json.dumps(read_json_value(folder / name), sort_keys=True, separators=(",", ":"))
        digest.update(f"{name}\0{value}\n".encode())
    return digest.hexdigest()


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

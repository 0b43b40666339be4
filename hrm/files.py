"""Files, read and written: the only code that knows how a text is encoded, what a person means by the name of a file,
and how a file or folder appears whole or not at all.

What a disk or a person's file refuses is said in one line (``InputError``), and here: ``readable`` and ``writable``
turn ``OSError`` into it for everybody else.
"""

from __future__ import annotations

import codecs
import contextlib
import gzip
import json
import os
import re
import shutil
import stat
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal, TextIO

from hrm.errors import InputError

FILE_ENDINGS = (
    *(".txt", ".text", ".md", ".log", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".html", ".xml", ".npy"),
    *(".sdk", ".sdm", ".sdx", ".ss", ".sud", ".sudoku", ".maze"),
    *(".xlsx", ".xls", ".ods", ".gz", ".zip"),
)
"""What ends like this is meant as a file, even where there is none."""

OTHER_NAME = re.compile(r"[\w-]*[c-np-rt-wyz][\w-]*\.[a-z]{2,4}", re.IGNORECASE)
"""A word with any other ending; it has a letter that is no digit, blank, wall or end of a puzzle."""

GZIP = b"\x1f\x8b"
"""The first bytes of what gzip wrote (RFC 1952)."""


@contextlib.contextmanager
def readable(file: str | Path, missing: str = "") -> Iterator[None]:
    """``InputError`` for what goes wrong while ``file`` is read. missing: what to add where it is not there."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{file}: {broken_link(file) or f'no such file{missing}'}") from error
    except UnicodeDecodeError as error:
        encoding = "UTF-16" if error.encoding.lower().startswith("utf-16") else "UTF-8"
        raise InputError(f"{file}: not a text file in {encoding} ({error})") from error
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror or error})") from error


def broken_link(file: str | Path) -> str:
    """Words for a link that leads nowhere; empty for anything else."""
    is_broken = "\0" not in str(file) and os.path.islink(file) and not os.path.exists(file)
    return f"a link to {os.readlink(file)}, where there is nothing" if is_broken else ""


@contextlib.contextmanager
def writable(what: str | Path, advice: str = "") -> Iterator[None]:
    """``InputError`` for what a disk refuses while ``what`` is written. advice: what to do about it."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write {what}: {reason(error, what)}{advice and f'; {advice}'}") from error


def reason(error: OSError, path: str | Path) -> str:
    """Why the disk refuses ``path``: the system's words, or better ones where a file stands in a folder's place."""
    is_in_the_way = isinstance(error, FileExistsError | NotADirectoryError)
    return (is_in_the_way and _no_folder(path)) or error.strerror or str(error)


def _no_folder(path: str | Path) -> str:
    """Words for a path that leads through something else than folders; empty for any other."""
    there = next((parent for parent in Path(path).parents if kind_of(parent)), None)
    return f"{there} is a file, not a folder" if there is not None and not there.is_dir() else ""


def encoding_of(start: bytes) -> str:
    """The encoding of a text by its first bytes: UTF-32 or UTF-16 where its mark stands there, UTF-16 where one of the
    two bytes of the first ASCII letter is 0; else UTF-8, with a mark or none.
    What the locale says is about the terminal, not about a file that came from anywhere."""
    marks = {"utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)}
    if named := next((name for name, ways in marks.items() if start.startswith(ways)), None):
        return named
    if len(start) > 1 and 0 in start[:2] and 9 <= max(start[:2]) < 127:
        return "utf-16-be" if start[0] == 0 else "utf-16-le"
    return "utf-8-sig"


def decode(content: bytes, where: str | Path) -> str:
    r"""A text whose lines end in ``\n``, perhaps packed by gzip. Raises ``InputError`` for bytes that are none."""
    if content.startswith(GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{where}: not a readable gzip file ({error})") from error
    if content.startswith(b"PK\x03\x04"):
        raise InputError(f"{where}: a zip archive or a spreadsheet, not a text; unpack it, or save it as CSV")
    with readable(where):
        return content.decode(encoding_of(content)).replace("\r\n", "\n").replace("\r", "\n")


def typed_text(argument: str) -> str:
    """An argument of the program in UTF-8, whatever the locale took it for."""
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        return argument


def read_text(file: Path, missing: str = "") -> str:
    """A text file, a pipe or a device. Raises ``InputError``."""
    with readable(file, missing):
        content = file.read_bytes()
    return decode(content, file)


def read_stream(stream: TextIO, name: str) -> str:
    """The rest of standard input, decoded like a file. Raises ``InputError``."""
    binary = getattr(stream, "buffer", None)  # a program may have put a text of its own there
    return stream.read() if binary is None else decode(binary.read(), name)


def parse_json(text: str, where: str | Path) -> Any:
    """A JSON value. Raises ``InputError`` for anything else."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise InputError(f"{where}: not JSON (too deeply nested)") from error
    except ValueError as error:
        raise InputError(f"{where}: not JSON ({error})") from error


def read_json_value(file: Path, missing: str = "") -> Any:
    """The value in a JSON file. Raises ``InputError`` when it is missing, unreadable, not JSON, too deeply nested."""
    return parse_json(read_text(file, missing), file)


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object that hrm wrote. Raises ``InputError`` when the file is missing or holds anything else."""
    values = read_json_value(file)
    if not isinstance(values, dict):
        raise InputError(f"{file} is not a configuration that hrm wrote")
    return values


def kind_of(name: str | Path) -> Literal["file", "folder"] | None:
    """Kind of what is there under a name: a folder, or what is read like a file (a pipe, a device); None: nothing.

    A name longer than the system allows, or with a character that none may have, is nobody's."""
    try:
        mode = os.stat(name).st_mode if str(name) else None
    except PermissionError:
        return "file"  # reading it will say so
    except (OSError, ValueError):
        return None
    if mode is None:
        return None
    return "folder" if stat.S_ISDIR(mode) else "file"


def named_file(name: str, advice: str = "") -> Path | None:
    """The file that a person means by ``name``: one that is there, or ``/dev/stdin``, or the pipe of ``<(...)``.

    None for what is not there and does not look like a file name: a text that was typed. Raises ``InputError`` for a
    folder (advice: what to name instead) and for the name of a file that is not there.
    """
    kind = kind_of(name)
    if kind == "folder":
        raise InputError(f"{name} is a folder{advice and f': {advice}'}")
    if broken := broken_link(name):
        raise InputError(f"{name}: {broken}")
    if kind is None and _looks_like_a_file(name):
        raise InputError(f"there is no file {name}")
    return None if kind is None else Path(name)


def _looks_like_a_file(name: str) -> bool:
    """True for a known ending, and for a path: neither an address nor the rows of a board with strokes between."""
    if "\n" in name or "://" in name:
        return False
    if name.lower().endswith(FILE_ENDINGS) or OTHER_NAME.fullmatch(name):
        return True
    parts = name.split("/")
    is_board = len(parts) > 3 and len({len(part) for part in parts}) == 1 and any(map(str.isdigit, name))
    return len(parts) > 1 and not is_board and any(map(str.isalpha, name))


def within(folder: Path, name: str) -> Path:
    """The place of the file ``name`` below ``folder``. Raises ``InputError`` for a name that leads out of it, or that
    no file can have: names of what came from elsewhere become names of files."""
    parts = name.replace("\\", "/").split("/")
    if any(part in ("", ".", "..") or ":" in part or not part.isprintable() for part in parts):
        raise InputError(f"{name!r} cannot be the name of a file in {folder}")
    return folder.joinpath(*parts)


def write_synced(file: Path, content: bytes) -> None:
    """Write a file, and wait until the disk has it for good. Raises ``OSError``: who writes a whole folder says what
    that means."""
    with open(file, "wb") as out:
        out.write(content)
    sync(file)


@contextlib.contextmanager
def whole_file(file: Path, advice: str = "") -> Iterator[BinaryIO]:
    """A file to write into that takes its place when the end is reached; until then, and where it never is, all stays
    as it was, and nothing unfinished beside it. Raises ``InputError`` where the disk refuses. advice: what to do then.
    """
    if file.is_dir():
        raise InputError(f"cannot write {file}: it is a folder{advice and f'; {advice}'}")
    with writable(file, advice):
        if file.exists() and not file.is_file():  # a pipe or a device has no place to be taken
            with open(file, "wb") as out:
                yield out
            return
        file = file.resolve()  # of a link, what it leads to
        unfinished = _unfinished(file)
        try:
            with open(unfinished, "wb") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            os.replace(unfinished, file)
        finally:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)


def _unfinished(file: Path) -> Path:
    return file.with_name(f".{file.name}.{os.getpid()}.tmp")


def write_whole(file: Path, content: bytes, advice: str = "") -> None:
    """A file that is either whole or as it was before. Raises ``InputError`` where the disk refuses, with advice."""
    with whole_file(file, advice) as out:
        out.write(content)


def check_writable(file: Path, advice: str = "") -> None:
    """``InputError``, before any work is done, for a file that ``write_whole`` could not write: no folder for it, a
    folder in its place, no right to write there. advice: what to do about it."""
    end = advice and f"; {advice}"
    with writable(file, advice):
        if file.is_dir():
            raise InputError(f"cannot write {file}: it is a folder{end}")
        if not file.parent.is_dir():
            raise InputError(f"cannot write {file}: {_no_folder(file) or f'there is no folder {file.parent}'}{end}")
        if file.exists() and not file.is_file():  # a pipe or a device: looking whether it can be opened would use it up
            return
        unfinished = _unfinished(file)
        unfinished.open("wb").close()
        unfinished.unlink()


def sync(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder, for good. Raises ``OSError``."""
    is_folder = path.is_dir()
    if not is_folder or hasattr(os, "O_DIRECTORY"):  # Windows opens no folders
        descriptor = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def new_folder(folder: Path, *, may_be_empty: bool = False) -> Iterator[Path]:
    """A folder beside ``folder`` to write into, renamed to it at the end; gone when that end is not reached.

    Raises ``InputError`` when ``folder`` exists already (``may_be_empty``: with something in it), or the disk refuses.
    """
    refuse_existing(folder, may_be_empty=may_be_empty)
    with writable(folder):
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
        try:
            unfinished.chmod(0o777 & ~umask())
            yield unfinished
            os.replace(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def umask() -> int:
    """Rights that nobody gets to a new file of this process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def refuse_existing(folder: Path, *, may_be_empty: bool = False) -> None:
    """``InputError`` for a folder that would have to be overwritten."""
    if folder.exists() and not (may_be_empty and folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"{folder} exists already: choose a folder that does not")

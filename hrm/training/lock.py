"""The lock of a run folder: two processes that write one run at once would leave a mixture of both."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

from hrm.errors import InputError, notify
from hrm.files import writable

LOCK = ".lock"
"""In the run folder: an empty file while nobody holds it, else the number of the process that does, and its machine.
What stands there is for people; the lock is the system's, and gone with the process, whatever ended it."""

LOOKS = 10
"""Times that a lock is tried for which nobody has signed: ``is_held`` takes it for a moment."""

UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
"""Errors of file systems that know no locks (some network ones): there, as on Windows, nothing is locked."""

_held: set[int] = set()


def _let_go() -> None:
    for file in _held:
        os.close(file)
    _held.clear()


if hasattr(os, "register_at_fork"):  # a child that outlives this process must not hold the run for it
    os.register_at_fork(after_in_child=_let_go)


@contextlib.contextmanager
def locked(run: Path) -> Iterator[None]:
    """A time in which no other process trains in the folder ``run``; the system ends it with the process, however that
    ends. Raises ``InputError`` where another one does."""
    with writable(run / LOCK, "a run is resumed where it can be written; copy the folder, or train with another --out"):
        file = os.open(run / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        _acquire(file, run)
    except BaseException:
        os.close(file)
        raise
    _held.add(file)
    try:
        yield
    finally:
        if file in _held:
            _held.remove(file)
            with contextlib.suppress(OSError):
                os.ftruncate(file, 0)
            os.close(file)  # and with it the lock


def is_held(run: Path) -> bool:
    """True where a process trains in the folder ``run`` now, as far as this system can tell."""
    try:
        import fcntl

        file = os.open(run / LOCK, os.O_RDONLY)
    except (ImportError, OSError):
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in UNSUPPORTED
    finally:
        os.close(file)
    return False


def _acquire(file: int, run: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    for tries_left in reversed(range(LOOKS)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError as error:
            if error.errno in UNSUPPORTED:
                notify(
                    f"the file system of {run} knows no locks ({os.strerror(error.errno)}): see to it that no second "
                    "process trains there"
                )
                return
            holder, _, machine = os.pread(file, 300, 0).decode("utf-8", "replace").strip().partition(" ")
            if not holder and tries_left:  # somebody looks whether it is held, or is just about to write its number
                time.sleep(0.02)
                continue
            by = f"process {holder}" if holder.isdecimal() else "another process"
            by += f" on {machine}" if machine not in ("", platform.node()) else ""
            raise InputError(
                f"{by} is training in {run}: wait until it has ended, or choose another folder with --out"
            ) from error
    with contextlib.suppress(OSError):
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()} {platform.node()}".encode(), 0)

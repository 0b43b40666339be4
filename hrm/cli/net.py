"""The net under the program: whatever happens, a person reads one line, and the exit status says how it ended.

Everything here is quick to import: the program's help needs it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, TextIO, cast

from hrm.cli.charset import make_printable
from hrm.errors import InputError, Notice, StoppedError, ToldError, hearing
from hrm.signals import heard, known

SHOW = "HRM_TRACEBACK"
"""1 in this variable of the environment: every exception comes through as it is."""

NEEDED = ("torch", "numpy", "tyro", "rich", "safetensors")
"""Packages without which hrm does nothing."""

ENDING = known("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that end what a person does not want any more."""


def guarded(call: Callable[[], int]) -> int:
    """The exit status of ``call``: its own; 2 for what cannot be done, with the reason in a line on standard error;
    130, without a word, for Ctrl-C, and 143 for ``kill``; 0 where the reader of the output has seen enough."""
    open_streams()
    make_printable()
    with interruptions() as interrupted:
        try:
            with unheard(), notices(), output():
                return call()
        except KeyboardInterrupt:
            status = 128 + (interrupted[0] if interrupted else signal.SIGINT)
        except BrokenPipeError:
            status = 0
        except Exception as error:
            if not isinstance(error, InputError) and os.environ.get(SHOW) == "1" and not interrupted:
                raise
            status = 2
            if isinstance(error, StoppedError):
                status = 128 + (interrupted[0] if interrupted else error.signal)
            if interrupted and not isinstance(error, InputError):  # half-way through an import, say
                status = 128 + interrupted[0]
            elif not isinstance(error, ToldError):
                say(in_one_line(error))
    if interrupted:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # once more, while threads end: without a word, too
    return status


def in_one_line(error: BaseException) -> str:
    """The reason for which the program cannot go on, in a line that says what to do about it."""
    said = " ".join(str(error).split())
    if isinstance(error, InputError):
        return str(error)
    if is_out_of_memory(error):
        return (
            f"out of memory ({shortened(said) or type(error).__name__}): fewer puzzles at a time need less "
            "(--training.batch-size, --batch-size, --num-slots), and so does a smaller model"
        )
    if isinstance(error, OSError):
        return f"{error.filename}: {why(error)}" if error.filename else why(error)
    if isinstance(error, RuntimeError) and "home directory" in said:  # pathlib's word for no HOME and a user of no name
        return "there is no home folder: set HOME to a folder that can be written"
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in NEEDED:
        return f"{error.name} is not installed for {sys.executable}: take the Python that hrm was installed for"
    if reason := failure_to_compile(error):
        return f"torch.compile does not work here ({reason}): say --runtime.compile no"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if f"{os.sep}hrm{os.sep}" in frame.filename]
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return (
        f"unexpected {type(error).__name__}{place}: {shortened(said)}. This should not happen: please report it as an "
        f"issue of hrm, with what 'hrm env' prints and the traceback of the same command under {SHOW}=1"
    )


def shortened(text: str, most: int = 300) -> str:
    return text if len(text) <= most else f"{text[:most]} ..."


def why(error: BaseException) -> str:
    """The system's words for an error."""
    return (isinstance(error, OSError) and error.strerror) or " ".join(str(error).split())


def is_out_of_memory(error: BaseException) -> bool:
    """True for every way in which Python, numpy, PyTorch and the system say so."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in said or "can't allocate memory" in said)


def failure_to_compile(error: BaseException) -> str | None:
    """The reason in a few words, where something was compiled and ``error`` comes from it."""
    if "torch._dynamo.exc" not in sys.modules or not isinstance(error, RuntimeError):
        return None
    from hrm.compiling import compile_failure

    return compile_failure(error)


def open_streams() -> None:
    """The standard streams, where a person has closed one (``<&-``): no file that is opened later takes its number.
    What is written to standard output then fails, as it does in other programs; what is said of it, nobody hears."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
            if nothing != number:
                os.dup2(nothing, number)
                os.close(nothing)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


class Output:
    """The standard output of the program: a failure (a full disk, a terminal that is gone) is told as one of it, or,
    where it is not heeded, ends what is said and nothing else."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.is_heeded = stream, True

    def write(self, text: str) -> int:
        with self._failing():
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._failing():
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            drop(self.stream)
            if not self.is_heeded:
                say(f"the output cannot be written any more ({why(error)}): the work goes on")
            elif isinstance(error, BrokenPipeError):
                raise
            else:
                raise InputError(f"cannot write the output: {why(error)}") from error


def drop(stream: TextIO) -> None:
    """The rest of what ``stream`` is told, for nobody: what waits to be written would only fail once more when Python
    ends, and change the exit status."""
    with contextlib.suppress(OSError, ValueError):  # a stream of a program that has no file behind it
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)


@contextlib.contextmanager
def output() -> Iterator[None]:
    """A time in which the standard output is an ``Output``; all of it is written when that ends."""
    before = sys.stdout
    sys.stdout = cast(TextIO, Output(before))
    try:
        yield
    finally:
        try:
            sys.stdout.flush()  # here, where a failure can still be told
        finally:
            sys.stdout = before


class _Unheard:
    """Standard error whose reader may be gone: what is said of the work does not change how it ends."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        try:
            self.stream.write(text)
        except OSError:
            drop(self.stream)
        return len(text)

    def flush(self) -> None:
        try:
            self.stream.flush()
        except OSError:
            drop(self.stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """A time in which nobody need listen to standard error."""
    with contextlib.redirect_stderr(cast(TextIO, _Unheard(sys.stderr))):
        yield


@contextlib.contextmanager
def unheeded_output() -> Iterator[None]:
    """A time in which the standard output may fail: the work is worth more than what is said about it."""
    stream = cast(object, sys.stdout)
    if not isinstance(stream, Output):
        yield
        return
    stream.is_heeded = False
    try:
        yield
    finally:
        stream.is_heeded = True


def say(message: str) -> None:
    """A line on standard error, where there still is one."""
    try:
        print(f"hrm: {message}", file=sys.stderr, flush=True)
    except OSError:
        drop(sys.stderr)


@contextlib.contextmanager
def interruptions() -> Iterator[list[int]]:
    """A time in which Ctrl-C, ``kill`` and the end of a terminal raise ``KeyboardInterrupt``, so that what is not
    finished is tidied away, and are remembered: an import that one breaks off may raise something else."""
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if number != signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)  # a second one does not wait
        raise KeyboardInterrupt

    def lost(unraisable: Any) -> None:
        # Raised where nobody could catch it, in the callback of a weak reference, say: once more, a little later.
        if unraisable.exc_type is not KeyboardInterrupt:
            hook(unraisable)
            return
        later = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
        later.daemon = True
        later.start()

    hook, sys.unraisablehook = sys.unraisablehook, lost
    try:
        usual = (signal.default_int_handler, signal.SIG_DFL)  # what somebody has set otherwise stays
        with heard([number for number in ENDING if signal.getsignal(number) in usual], remember):
            yield received
    finally:
        sys.unraisablehook = hook


@contextlib.contextmanager
def notices() -> Iterator[None]:
    """A time in which a ``Notice`` is a line like those of errors."""

    def hear(warning: warnings.WarningMessage) -> bool:
        is_ours = issubclass(warning.category, Notice)
        if is_ours:
            say(str(warning.message))
        return is_ours

    with hearing(hear, Notice):
        yield


def at_home(args: Sequence[str]) -> list[str]:
    """The arguments with ``~`` as the home folder where a path begins with it: the shell knows ``--out ~/x`` but not
    ``--out=~/x``."""
    return [re.sub(r"^(--[\w.-]+=)?(~.*)", lambda m: (m[1] or "") + os.path.expanduser(m[2]), arg) for arg in args]

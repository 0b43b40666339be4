"""torch.compile where it works, and the plain function where it does not.

That a compiler is there does not mean that it works: a space in a path, no Python headers, a full disk show only when
something is compiled. What is compiled anyway is the trial (``Compiled``), so that it costs no time.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hrm.errors import InputError, notify

if TYPE_CHECKING:
    import torch


class Compiled:
    """A function fused by torch.compile where that works, and as it is from the first failure on.

    That failure is told once in a process, and nothing is compiled there after it. ``must``: it is an ``InputError``.
    """

    def __init__(self, function: Callable[..., Any], *, must: bool = False, dynamic: bool = False) -> None:
        self.function, self.must, self.dynamic = function, must, dynamic
        self.fused: Callable[..., Any] | None = None

    def __call__(self, *args: Any) -> Any:
        import torch
        import torch._functorch.config

        if _failures and not self.must:
            return self.function(*args)
        try:
            if self.fused is None:
                self.fused = torch.compile(self.function, dynamic=self.dynamic)
                # The backward pass is compiled with the forward pass, where a failure can still be made good.
                torch._functorch.config.force_non_lazy_backward_lowering = True
            return self.fused(*args)
        except Exception as error:
            if (reason := compile_failure(error)) is None:
                raise
            _failed(reason, self.must)
        return self.function(*args)


class CompileError(InputError):
    """torch.compile does not work, and was asked for."""

    def __init__(self, reason: str) -> None:
        self.reason = f"torch.compile does not work here ({reason})"
        super().__init__(f"compile yes: {self.reason}. Mend that, or say no")


_failures: list[str] = []
"""The reason for which torch.compile fails in this process, once it has."""


def _failed(reason: str, must: bool) -> None:
    if must:
        raise CompileError(reason)
    if not _failures:
        _failures.append(reason)
        notify(f"torch.compile does not work here ({reason}): going on without it, which is slower and as right")


def has_failed() -> bool:
    """True once nothing is compiled any more in this process, because it failed."""
    return bool(_failures)


def can_compile(device: torch.device, *, must: bool) -> bool:
    """True where compiling for ``device`` works, as far as a look can tell. ``must``: ``CompileError`` where it does
    not, which a trial shows before anything is written."""
    import torch

    reason = cache_problem() or _no_compiler(device)
    if reason is not None:
        _failed(reason, must)
    elif must:
        Compiled(_trial, must=True)(torch.ones(8, device=device))
    return not has_failed()


def compile_failure(error: BaseException) -> str | None:
    """The reason in a few words where ``error`` comes from compiling; None for any other."""
    dynamo = sys.modules.get("torch._dynamo.exc")  # not there where its own import failed
    kinds = (subprocess.SubprocessError, OSError, ImportError, *([dynamo.TorchDynamoException] if dynamo else []))
    if not isinstance(error, kinds):
        return None
    lines = [line.strip() for line in str(error).splitlines()]
    telling = [line for line in lines if re.search(r"\berror: ", line)] or list(filter(None, lines)) or [repr(error)]
    first = telling[0].rpartition("error: ")[2] or telling[0]
    reason = first if len(first) <= MOST_OF_A_REASON else f"{first[:MOST_OF_A_REASON]} ..."
    # torch hands paths to the compiler that fall apart at a space; what that says of them helps nobody.
    paths = (os.environ.get("TORCHINDUCTOR_CACHE_DIR", ""), tempfile.gettempdir(), sys.prefix)
    return next((f"{reason}; there is a space in {path}" for path in paths if " " in path), reason)


MOST_OF_A_REASON = 160
"""Characters: two lines of a terminal. Compilers say more; HRM_TRACEBACK=1 is not needed to see what."""


def _trial(x: torch.Tensor) -> torch.Tensor:
    return (x * 2 + 1).sqrt()


_instead: tempfile.TemporaryDirectory[str] | None = None
"""Gone with the process."""


@functools.cache
def cache_problem() -> str | None:
    """The reason for which compiled code cannot be kept where torch wants to; it then gets a temporary folder.

    Even optimizers that are not compiled import what makes that folder."""
    folder = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    if folder is None:
        return None
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        global _instead
        _instead = tempfile.TemporaryDirectory(prefix="hrm-torchinductor-", ignore_cleanup_errors=True)
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = _instead.name
        return f"its cache folder {folder} cannot be made: {error.strerror}"
    return None


def _no_compiler(device: torch.device) -> str | None:
    """The reason for which nothing can be compiled for ``device``, as far as a look can tell."""
    if device.type == "cuda":
        return None if importlib.util.find_spec("triton") is not None else "it needs Triton, which is not installed"
    if device.type == "cpu":
        names = [os.environ.get("CXX", "g++"), "g++", "clang++"]
        return None if any(map(shutil.which, names)) else "it needs a C++ compiler and finds none: install g++"
    return f"nobody has tried on {device.type}"

"""The device and precision of a model: found by themselves, or as told. Never changes what is computed, only how.

torch is imported where a device is asked for: ``RuntimeConfig`` is part of every command line, and its help, or a
puzzle that is none, need not wait a second for that.

That a compiler is there does not mean that it works: a space in a path, no Python headers, a full disk show only when
something is compiled. What is compiled anyway is the trial (``Compiled``), so that it costs no time.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.util
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hrm.errors import InputError, notify

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "bfloat16", "float32", "int8"]
Compile = Literal["auto", "yes", "no"]


@dataclass(frozen=True, kw_only=True)
class RuntimeConfig:
    """Machine settings. A run may be resumed with others."""

    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps ... auto: cuda where there is one, else the CPU (nobody has run this on mps yet)."""
    precision: Precision = "auto"
    """Precision of the activations; weights stay float32. auto: bfloat16 where the processor has it. int8: of products,
    to solve and measure on a CPU; auto takes it there where the processor has it and no bfloat16."""
    compile: Compile = "no"
    """Fuse the levels with torch.compile: faster steps after some seconds of compiling. auto: where that works; to
    measure and to solve, where there is so much to do that it pays, too."""


class Runtime(NamedTuple):
    """A resolved ``RuntimeConfig``."""

    device: torch.device
    dtype: torch.dtype
    compile: bool
    must_compile: bool = False
    """Where compiling fails: an ``InputError`` (compile yes), or going on without (auto)."""
    int8: bool = False
    """Products of the levels are made of whole numbers of 8 bits; everything else has the ``dtype``, float32."""

    def __str__(self) -> str:
        compiled = ", compiled" if self.compile and not _failures else ""
        precision = "int8" if self.int8 else str(self.dtype).removeprefix("torch.")
        return f"{device_name(self.device)}, {precision}{compiled}"


PAYS = {"cpu": 1e13, "cuda": 1e15}
"""Matrix arithmetic without gradient (FLOP) from which compiling pays, by device. CPU: 3 s of compiling against 28 % of
the time of the package's Sudoku model on a core of 480 GFLOP/s in bfloat16 (docs/log.md, 2026-11-26); there it is the
half of a minute. CUDA: nobody has measured it."""


def resolve(config: RuntimeConfig, work: float = math.inf, *, solving: bool = False) -> Runtime:
    """The device and precision. work: FLOP that are ahead, without end when not known; ``compile`` auto asks whether
    they are enough. solving: nothing is trained, so that ``precision`` auto may be int8. Raises ``InputError`` for a
    device that is not there."""
    import torch

    if config.device == "auto":
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    else:
        try:
            device = torch.device(config.device)
            torch.ones(1, device=device).item()
        except (RuntimeError, AssertionError, ImportError) as error:
            there = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
            raise InputError(
                f"device {config.device!r} cannot be used here: PyTorch {torch.__version__} finds {', '.join(there)}"
            ) from error
    precision = config.precision
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(device) else "int8" if solving and has_int8(device) else "float32"
    int8 = precision == "int8"
    if int8 and not solving:
        raise InputError("precision int8 is to solve and to measure accuracy with: say auto, float32 or bfloat16 here")
    if int8 and not has_int8(device):
        raise InputError(f"precision int8 cannot be used on {device_name(device)}: say auto, float32 or bfloat16")
    dtype = torch.float32 if int8 else getattr(torch, precision)
    cache = _cache_problem()
    if config.compile == "auto" and work < PAYS.get(device.type, math.inf):
        config = replace(config, compile="no")
    reason = None if config.compile == "no" else cache or _no_compiler(device)
    must = config.compile == "yes"
    if reason is None and must:
        Compiled(_trial, must=True)(torch.ones(8, device=device))  # before anything is written
    elif reason is not None:
        _failed(reason, must)
    return Runtime(device, dtype, config.compile != "no" and not _failures, must, int8)


GLIBC = {-3: 2**30, -1: 2**31 - 1}
"""Parameters of malloc (mallopt(3)): M_MMAP_THRESHOLD and M_TRIM_THRESHOLD. Without them every tensor above 32 MB, and
at first every one above 128 kB, is taken from the system page by page and given back at once. Solving is 5 to 17 %
faster, the peak is the same (docs/log.md, 2026-11-26)."""


def keep_memory() -> None:
    """Memory of tensors that are gone is kept for the next ones, where the C library is glibc and nobody has set it
    otherwise (``MALLOC_...`` in the environment). For a process of our own: it holds for all of it."""
    if sys.platform != "linux" or any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return
    with contextlib.suppress(OSError, AttributeError):  # musl has no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in GLIBC.items():
            mallopt(parameter, value)


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
def _cache_problem() -> str | None:
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


def has_fast_bfloat16(device: torch.device) -> bool:
    """True where the processor multiplies bfloat16 matrices in hardware, not by emulation."""
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
    return False


def has_int8(device: torch.device) -> bool:
    """True on a CPU that multiplies whole numbers of 8 bits several times faster than float32 (VNNI)."""
    import torch

    return device.type == "cpu" and bool(torch.cpu._is_vnni_supported())


def device_name(device: torch.device) -> str:
    """Name of the device, as a person calls it."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "cpu":
        return f"CPU ({cpu_name()}, {torch.get_num_threads()} threads)"
    return device.type


def cpu_name() -> str:
    """The processor's model name, as the operating system knows it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:  # the system's, not a person's file
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def seconds(call: Callable[[], Any], runtime: Runtime) -> float:
    """Wall time of one call, the device's work included."""
    synchronize(runtime.device)
    start = time.perf_counter()
    call()
    synchronize(runtime.device)
    return time.perf_counter() - start


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was told."""
    if device.type != "cpu":
        import torch

        torch.accelerator.synchronize(device)

"""The device and precision of a model: found by themselves, or as told. Never changes what is computed, only how.

torch is imported where a device is asked for: ``RuntimeConfig`` is part of every command line, and its help, or a
puzzle that is none, need not wait a second for that.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import math
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hrm.capture import can_capture
from hrm.compiling import cache_problem, can_compile, has_failed
from hrm.errors import InputError

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "bfloat16", "float32", "int8"]
Compile = Literal["auto", "yes", "no"]
Capture = Literal["auto", "yes", "no"]
Kernels = Literal["torch", "fla"]


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
    capture: Capture = "no"
    """Repeat a segment as one CUDA graph, in training with its backward pass, so that kernels need no launching one by
    one. auto: where the device can. Nobody has run this on a GPU yet."""
    kernels: Kernels = "torch"
    """Code of recurrences (model.mixing state_space, hybrid): PyTorch's operations, or those of flash-linear-attention
    on a GPU (nobody has run these from here yet)."""


class Runtime(NamedTuple):
    """A resolved ``RuntimeConfig``."""

    device: torch.device
    dtype: torch.dtype
    compile: bool
    must_compile: bool = False
    """Where compiling fails: an ``InputError`` (compile yes), or going on without (auto)."""
    int8: bool = False
    """Products of the levels are made of whole numbers of 8 bits; everything else has the ``dtype``, float32."""
    capture: bool = False
    """A segment is repeated as one graph (hrm/capture.py)."""
    must_capture: bool = False
    """Where that fails: an ``InputError`` (capture yes), or going on without (auto)."""
    kernels: Kernels = "torch"
    """Code of the recurrences: nn/kernels.py."""

    def __str__(self) -> str:
        compiled = ", compiled" if self.compile and not has_failed() else ""
        precision = "int8" if self.int8 else str(self.dtype).removeprefix("torch.")
        captured = ", one graph" if self.capture else ""
        kernels = "" if self.kernels == "torch" else f", kernels of {self.kernels}"
        return f"{device_name(self.device)}, {precision}{compiled}{captured}{kernels}"


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
    if config.kernels == "fla" and importlib.util.find_spec("fla") is None:
        raise InputError("kernels fla need a package: pip install 'hrm-lab[fla]', or say torch")
    if config.kernels == "fla" and device.type != "cuda":
        raise InputError(f"kernels fla run on a GPU (cuda), not on {device_name(device)}: say torch")
    dtype = torch.float32 if int8 else getattr(torch, precision)
    cache_problem()  # where its folder is wanting: even what is not compiled imports what makes it
    must = config.compile == "yes"
    pays = config.compile == "auto" and work >= PAYS.get(device.type, math.inf)
    compile = (must or pays) and can_compile(device, must=must)
    must_capture = config.capture == "yes"
    capture = config.capture != "no" and can_capture(device, must=must_capture)
    return Runtime(device, dtype, compile, must, int8, capture, must_capture, config.kernels)


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

"""The device and precision of a model: found by themselves, or as told. Never changes what is computed, only how.

torch is imported where a device is asked for: ``RuntimeConfig`` is part of every command line, and its help, or a
puzzle that is none, need not wait a second for that.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hrm.errors import InputError

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "bfloat16", "float32"]
Compile = Literal["auto", "yes", "no"]


@dataclass(frozen=True, kw_only=True)
class RuntimeConfig:
    """Machine settings. A run may be resumed with others."""

    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps ... auto: cuda where there is one, else the CPU (nobody has run this on mps yet)."""
    precision: Precision = "auto"
    """Precision of the activations; weights stay float32. auto: bfloat16 where the processor has it."""
    compile: Compile = "no"
    """Fuse the levels with torch.compile: faster steps after some seconds of compiling. auto: where a compiler is."""


class Runtime(NamedTuple):
    """A resolved ``RuntimeConfig``."""

    device: torch.device
    dtype: torch.dtype
    compile: bool

    def __str__(self) -> str:
        compiled = ", compiled" if self.compile else ""
        return f"{device_name(self.device)}, {str(self.dtype).removeprefix('torch.')}{compiled}"


def resolve(config: RuntimeConfig) -> Runtime:
    """The device and precision. Raises ``InputError`` for a device that is not there."""
    import torch

    if config.device == "auto":
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    else:
        try:
            device = torch.device(config.device)
            torch.empty(1, device=device)
        except (RuntimeError, AssertionError) as error:
            raise InputError(f"device {config.device!r} cannot be used here: {str(error).splitlines()[0]}") from error
    if config.precision == "auto":
        dtype = torch.bfloat16 if has_fast_bfloat16(device) else torch.float32
    else:
        dtype = getattr(torch, config.precision)
    compiles = config.compile != "no" and can_compile(device)
    if config.compile == "yes" and not compiles:
        raise InputError("compile yes: torch.compile needs a C++ compiler here and finds none. Install g++, or say no")
    return Runtime(device, dtype, compiles)


def can_compile(device: torch.device) -> bool:
    """True where torch.compile finds what it needs: Triton on CUDA, a C++ compiler on a CPU."""
    if device.type == "cuda":
        return importlib.util.find_spec("triton") is not None
    if device.type == "cpu":
        return any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "g++", "clang++"))
    return False


def has_fast_bfloat16(device: torch.device) -> bool:
    """True where the processor multiplies bfloat16 matrices in hardware, not by emulation."""
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
    return False


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
    """The device, until it has done what it was told."""
    if device.type != "cpu":
        import torch

        torch.accelerator.synchronize(device)

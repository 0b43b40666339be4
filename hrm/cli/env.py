"""``hrm env``"""

from __future__ import annotations

import importlib.metadata
import os
import platform

import torch

import hrm
from hrm.errors import InputError
from hrm.runtime import RuntimeConfig, resolve


def main(args: list[str]) -> int:
    if args and args[0] not in ("-h", "--help"):
        raise InputError(f"hrm env takes no arguments, not {args[0]!r}")
    rows = {
        "hrm": hrm.__version__,
        "python": f"{platform.python_version()} on {platform.platform()}",
        **{name: importlib.metadata.version(name) for name in ("torch", "numpy", "safetensors", "tyro", "rich")},
        "cores": f"{os.cpu_count()}, {torch.get_num_threads()} threads used",
        "processor": torch.backends.cpu.get_cpu_capability(),
        "cuda": torch.version.cuda or "not in this build of torch",
        "runs on": str(resolve(RuntimeConfig())),
    }
    for name, value in rows.items():
        print(f"{name:12s}{value}")
    return 0

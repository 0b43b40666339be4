"""Ranks for tests: processes of this machine that find each other through a file."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import distributed, multiprocessing

from hrm.world import World

Work = Callable[[World, Path], Any]

PRELOADED = ["torch.distributed", "torch._dynamo", "hrm.training.run", "conftest"]
"""For multiprocessing's "forkserver": the modules that a process forked from it has already."""


def in_ranks(size: int, work: Work, folder: Path) -> list[Any]:
    """What ``work`` returns on each of so many ranks, in their order. It is a module's function, and is given a folder
    that all of them see. An exception of one of them comes back as its value."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:  # a file of an earlier meeting would tell of ranks that are gone
        multiprocessing.set_forkserver_preload(PRELOADED)
        multiprocessing.start_processes(
            _rank, (size, work, folder, f"file://{place}/meeting"), nprocs=size, start_method="forkserver"
        )
    return [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(size)]


def _rank(rank: int, size: int, work: Work, folder: Path, meeting: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=size)
    found: Any
    try:
        found = work(World(rank, size), folder)
    except Exception as error:
        traceback.print_exc()
        found = error
    torch.save(found, folder / f"{rank}.pt")
    distributed.destroy_process_group()

"""``hrm data export SOURCE --out FOLDER``"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hrm.cli.source import NamedData, read_options
from hrm.files import refuse_existing
from hrm.tasks.published import write_folder


@dataclass(frozen=True, kw_only=True)
class Options(NamedData):
    """Both splits, not augmented, as a folder that the published code of HRM or of TRM trains on."""

    out: Path
    """The folder to write; it must not exist yet."""
    flavour: Literal["hrm", "trm"] = "hrm"
    """Whose names of puzzles, and whether test_puzzles.json is written."""


def main(args: list[str]) -> int:
    source, options = read_options("data export", Options, args)
    refuse_existing(options.out)
    task = options.task.build()
    write_folder(task, options.out, options.flavour)
    print(f"{source} -> {options.out}")
    return 0

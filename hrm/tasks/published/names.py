"""The names of augmented ARC tasks in the two published flavours."""

from __future__ import annotations

from typing import Literal

from hrm.puzzles.arc.variants import NAMES

Flavour = Literal["hrm", "trm"]
"""The builder that a folder is like: HRM names ``007bbfb7_t3_0456213789``, TRM ``007bbfb7|||t3|||0456213789``."""

SEPARATORS: dict[Flavour, str] = {"hrm": "_", "trm": "|||"}  # of the two published builders


def write_name(name: str, flavour: Flavour) -> str:
    """The same name in a flavour."""
    found = NAMES.fullmatch(name)
    return SEPARATORS[flavour].join([found["task"], f"t{found['move']}", found["colours"]]) if found else name

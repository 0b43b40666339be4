"""Questions as experiments: a recipe, what is changed in it, and seeds. ``STUDIES`` is the table of names."""

from __future__ import annotations

from collections.abc import Callable

from hrm.studies.catalog import (
    act,
    architecture,
    augmentation,
    curriculum,
    cycles,
    ema,
    gradient,
    hard,
    networks,
    networks_9x9,
    outer_loop,
    puzzle_id,
)
from hrm.studies.mixing import mixing, mixing_mazes
from hrm.studies.study import Study

STUDIES: dict[str, Callable[[], Study]] = {
    "outer-loop": outer_loop,
    "curriculum": curriculum,
    "architecture": architecture,
    "gradient": gradient,
    "networks": networks,
    "networks-9x9": networks_9x9,
    "mixing": mixing,
    "mixing-mazes": mixing_mazes,
    "act": act,
    "augmentation": augmentation,
    "cycles": cycles,
    "puzzle-id": puzzle_id,
    "ema": ema,
    "hard": hard,
}

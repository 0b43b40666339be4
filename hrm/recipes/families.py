"""Recipes for families of boards (docs/puzzles.md), each for five minutes on a laptop."""

from __future__ import annotations

from dataclasses import replace

from hrm.recipes.sudoku import sudoku_demo_trm
from hrm.tasks.families import LightsOutConfig
from hrm.training.config import RunConfig

_DEMO = sudoku_demo_trm()
LAPTOP = replace(_DEMO.training, batch_size=128, early_max_segments=(3, 8), max_segments=8)
"""The training of sudoku-demo-trm, with shorter loops: there is less to think about."""


def lights_out() -> RunConfig:
    """Lights Out of 5x5, up to 6 presses, on a laptop."""
    return replace(
        _DEMO,
        recipe="lights-out",
        task=LightsOutConfig(num_train=10_000, num_test=1000),
        training=replace(LAPTOP, steps=2000),
    )

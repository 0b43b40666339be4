"""Recipes for families of boards (docs/puzzles.md), each for minutes on a laptop."""

from __future__ import annotations

from dataclasses import replace

from hrm.models.trm import TRMConfig
from hrm.recipes.sudoku import sudoku_demo_trm
from hrm.runtime import RuntimeConfig
from hrm.tasks.families import DeliveryConfig, FutoshikiConfig, HitoriConfig, LightsOutConfig, QueensConfig
from hrm.training.config import RunConfig

_DEMO = sudoku_demo_trm()
assert isinstance(_DEMO.model, TRMConfig)
_SMALL = replace(_DEMO.model, hidden_size=64)
LAPTOP = replace(
    _DEMO,
    model=_SMALL,
    training=replace(_DEMO.training, batch_size=128, weight_decay=0.1, early_max_segments=(3, 8), max_segments=8),
    runtime=RuntimeConfig(),
)
"""sudoku-demo-trm at half the width and with shorter loops; not compiled, which takes longer than it saves."""

ALL_UPDATES = replace(
    LAPTOP,
    model=replace(_SMALL, gradient="bptt"),
    training=replace(LAPTOP.training, lr=2e-3, batch_size=64),
)
"""The gradient of all updates of a segment, and half the learning rate: with both, delivery was learned faster on
validation puzzles (docs/log.md); which of the two does it was not tried."""


def lights_out() -> RunConfig:
    """Lights Out of 5x5, up to 6 presses, on a laptop."""
    return replace(
        LAPTOP,
        recipe="lights-out",
        task=LightsOutConfig(num_train=10_000, num_test=1000),
        training=replace(LAPTOP.training, steps=2000),
    )


def futoshiki() -> RunConfig:
    """Futoshiki of 5x5 with up to 8 givens, on a laptop: 61 to 77 % of held-out puzzles, three seeds."""
    return replace(
        ALL_UPDATES,
        recipe="futoshiki",
        task=FutoshikiConfig(num_train=10_000, num_test=1000),
        training=replace(ALL_UPDATES.training, steps=2000),
    )


def queens() -> RunConfig:
    """Queens on a board of 8x8, 1 to 4 of them placed, on a laptop."""
    return replace(
        LAPTOP,
        recipe="queens",
        task=QueensConfig(),
        training=replace(LAPTOP.training, steps=1000, batch_size=64),
    )


def hitori() -> RunConfig:
    """Hitori of 5x5, on a laptop."""
    return replace(
        LAPTOP,
        recipe="hitori",
        task=HitoriConfig(num_train=5000, num_test=1000),
        training=replace(LAPTOP.training, steps=1500, batch_size=64),
    )


def delivery() -> RunConfig:
    """Delivery of two parcels on 6x6, on a laptop: 39 to 50 %, three seeds; a random order: 28."""
    return replace(
        ALL_UPDATES,
        recipe="delivery",
        task=DeliveryConfig(num_train=50_000, num_test=1000),
        training=replace(ALL_UPDATES.training, steps=3000),
    )

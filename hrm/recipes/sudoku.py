"""Runs on Sudoku."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hrm.models.hrm import HRMConfig
from hrm.runtime import RuntimeConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.training.folder import RunConfig
from hrm.training.loop import TrainingConfig

LAPTOP_MODEL = HRMConfig(
    hidden_size=64, H_layers=1, L_layers=1, mixing="mlp", positions="none", puzzle_embedding_size=0
)
"""Mixer blocks learn much faster than attention at this scale, and one kind of puzzle needs no puzzle embedding."""


SMALL_BOARDS = TrainingConfig(
    steps=400, batch_size=128, lr=2e-3, weight_decay=0.1, warmup_steps=50, lr_min_ratio=0.1, ema_decay=0.99
)


def sudoku_4x4() -> RunConfig:
    """4x4 boards: the smallest thing that learns."""
    return RunConfig(
        recipe="sudoku-4x4",
        task=SudokuConfig(size=4, num_train=250, num_test=500),
        model=LAPTOP_MODEL,
        training=SMALL_BOARDS,
    )


def sudoku_6x6() -> RunConfig:
    """6x6 boards, with boxes of 2 x 3."""
    return RunConfig(
        recipe="sudoku-6x6",
        task=SudokuConfig(size=6, num_train=1000, num_test=500),
        model=LAPTOP_MODEL,
        training=replace(SMALL_BOARDS, steps=1000, warmup_steps=100),
    )


def sudoku_demo() -> RunConfig:
    """9x9 Sudoku on a laptop, in about five minutes on 2 cores."""
    return RunConfig(
        recipe="sudoku-demo",
        # Chosen on validation puzzles of another data seed (docs/log.md, 2026-11-22): hard puzzles teach more than easy
        # ones; two blocks a level and one cycle of two steps learn more in the same time than one block and two
        # cycles; so do half the batch, M_max 8, and a continue target for a quarter of the slots.
        task=SudokuConfig(num_train=2000, train_givens=(28, 36)),
        model=replace(LAPTOP_MODEL, hidden_size=128, expansion=2.0, H_layers=2, L_layers=2, H_cycles=1),
        training=TrainingConfig(
            steps=4000,
            batch_size=64,
            lr=4e-3,
            weight_decay=1.0,
            warmup_steps=100,
            lr_min_ratio=0.1,
            max_segments=8,
            continue_share=0.25,
            ema_decay=0.99,
        ),
        runtime=RuntimeConfig(compile="auto"),
    )


def sudoku_extreme() -> RunConfig:
    """The paper's run on 1,000 puzzles of Sudoku-Extreme (arXiv 2506.21734): for a GPU. Give --task.train."""
    return RunConfig(
        recipe="sudoku-extreme",
        task=SudokuConfig(
            train=Path("data/sudoku-extreme/train.csv"), test=Path("data/sudoku-extreme/test.csv"), num_train=1000
        ),
        model=HRMConfig(),
        training=TrainingConfig(),
    )

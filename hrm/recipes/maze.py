"""Recipes for mazes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hrm.models.hrm import HRMConfig
from hrm.models.trm import TRMConfig
from hrm.recipes.sudoku import LAPTOP_MODEL
from hrm.runtime import RuntimeConfig
from hrm.tasks.maze import MazeConfig
from hrm.training.config import RunConfig
from hrm.training.settings import TrainingConfig


def maze_hard() -> RunConfig:
    """The paper's run on Maze-Hard, 30x30 (arXiv 2506.21734): for a GPU. Data: hrm data fetch maze-hard, or files.

    Expected: 74.5 % of the test mazes exactly as the label (the paper), run-to-run spread about 2 points. Several
    shortest paths are right, and the label is one of them: "a shortest path" is higher and not the paper's number.
    """
    return RunConfig(
        recipe="maze-hard",
        task=MazeConfig(
            train=Path("data/maze-hard/train.csv"),
            test=Path("data/maze-hard/test.csv"),
            num_train=1000,
            num_test=0,
        ),
        model=HRMConfig(),
        training=TrainingConfig(),
    )


def maze_hard_trm() -> RunConfig:
    """TRM's run on Maze-Hard, 30x30, with attention (arXiv 2510.04871): for a GPU. Data as for maze-hard.

    Expected: 85.3 % of the test mazes exactly as the label (the paper).
    """
    return replace(
        maze_hard(),
        recipe="maze-hard-trm",
        model=TRMConfig(L_cycles=4),
        training=TrainingConfig(steps=65_104, ema_decay=0.999),  # 50,000 epochs * 1,000 mazes / 768
    )


def maze_demo() -> RunConfig:
    """Perfect mazes of 9x9 on a laptop, in about five minutes on 2 cores."""
    return RunConfig(
        recipe="maze-demo",
        # Chosen on mazes of another data seed (docs/log.md, 2026-11-22). Short paths have to be among them: they are
        # learned first. Small batches and high rates overfit the mazes that are in the slots.
        task=MazeConfig(size=9, kind="perfect", longer_than=4, num_train=20_000),
        model=replace(LAPTOP_MODEL, hidden_size=128, expansion=2.0, H_layers=2, L_layers=2, H_cycles=1),
        training=TrainingConfig(
            steps=1500,
            batch_size=128,
            lr=2e-3,
            weight_decay=1.0,
            warmup_steps=100,
            lr_min_ratio=0.1,
            max_segments=6,
            continue_share=0.25,
            ema_decay=0.99,
        ),
        runtime=RuntimeConfig(compile="auto"),
    )

"""Runs on mazes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hrm.models.hrm import HRMConfig
from hrm.recipes.sudoku import LAPTOP_MODEL
from hrm.runtime import RuntimeConfig
from hrm.tasks.maze import MazeConfig
from hrm.training.folder import RunConfig
from hrm.training.loop import TrainingConfig


def maze_hard() -> RunConfig:
    """The paper's run on Maze-Hard, 30x30 (arXiv 2506.21734): for a GPU. Give --task.train and --task.test.

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


def maze_demo() -> RunConfig:
    """9x9 mazes on a laptop, in a few minutes on 2 cores."""
    return RunConfig(
        recipe="maze-demo",
        task=MazeConfig(size=9, num_train=20_000, longer_than=9),
        # First settings, after those of sudoku-demo; not tuned. In a minute on one core fewer segments and a larger
        # batch got further: with 8 segments of 64 slots the weights fit the mazes at hand (95 % of cells; held out 87).
        model=replace(LAPTOP_MODEL, hidden_size=128, expansion=2.0, H_layers=2, L_layers=2, H_cycles=1),
        training=TrainingConfig(
            steps=1500,
            batch_size=128,
            lr=2e-3,
            weight_decay=1.0,
            warmup_steps=100,
            lr_min_ratio=0.1,
            max_segments=4,
            ema_decay=0.99,
        ),
        runtime=RuntimeConfig(compile="auto"),
    )

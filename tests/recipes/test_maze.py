from __future__ import annotations

import pytest
from trained import trained_figures

from hrm.models.hrm import HRMConfig
from hrm.recipes import RECIPES
from hrm.tasks.maze import MazeConfig
from hrm.training.settings import TrainingConfig


def test_the_papers_run() -> None:
    """arXiv 2506.21734 and the published configuration for Maze-Hard: 20,000 epochs of 1,000 mazes, no augmentation."""
    recipe = RECIPES["maze-hard"]()
    assert recipe.model == HRMConfig(
        hidden_size=512, num_heads=8, H_layers=4, L_layers=4, H_cycles=2, L_cycles=2, mixing="attention"
    )
    t = recipe.training
    assert t == TrainingConfig(
        batch_size=768,
        steps=20_000 * 1000 // 768,
        lr=1e-4,
        weight_decay=1.0,
        puzzle_lr=1e-4,
        puzzle_weight_decay=1.0,
        warmup_steps=2000,
        lr_min_ratio=1.0,
        loss="stablemax",
        max_segments=16,
        exploration_prob=0.1,
        ema_decay=0.0,
    )
    assert isinstance(recipe.task, MazeConfig)
    assert recipe.task.size == 30
    assert recipe.task.train is not None
    assert recipe.task.test is not None
    assert (recipe.task.num_train, recipe.task.num_test) == (1000, 0)
    assert not recipe.task.build().augments


def test_the_demo_trains_on_small_mazes_that_it_generates() -> None:
    task = RECIPES["maze-demo"]().task
    assert isinstance(task, MazeConfig)
    assert task.size == 9
    assert task.train is task.test is None
    assert task.build().augments


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_demo_finds_shortest_paths() -> None:
    assert trained_figures(RECIPES["maze-demo"]())["halting"]["solved"] > 0.8

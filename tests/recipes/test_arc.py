from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from trained import trained_figures

from hrm.models.hrm import HRMConfig
from hrm.recipes import RECIPES
from hrm.recipes.arc import DEMO_EVALUATION, DEMO_TRAINING
from hrm.tasks.arc import ArcConfig
from hrm.training.config import RunConfig


@pytest.mark.parametrize(("name", "steps"), [("arc-1", 414_456), ("arc-2", 607_682)])
def test_the_papers_runs(name: str, steps: int) -> None:
    """arXiv 2506.21734 and the published configurations for ARC."""
    recipe = RECIPES[name]()
    assert recipe.model == HRMConfig(hidden_size=512, num_heads=8, H_layers=4, L_layers=4, H_cycles=2, L_cycles=2)
    assert recipe.model.puzzle_embedding_size == 512
    t = recipe.training
    assert (t.steps, t.batch_size, t.lr, t.weight_decay) == (steps, 768, 1e-4, 0.1)
    assert (t.puzzle_lr, t.puzzle_weight_decay, t.warmup_steps, t.lr_min_ratio) == (1e-2, 0.1, 2000, 1.0)
    assert (t.max_segments, t.exploration_prob, t.loss, t.ema_decay) == (16, 0.1, "stablemax", 0.0)
    assert isinstance(recipe.task, ArcConfig)
    assert (recipe.task.canvas, recipe.task.num_augmentations, recipe.task.tasks) == (30, 1000, ())


def test_the_papers_numbers_of_tasks(shared: Path) -> None:
    arc = shared / "data" / "arc"
    concept = arc / "kaggle" / "arc-agi_concept_challenges.json"
    for name, num_tasks, more in (("arc-1", 960, (concept,)), ("arc-2", 1120, ())):
        config = RECIPES[name]().task
        train, test = (
            tuple(arc / path.relative_to("data") for path in paths if "concept" not in str(path))
            for paths in (config.train, config.test)
        )
        assert replace(config, train=train + more, test=test).build().spec.num_puzzles == 1 + num_tasks * 1001


def arc_demo(shared: Path) -> RunConfig:
    recipe = RECIPES["arc-demo"]()
    arc = shared / "data" / "arc" / "arc-agi-1" / "data"
    return replace(recipe, task=replace(recipe.task, train=(arc / "training",), test=(arc / "evaluation",)))


def test_the_demo_knows_its_tasks(shared: Path) -> None:
    split = arc_demo(shared).task.build().split
    assert {task.name for task in split.tasks[: split.num_train]} == set(DEMO_TRAINING)
    assert {task.name for task in split.evaluation} == set(DEMO_EVALUATION)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_demo_solves_an_evaluation_task_by_vote(shared: Path) -> None:
    figures = trained_figures(arc_demo(shared))["scores"]
    assert figures["tasks"] == len(DEMO_EVALUATION)
    assert figures["all_test_inputs"]["pass@2"] >= 1 / len(DEMO_EVALUATION)

from __future__ import annotations

import pytest
import torch

from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.models.hrm import HRMConfig
from hrm.recipes import RECIPES
from hrm.runtime import resolve
from hrm.training.folder import RunConfig
from hrm.training.loop import initial_state, train


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_a_whole_run_under_its_own_name(name: str) -> None:
    recipe = RECIPES[name]()
    assert recipe.recipe == name
    assert recipe == RECIPES[name]()
    assert RunConfig.from_dict(recipe.to_dict(), "config.json") == recipe
    assert (RECIPES[name].__doc__ or "").strip(), "hrm list shows the first line"


def test_the_papers_run() -> None:
    """arXiv 2506.21734 and the published configuration for 1,000 puzzles of Sudoku-Extreme."""
    recipe = RECIPES["sudoku-extreme"]()
    assert recipe.model == HRMConfig(hidden_size=512, num_heads=8, H_layers=4, L_layers=4, H_cycles=2, L_cycles=2)
    t = recipe.training
    assert (t.batch_size, t.steps, t.lr, t.weight_decay, t.warmup_steps) == (768, 26_041, 1e-4, 1.0, 2000)
    assert (t.puzzle_lr, t.puzzle_weight_decay, t.lr_min_ratio, t.loss) == (1e-4, 1.0, 1.0, "stablemax")
    assert (t.max_segments, t.exploration_prob, t.ema_decay) == (16, 0.1, 0.0)


def trained_accuracy(name: str) -> dict[str, float]:
    recipe = RECIPES[name]()
    torch.manual_seed(recipe.seed)
    task, runtime = recipe.task.build(), resolve(recipe.runtime)
    state = initial_state(recipe.model.build(task.spec), task.spec, recipe.training, recipe.seed, runtime)
    for _ in train(state, task, recipe.training, recipe.seed, runtime):
        pass
    state.model.load_state_dict(state.ema.evaluated(state.model))
    table = concatenate(list(evaluate(state.model, task, runtime, max_segments=recipe.training.max_segments)))
    figures = summarize(table)
    return {"first": figures["segments"][0]["solved"], "last": figures["solved"]}


def test_4x4_learns() -> None:
    assert trained_accuracy("sudoku-4x4")["last"] > 0.9


@pytest.mark.slow
def test_the_demo_reaches_what_the_readme_says() -> None:
    accuracy = trained_accuracy("sudoku-demo")
    assert accuracy["last"] >= 0.9
    assert accuracy["last"] > accuracy["first"] + 0.1, "thinking longer helps"

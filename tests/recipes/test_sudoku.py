from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from trained import trained_figures

from hrm.errors import InputError
from hrm.models.hrm import HRMConfig
from hrm.recipes import RECIPES
from hrm.training.config import RunConfig


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


def test_the_papers_run_on_all_puzzles() -> None:
    """The published configuration for the full training set: 100 epochs of 3,831,994 puzzles."""
    recipe = RECIPES["sudoku-full"]()
    assert recipe.model == HRMConfig(L_cycles=8, positions="learned")
    t = recipe.training
    assert t.steps == 100 * 3_831_994 // 2304
    assert (t.batch_size, t.lr, t.weight_decay, t.warmup_steps, t.lr_min_ratio) == (2304, 3e-4, 0.1, 2000, 0.1)
    assert (t.puzzle_lr, t.puzzle_weight_decay, t.loss, t.max_segments) == (3e-4, 0.1, "softmax", 8)
    assert recipe.task == replace(RECIPES["sudoku-extreme"]().task, num_train=0), "all of the file"


def test_a_training_file_alone_is_enough_to_train(tmp_path: Path) -> None:
    answer = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
    (tmp_path / "mine.csv").write_text(f"question,answer\n.{answer[1:]},{answer}\n")
    for name in ("sudoku-extreme", "sudoku-full"):
        recipe = RECIPES[name]().task
        task = replace(recipe, train=tmp_path / "mine.csv", test=tmp_path / recipe.test).build()
        assert task.train_batch(0, 4, seed=0).inputs.shape == (4, 81)
        with pytest.raises(InputError, match=r"sudoku-extreme/test\.csv: no such file .'hrm data fetch'"):
            next(task.eval_batches(4))


@pytest.mark.slow  # tests/inference/test_solver.py has a shorter training, and asks for less
@pytest.mark.timeout(900)  # half a minute where matrices are multiplied fast, more elsewhere
def test_4x4_learns() -> None:
    recipe = RECIPES["sudoku-4x4"]()
    half = replace(recipe, training=replace(recipe.training, steps=recipe.training.steps // 2))
    assert trained_figures(half)["solved"] > 0.85  # 0.96 on an AMD EPYC in float32


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("recipe", "least"), [("sudoku-demo", 0.88), ("sudoku-demo-trm", 0.94)])
def test_the_demos_reach_what_the_readme_says(recipe: str, least: float) -> None:
    figures = trained_figures(RECIPES[recipe](), 32)
    assert figures["solved"] >= least  # a little less than there: other machines round differently, which moves a run
    assert figures["solved"] > figures["segments"][0]["solved"] + 0.1, "thinking longer helps"

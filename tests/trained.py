"""A recipe from its beginning to its figures, for tests that check what a recipe promises."""

from __future__ import annotations

from typing import Any

import torch

from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.runtime import resolve
from hrm.training.config import RunConfig
from hrm.training.loop import initial_state, train


def trained_figures(recipe: RunConfig, max_segments: int | None = None) -> dict[str, Any]:
    """Trains, and measures the average weights on the held-out puzzles; with what the task itself scores."""
    torch.manual_seed(recipe.seed)
    task, runtime = recipe.task.build(), resolve(recipe.runtime)
    state = initial_state(recipe.model.build(task.spec), task.spec, recipe.training, recipe.seed, runtime)
    for _ in train(state, task, recipe.training, recipe.seed, runtime):
        pass
    assert state.ema is not None
    state.model.load_state_dict(state.ema.evaluated(state.model))
    segments = max_segments or recipe.training.max_segments
    table = concatenate(list(evaluate(state.model, task, runtime, max_segments=segments)))
    return {**summarize(table), "scores": task.scores(table.answers, table.certainty[:, -1]).figures}

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import torch

from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.recipes import RECIPES
from hrm.runtime import resolve
from hrm.tasks.grid import GridConfig
from hrm.training.loop import initial_state, train


def test_a_rule_is_learned_from_pairs(tmp_path: Path) -> None:
    """Rows of two cells that change places; 1 in 256 would be guessed."""
    grids = [["".join(row[:2]), "".join(row[2:])] for row in product("abcd", repeat=4)]
    lines = [{"input": grid, "output": [row[::-1] for row in grid]} for grid in grids]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, lines)))
    recipe = RECIPES["grid"]()
    torch.manual_seed(0)
    task = GridConfig(data=tmp_path / "pairs.jsonl", held_out_share=0.2).build()
    runtime = resolve(recipe.runtime)
    training = replace(recipe.training, steps=40, warmup_steps=5, lr=8e-3, ema_decay=0.9)
    state = initial_state(recipe.model.build(task.spec), task.spec, training, 0, runtime)
    for _ in train(state, task, training, 0, runtime):
        pass
    table = concatenate(list(evaluate(state.model, task, runtime, max_segments=4)))
    assert summarize(table)["puzzles"] == 51
    assert summarize(table)["exact"] > 0.5

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import torch

from hrm.models import MODELS
from hrm.models.base import Reasoner
from hrm.store.folder import LoadedModel, build, describe
from hrm.tasks.sudoku import SudokuConfig

SMALLEST: dict[str, dict[str, Any]] = {
    "hrm": {"H_layers": 1, "L_layers": 1, "H_cycles": 1, "L_cycles": 2},
    "trm": {"L_layers": 1, "H_cycles": 2, "L_cycles": 2, "mixing": "mlp", "positions": "none"},
    "transformer": {"H_layers": 1},
    "universal": {"H_layers": 1, "L_cycles": 3},
    "recurrent": {"H_layers": 1, "L_cycles": 3},
    "urm": {"H_layers": 1, "H_cycles": 1, "L_cycles": 2},
    "direct": {"H_layers": 1},
    "deep": {"H_layers": 2},
    "equivariant": {"L_layers": 1, "H_cycles": 2, "L_cycles": 2},
    "lattice": {"H_layers": 1, "H_cycles": 2},
}
"""Settings that keep every kind of model small."""


def untrained(name: str, path: Path = Path("here"), size: int = 4, **settings: Any) -> LoadedModel:
    """A small model for 4 x 4 boards, with a puzzle embedding, as if it had been loaded."""
    sizes = {"hidden_size": 16, "puzzle_embedding_size": 16}
    sizes |= {} if name == "equivariant" else {"num_heads": 2, "expansion": 1.0}
    config = describe(MODELS[name](**{**sizes, **SMALLEST[name], **settings}), SudokuConfig(size=size, num_test=12))
    torch.manual_seed(0)
    model, task = build(config, "a test")
    return LoadedModel(with_life(model).eval(), task, config, path)


def with_life(model: Reasoner) -> Reasoner:
    """Weights that start at zero (heads of q, puzzles) would hide what is mixed up between them."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "q_head" in name or "puzzles" in name:
                parameter.normal_()
    return model


@functools.cache
def hrm_and_graph() -> tuple[LoadedModel, Any]:
    """A model and its segment as ONNX, exported once for all tests: that takes seconds."""
    from hrm.export.graph import segment_graph

    loaded = untrained("hrm", L_cycles=3)
    return loaded, segment_graph(loaded.model, loaded.task.spec)

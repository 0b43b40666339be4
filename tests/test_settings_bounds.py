"""Numbers that nobody means, in every setting of every model, training and task: refused by name, or harmless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from hrm.errors import InputError
from hrm.models import MODELS
from hrm.tasks import TASKS as NAMED
from hrm.tasks.arc.task import ArcConfig
from hrm.tasks.board import BoardConfig
from hrm.tasks.grid import GridConfig
from hrm.tasks.gym import GymConfig
from hrm.tasks.maze import MazeConfig
from hrm.tasks.published.task import PublishedConfig
from hrm.tasks.sudoku import SudokuConfig
from hrm.training.config import RunConfig
from hrm.training.settings import TrainingConfig

BAD = {"int": [-5, 2**64, 10**30], "float": [-1.0, float("nan"), float("inf")]}
TASKS = [
    SudokuConfig(),
    MazeConfig(),
    GridConfig(data=Path("x"), symmetries=(), rename="", symbols="ab", shape=(2, 2)),
    GymConfig(),
    ArcConfig(train=(Path("x"),), num_tasks=3),
    PublishedConfig(vocab_size=6, seq_len=16, num_puzzles=1, kind="sudoku"),
    *(config() for config in NAMED.values() if issubclass(config, BoardConfig)),
]


def settings(config: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(config):
        kind = field.type.removesuffix(" | None")
        if kind in BAD:
            yield from ((field.name, value) for value in BAD[kind])
        elif kind in ("tuple[int, int]", "tuple[float, float]", "tuple[int, ...]"):
            yield from ((field.name, (value, value)) for value in BAD[kind[6:].partition(",")[0]])


def make(config: Any, name: str, value: Any) -> None:
    changed = replace(config, **{name: value})
    if isinstance(changed, tuple(map(type, TASKS))):  # which looks at its settings when it is built
        changed.build()


CASES = [
    pytest.param(config, name, value, id=f"{type(config).__name__}.{name}={value}")
    for config in [*(cls() for cls in MODELS.values()), TrainingConfig(), *TASKS]
    for name, value in settings(config)
]


@pytest.mark.parametrize(("config", "name", "value"), CASES)
def test_a_number_that_nobody_means_is_refused(config: Any, name: str, value: Any) -> None:
    with pytest.raises(InputError, match=name):
        make(config, name, value)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_is_one_of_the_random_streams(tiny_run: RunConfig, seed: int) -> None:
    with pytest.raises(InputError, match="seed"):
        replace(tiny_run, seed=seed)
    assert replace(tiny_run, seed=2**63 - 1).seed

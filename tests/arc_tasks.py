"""Small ARC tasks, what writes them to disk, and what draws others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hrm.puzzles.arc.files import ArcTask, Pair
from hrm.puzzles.arc.grids import Grid

Json = dict[str, Any]


def grid(text: str) -> Grid:
    """``"12 30"`` -> rows 1 2 and 3 0."""
    return np.array([[int(colour) for colour in row] for row in text.split()], dtype=np.uint8)


def make_task(name: str, demonstrations: list[tuple[str, str]], tests: list[tuple[str, str | None]]) -> ArcTask:
    return ArcTask(
        name,
        name,
        tuple(Pair(grid(one), grid(other)) for one, other in demonstrations),
        tuple(Pair(grid(one), None if other is None else grid(other)) for one, other in tests),
    )


def as_json(task: ArcTask, *, answers: bool = True) -> Json:
    def pair(item: Pair, whole: bool) -> Json:
        plain = {"input": item.input.tolist()}
        return plain if not whole or item.output is None else {**plain, "output": item.output.tolist()}

    return {"train": [pair(p, True) for p in task.demonstrations], "test": [pair(p, answers) for p in task.tests]}


def write_folder(folder: Path, *tasks: ArcTask) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for task in tasks:
        (folder / f"{task.name}.json").write_text(json.dumps(as_json(task)))
    return folder


SWAP = make_task("swap", [("12", "21"), ("340", "043"), ("5", "5")], [("67", "76")])
FALL = make_task("fall", [("10 00", "00 10"), ("220 000", "000 220")], [("300 030", "000 330"), ("04 00", "00 04")])
GROW = make_task("grow", [("8", "88 88"), ("90", "9900 9900")], [("7", "77 77")])


def settings_of(folder: Path, train: Sequence[ArcTask] = (SWAP, GROW), test: Sequence[ArcTask] = (FALL,)) -> Any:
    """Tasks written below ``folder``, as settings of the task; by default two to train on and one to evaluate."""
    sets = {"train": train, "test": test}
    return {key: (write_folder(folder / key, *tasks),) for key, tasks in sets.items() if tasks}


def grids(max_side: int = 6, colours: int = 9) -> st.SearchStrategy[Grid]:
    side = st.integers(1, max_side)
    return arrays(np.uint8, st.tuples(side, side), elements=st.integers(0, colours))


def pairs(max_side: int = 6) -> st.SearchStrategy[Pair]:
    return st.builds(Pair, grids(max_side), grids(max_side))


def tasks() -> st.SearchStrategy[ArcTask]:
    some = st.lists(pairs(4), min_size=1, max_size=3).map(tuple)
    return st.builds(ArcTask, st.sampled_from(["a", "b"]), st.just("place"), some, some)


COLOURS = st.permutations(range(1, 10)).map(lambda order: np.array([0, *order], dtype=np.uint8))
"""What the colours become under a variant."""

"""The page's rules of families of boards against those of Python, in Node: they need no browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.export.page_model import cells_of, rules_of
from hrm.tasks import TASKS
from hrm.tasks.board import BoardConfig, BoardTask

SCRIPT = """
import { readFileSync } from "node:fs";
import { RULES } from "./rules.js";
const { model, pairs } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const rules = RULES[model.rules.name];
console.log(JSON.stringify(pairs.map(([puzzle, answer]) => ({
  solved: rules.solved(puzzle, answer, model),
  conflicts: [...rules.conflicts(puzzle, answer, model)].sort((a, b) => a - b),
  fault: rules.fault(puzzle, model),
}))));
"""

FAMILIES = [name for name, config in TASKS.items() if issubclass(config, BoardConfig) and rules_of(config().build())]


def verdicts(task: BoardTask, pairs: list[tuple[np.ndarray, np.ndarray]], folder: Path) -> list[dict[str, Any]]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node here: the rules of the page are not run")
    for file in resources.files("hrm.export").joinpath("site").iterdir():
        if file.name.endswith(".js"):
            (folder / file.name).write_bytes(file.read_bytes())
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "judge.js").write_text(SCRIPT)
    model = {"rules": rules_of(task), "grid": task.spec.grid_shape, **cells_of(task)._asdict()}
    asked = {"model": model, "pairs": [[a.tolist(), b.tolist()] for a, b in pairs]}
    (folder / "asked.json").write_text(json.dumps(asked))
    done = subprocess.run(
        [node, folder / "judge.js", folder / "asked.json"], capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout))


def spoilt(draws: np.random.Generator, board: np.ndarray, tokens: tuple[int, ...], most: int) -> np.ndarray:
    other = board.copy()
    places = draws.integers(len(board), size=draws.integers(0, most + 1))
    other[places] = draws.choice(tokens, size=len(places))
    return other


def solution(task: BoardTask, puzzle: np.ndarray) -> Any:
    try:
        return task.family.solve(puzzle)
    except InputError as error:
        return error


@pytest.mark.parametrize("name", FAMILIES)
def test_the_page_judges_as_python_does(name: str, tmp_path: Path) -> None:
    task = TASKS[name](num_train=2, num_test=40).build()  # type: ignore[call-arg]
    assert isinstance(task, BoardTask)
    draws, boards, everything = np.random.default_rng(0), task.test_examples, tuple(range(task.spec.vocab_size))
    pairs = [
        (spoilt(draws, a, task.family.asked, 1), spoilt(draws, b, everything, 2))
        for a, b in zip(boards.inputs.astype(np.int64), boards.labels.astype(np.int64), strict=True)
        for _ in range(8)
    ]
    told = verdicts(task, pairs, tmp_path)
    solved = [bool(task.rules.are_solved(a[None], b[None])[0]) for a, b in pairs]
    assert [one["solved"] for one in told] == solved
    assert 20 < sum(solved) < len(pairs) - 20
    for (puzzle, answer), one in zip(pairs, told, strict=True):
        broken = task.family.broken(puzzle[None], answer[None])[0]
        assert one["conflicts"] == np.flatnonzero(broken).tolist()
    for puzzle, one in zip((a for a, _ in pairs), told, strict=True):
        has_answer = not isinstance(solution(task, puzzle), InputError)
        assert not (has_answer and one["fault"]), "a puzzle that has an answer"
        assert has_answer or one["fault"] or name != "lights-out", "that of others would take a search"
    assert any(one["fault"] for one in told) or name == "hitori", "whose page looks for none"

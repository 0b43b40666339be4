"""Our own models as rows: on the puzzles of a log, or as ``hrm eval`` has measured them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hrm.errors import InputError
from hrm.files import read_json
from hrm.llm.logs import kind_of_spec
from hrm.llm.questions import digest_of
from hrm.llm.rows import ONE_KIND, Kind, Row
from hrm.llm.written import read
from hrm.puzzles.arc.report import ALL, ATTEMPTS
from hrm.puzzles.base import Example
from hrm.store.locate import build_task, read_config, resolve
from hrm.tasks.arc import ArcConfig
from hrm.tasks.base import Task

if TYPE_CHECKING:
    from hrm.inference.solution import Solution

RESULTS = "results.json"


def on_puzzles(
    model: str, kind: Kind, questions: Mapping[str, tuple[str, str]], max_segments: int | None = None
) -> Row:
    """The row of a model that thinks about these puzzles now, each for all segments as ``hrm eval`` does: no rule helps
    it to stop. questions: by puzzle, the board in a line and the label, as a log has them.

    max_segments: as in training when None. Raises ``InputError`` for a model of other puzzles.
    """
    folder = resolve(model)
    task = build_task(read_config(folder), str(folder))  # without torch: a wrong model is told at once
    found = kind_of_spec(task.config.name, task.spec)
    if found != kind:
        raise InputError(f"{model} is a model for {found}, the log is about {kind}: {ONE_KIND}")
    from hrm.inference.making import make_solver
    from hrm.inference.ready import work_of
    from hrm.runtime import RuntimeConfig
    from hrm.runtime import resolve as runtime_of
    from hrm.store.folder import load_model

    loaded = load_model(model)
    segments = max_segments or loaded.max_segments
    work = work_of(loaded.model, task, len(questions), segments)
    runtime = runtime_of(RuntimeConfig(), work, solving=True)
    solver = make_solver(loaded, halt="fixed", max_segments=segments, attempts=1, runtime=runtime)
    examples = [Example(read(task.spec, question), None) for question, _ in questions.values()]
    solver.solve_examples(examples[:1])  # warm: memory, threads, compiling
    start = time.perf_counter()
    solutions = solver.solve_examples(examples)
    seconds = time.perf_counter() - start
    outcomes = {
        puzzle: _is_solved(task, solution, label)
        for (puzzle, (_, label)), solution in zip(questions.items(), solutions, strict=True)
    }
    return Row(
        name=model,
        source=model,
        kind=kind,
        solved=sum(outcomes.values()),
        puzzles=len(outcomes),
        outcomes=outcomes,
        digest=digest_of(outcomes),
        spent=float(np.mean([solution.spent for solution in solutions])),
        seconds=seconds / len(solutions),
        limits=f"{segments} segments",
        date=datetime.now(UTC).date().isoformat(),
    )


def _is_solved(task: Task, solution: Solution, label: str) -> bool:
    if solution.solved is not None:
        return solution.solved
    return bool(label) and bool((solution.answer == read(task.spec, label)).all())


def as_measured(model: str) -> Row:
    """The row of a run or model folder by its ``results.json``. Raises ``InputError`` where it has none."""
    found, folder = resolve(model), Path(model).expanduser()  # of a run the results are in the run's own folder
    file = folder / RESULTS
    if not file.is_file():
        raise InputError(
            f"{model} has no {RESULTS}: measure it with 'hrm eval {model}', or name a log to compare it with"
        )
    results = read_json(file)
    task = build_task(read_config(found), str(found))
    is_arc = task.config.name == ArcConfig.name
    kind = Kind(name=ArcConfig.name) if is_arc else kind_of_spec(task.config.name, task.spec)
    share, puzzles = (
        _of_arc(results) if is_arc else (results.get("solved"), results.get("with_verdict", results.get("puzzles")))
    )
    if not isinstance(share, int | float) or not isinstance(puzzles, int) or not puzzles:
        raise InputError(f"{file} does not say what was solved: measure it again with 'hrm eval {model}'")
    segments = results.get("max_segments")
    return Row(
        name=model,
        source=model,
        kind=kind,
        solved=round(share * puzzles),
        puzzles=puzzles,
        digest=results.get("puzzles_digest"),
        attempts=ATTEMPTS if is_arc else 1,
        spent=segments,
        limits=f"{segments} segments",
        date=datetime.fromtimestamp(file.stat().st_mtime, UTC).date().isoformat(),
    )


def _of_arc(results: Mapping[str, Any]) -> tuple[Any, Any]:
    """Share of the tasks that are solved in two attempts, and their number."""
    scores = results.get("scores", {})
    return scores.get(ALL, {}).get(f"pass@{ATTEMPTS}"), scores.get("tasks")

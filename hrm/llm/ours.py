"""Our own models as rows: on the puzzles of a log, or as ``hrm eval`` has measured them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.files import read_json
from hrm.intervals import count
from hrm.llm.logs import Asked, kind_of_task
from hrm.llm.questions import digest_of
from hrm.llm.rows import ONE_KIND, PuzzleKind, Row
from hrm.llm.written import read, write
from hrm.puzzles.arc.report import ALL, ATTEMPTS
from hrm.puzzles.base import Example, in_words, is_in_words
from hrm.store.locate import build_task, read_config, resolve
from hrm.tasks.arc import ArcConfig
from hrm.tasks.base import Task, required_text
from hrm.tasks.gym import Gym

RESULTS = "results.json"


def on_puzzles(model: str, kind: PuzzleKind, questions: Mapping[str, Asked], max_segments: int | None = None) -> Row:
    """The row of a model that thinks about these puzzles now, each for all segments as ``hrm eval`` does: no rule helps
    it to stop. Answers are judged as those of a language model are. questions: by puzzle, as a log has them.

    max_segments: as in training when None. Raises ``InputError`` for a model of other puzzles.
    """
    folder = resolve(model)
    task = build_task(read_config(folder), str(folder))  # without torch: a wrong model is told at once
    found = kind_of_task(task.config)
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
    examples, unread = _examples(task, questions)
    solver.solve_examples([*examples.values()][:1])  # warm: memory, threads, compiling
    start = time.perf_counter()
    solutions = dict(zip(examples, solver.solve_examples([*examples.values()]), strict=True))
    seconds = time.perf_counter() - start
    outcomes = {
        puzzle: puzzle in solutions and _is_solved(task, asked, solutions[puzzle].answer)
        for puzzle, asked in questions.items()
    }
    return Row(
        name=model,
        source=model,
        kind=kind,
        solved=sum(outcomes.values()),
        puzzles=len(outcomes),
        outcomes=outcomes,
        digest=digest_of(outcomes),
        spent=float(np.mean([solution.spent for solution in solutions.values()])) if solutions else None,
        seconds=seconds / len(outcomes),
        limits=f"{segments} segments",
        date=datetime.now(UTC).date().isoformat(),
        notes=_notes(model, task, questions, unread),
    )


def _examples(task: Task, questions: Mapping[str, Asked]) -> tuple[dict[str, Example], int]:
    """The puzzles as the model reads them, and how many of them it cannot: a question in words may be longer than those
    that it was trained on."""
    examples: dict[str, Example] = {}
    for puzzle, asked in questions.items():
        if is_in_words(task.text):
            with contextlib.suppress(InputError):
                examples[puzzle] = required_text(task).parse(asked.question)
        else:
            examples[puzzle] = Example(read(task.spec, asked.question), None)
    return examples, len(questions) - len(examples)


def _is_solved(task: Task, asked: Asked, answer: NDArray[np.integer]) -> bool:
    """True where the judge of the log takes this answer (S,), written out."""
    if is_in_words(task.text):
        text = in_words(task.text, required_text(task).parse(asked.question).inputs, answer) or ""
    else:
        text = write(task.spec, answer)
    return asked.judge(text).solved


def _notes(model: str, task: Task, questions: Mapping[str, Asked], unread: int) -> tuple[str, ...]:
    """Lines on puzzles that the model cannot read, and on those that it has seen."""
    notes = []
    if unread:
        notes.append(f"{model}: {count(unread, 'puzzle')} of the log do not fit its positions, and count as not solved")
    if isinstance(task, Gym):  # whose held-out questions depend on their number and seed
        trained = {entry.question for entry in task.entries.train}
        if seen := sum(asked.question in trained for asked in questions.values()):
            notes.append(f"{model}: {count(seen, 'puzzle')} of the log may have been trained on")
    return tuple(notes)


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
    is_arc = isinstance(task.config, ArcConfig)
    share, puzzles = (
        _of_arc(results) if is_arc else (results.get("solved"), results.get("with_verdict", results.get("puzzles")))
    )
    if not isinstance(share, int | float) or not isinstance(puzzles, int) or not puzzles:
        raise InputError(f"{file} does not say what was solved: measure it again with 'hrm eval {model}'")
    segments = results.get("max_segments")
    return Row(
        name=model,
        source=model,
        kind=kind_of_task(task.config),
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

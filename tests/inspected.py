"""Tasks of ``hrm_lab`` run by Inspect against the server of ``llm_server``: what tests of logs and of verbs share."""

from __future__ import annotations

import gc
import importlib.metadata
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from llm_server import Reply, language_model

WRONG_DIGITS = str.maketrans("12", "21")

TIME_LIMIT = 5
"""Seconds after which a server that does not answer counts as one that never does."""

ENDINGS: tuple[tuple[str, Callable[[str], Reply]], ...] = (
    ("solved", lambda label: Reply(f"Let me see.\n<answer>\n{label}\n</answer>")),
    ("wrong", lambda label: Reply(f"<answer>{label.translate(WRONG_DIGITS)}</answer>")),
    ("malformed", lambda _: Reply("<answer>I give up</answer>")),
    ("too long", lambda _: Reply("First 1, then 2, then", finish="length")),
    ("missing", lambda _: Reply("There is a 4 somewhere.")),
    ("refused", lambda _: Reply("", finish="content_filter")),
    ("failed", lambda _: Reply("no such model", status=400)),
    ("out of time", lambda _: Reply(waits=True)),
)
"""How an answer ends, and what the server does to the puzzle with this label."""


def needs_inspect() -> None:
    """Skip where Inspect is not installed."""
    pytest.importorskip("inspect_ai", reason="needs Inspect: pip install 'hrm-lab[llm]'")
    pytest.importorskip("openai", reason="needs an OpenAI client: pip install 'hrm-lab[llm]'")


def needs_entry_point() -> None:
    """Skip where this checkout is not installed: Inspect finds tasks by the entry point of a package."""
    needs_inspect()
    names = {point.name for point in importlib.metadata.entry_points(group="inspect_ai")}
    if "hrm_lab" not in names:
        pytest.skip("Inspect knows no hrm_lab: pip install --editable . (the package was installed before it had one)")


def by_turns(samples: Sequence[Any], endings: Sequence[Callable[[str], Reply]]) -> Callable[[str], Reply]:
    """A server's answers to samples: the first ends in the first way, and so on around."""
    place = {sample.input: number for number, sample in enumerate(samples)}

    def reply(prompt: str) -> Reply:
        number = place[prompt]
        return endings[number % len(endings)](samples[number].target)

    return reply


@contextmanager
def quiet() -> Iterator[None]:
    """Inspect leaves streams to the garbage collector, which warns of them: here, and not in a later test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            gc.collect()


def run(task: Any, reply: Callable[[str], Reply], folder: Path, **options: Any) -> Any:
    """The log of a task whose answers a server on this machine gives."""
    from inspect_ai.model import get_model

    with language_model(reply) as server:
        model = get_model("openai-api/local/parrot", base_url=server.url, api_key="none", memoize=False)
        return evaluated(task, model, folder, max_connections=30, **options)


def evaluated(task: Any, model: Any, folder: Path, **options: Any) -> Any:
    """The log of a task that ``model`` of Inspect answers."""
    import inspect_ai

    with quiet():
        (log,) = inspect_ai.eval(task, model=model, log_dir=str(folder), display="none", **options)
    return log


def log_of_20(folder: Path) -> Path:
    """A log of 20 Sudokus of 4 x 4 that ended in every way, the first three of each eight the same."""
    from hrm_lab.tasks import sudoku_4x4

    run(sudoku_4x4(limit=1), lambda _: Reply(), folder / "warm")  # importing the client takes seconds of the limit
    task = sudoku_4x4(limit=20)
    reply = by_turns(list(task.dataset), [ending for _, ending in ENDINGS])
    return Path(run(task, reply, folder, time_limit=TIME_LIMIT).location)

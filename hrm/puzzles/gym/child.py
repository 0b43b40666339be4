"""The process that makes entries (``entries.make``): JSON on standard input, JSON on standard output."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from hrm.files import parse_json, read_stream
from hrm.puzzles.gym.library import dataset

ANSWERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "graph_color": lambda known: json.dumps({str(key): value for key, value in known["possible_answer"].items()}),
    "propositional_logic": lambda known: str(known["example_answer"]),
    "rubiks_cube": lambda known: str(known["example_correct_answer"]),
}
"""Data sets whose entries have several right answers and name one of them in their metadata alone."""

UNUSED = {"source_dataset", "source_index", "difficulty"}
"""Keys of the metadata that no scorer asks for."""

MOST_TRIES = 3
"""Failures in a row, before any success, after which a generator is given up. Chosen by hand."""


class NoLiteralError(Exception):
    """A value that cannot be written as a Python literal."""


def literal(value: Any) -> Any:
    """The value in Python's own types, numpy's as theirs. Raises ``NoLiteralError``."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | bytes):
        return value
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise NoLiteralError
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {literal(key): literal(one) for key, one in value.items()}
    for kind in (list, tuple, set):
        if isinstance(value, kind):
            return kind(literal(one) for one in value)
    raise NoLiteralError


def stored(metadata: Mapping[str, Any]) -> str:
    """The metadata as a literal, without what is none."""
    kept = {}
    for key, value in metadata.items():
        if key not in UNUSED:
            with contextlib.suppress(NoLiteralError):
                kept[key] = literal(value)
    return repr(kept)


def entries(name: str, options: dict[str, Any], seed: int, num: int) -> dict[str, Any]:
    """``num`` entries [question, answer, metadata], and why some are missing."""
    made: list[tuple[str, str, str]] = []
    reason = ""
    source = dataset(name, options, seed=seed, size=num)
    for index in range(num):
        try:
            entry = source[index]
            answer = ANSWERS[name](entry["metadata"]) if name in ANSWERS else entry["answer"]
        except Exception as error:  # a generator of others, which may fail in any way
            reason = f"{type(error).__name__}: {error}"
            if not made and index + 1 >= MOST_TRIES:
                break
            continue
        if isinstance(answer, str):
            made.append((str(entry["question"]), answer, stored(entry["metadata"])))
        else:
            reason = f"the answer is {answer!r:.40}"
            if not made and index + 1 >= MOST_TRIES:
                break
    return {"entries": made, "reason": reason}


def main() -> int:
    """The process: its exit status. Standard output is for the answer alone, and some generators print, in threads."""
    asked = parse_json(read_stream(sys.stdin, "the request"), "the request")
    out, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(entries(asked["name"], asked["options"], asked["seed"], asked["num"])), file=out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

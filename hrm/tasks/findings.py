"""Findings on the training data of a task before a model is trained on them: doubles, contradictions, too few."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from hrm.tasks.base import Task

FEWEST = 20
"""Puzzles, of training or held out, below which nothing is said: the interval of 10 of 20 is 30 to 70 %."""

MOST_PUZZLES = 10_000
"""Puzzles that are looked at: those of a person's own file, and of larger data enough to see their kind."""


def findings(task: Task) -> list[str]:
    """Sentences about the first puzzles that ``task`` trains on, each of which may spoil a run; none where all is well.

    None either where a puzzle is known by its id (ARC): a few examples of each are all there are.

    Raises ``InputError`` where the data cannot be read.
    """
    if task.spec.num_puzzles > 1:
        return []
    examples = list(islice(_examples(task), MOST_PUZZLES))
    num = len(examples)
    answers: dict[bytes, set[bytes]] = {}
    for inputs, labels in examples:
        answers.setdefault(inputs, set()).add(labels)
    contradictions = sum(len(found) > 1 for found in answers.values())
    doubles = num - sum(len(found) for found in answers.values())
    copies = sum(inputs == labels for inputs, labels in examples)
    few = f"{num:,} puzzle{'s' * (num != 1)} to train on: of fewer than {FEWEST} little can be learned or measured"
    said = {
        few: num < FEWEST,
        f"{doubles:,} of {num:,} puzzles occur twice or more": doubles,
        f"{contradictions:,} inputs have several different outputs: a model can give only one": contradictions,
        f"{copies:,} of {num:,} outputs equal their input": copies,
        f"all {num:,} outputs are the same": num > 1 and len({labels for _, labels in examples}) == 1,
    }
    return [sentence for sentence, holds in said.items() if holds]


def num_train(task: Task, most: int = MOST_PUZZLES) -> int:
    """The number of puzzles that ``task`` trains on, counted no further than ``most``."""
    return sum(1 for _ in islice(_examples(task), most))


def _examples(task: Task) -> Iterator[tuple[bytes, bytes]]:
    for group in task.groups("train"):
        for puzzle in group:
            for inputs, labels in zip(puzzle.inputs, puzzle.labels, strict=True):
                yield np.asarray(inputs, dtype=np.int64).tobytes(), np.asarray(labels, dtype=np.int64).tobytes()

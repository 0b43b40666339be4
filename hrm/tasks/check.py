"""Faults of the data of a task: tokens, duplicates, answers that break the rules, leaks into the test set.

Every question is put to the task's own ``groups``, ``rules`` and ``symmetries``; nothing here knows a puzzle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import FaultyRowsError
from hrm.tasks.base import Split, Task
from hrm.types import IGNORE_LABEL, TaskSpec

CHUNK = 4096
"""Examples looked at together; by hand: time and memory depend on it, findings do not."""

NUM_NAMED = 5
"""Findings of every kind that are named: a few lines on the screen; chosen by hand, all are counted."""


@dataclass(kw_only=True)
class Counts:
    """Counts of what there is in a split."""

    groups: int = 0
    puzzles: int = 0
    examples: int = 0
    without_answer: int = 0


@dataclass(kw_only=True)
class Finding:
    """One kind of fault in one split."""

    split: Split
    kind: str
    count: int = 0
    first: list[str] = field(default_factory=list)  # the first few, by name


@dataclass(frozen=True, kw_only=True)
class Report:
    """The counts and findings of a ``check``."""

    counts: dict[Split, Counts]
    findings: tuple[Finding, ...]


class _Place(NamedTuple):
    """The place of an example."""

    group: int
    puzzle: int
    name: str


class _Chunk(NamedTuple):
    """n examples together."""

    inputs: NDArray[np.int64]  # (n, S)
    labels: NDArray[np.int64]  # (n, S)
    puzzle_ids: NDArray[np.int64]  # (n,)
    places: list[_Place]


class _Tally:
    """Findings as they come, first ones named."""

    def __init__(self) -> None:
        self.findings: dict[tuple[Split, str], Finding] = {}

    def add(self, split: Split, kind: str, name: str) -> None:
        finding = self.findings.setdefault((split, kind), Finding(split=split, kind=kind))
        finding.count += 1
        if len(finding.first) < NUM_NAMED:
            finding.first.append(name)


def check(
    task: Task,
    splits: Sequence[Split] = ("train", "test"),
    *,
    limit: int | None = None,
    on_progress: Callable[[Split, int], None] = lambda split, num: None,
) -> Report:
    """A look at every example of the splits, or at the first ``limit`` of each.

    Leaks show when both splits are given, the training set first. Memory: about 600 bytes an example. Raises what
    reading the data raises.
    """
    tally, counts = _Tally(), {}
    keys: dict[Split, dict[bytes, _Place]] = {}
    for split in splits:
        counts[split] = Counts()
        seen = _Seen(tally, split, keys.get("train", {}))
        for chunk in _chunks(task, split, counts[split], limit):
            _look_at_each(task, chunk, split, tally, counts[split])
            seen.compare(chunk, _keys(task, chunk))
            on_progress(split, counts[split].examples)
        keys[split] = seen.keys
    return Report(counts=counts, findings=tuple(tally.findings.values()))


def faulty_rows(task: Task, split: Split) -> Finding | None:
    """The rows of the files of a split that are no puzzles, all by name; None where there are none. Then no other
    question can be put to the split. Raises what else reading the data raises."""
    try:
        next(task.groups(split), None)
    except FaultyRowsError as error:
        kind = "a row of the file that is no puzzle"
        return Finding(split=split, kind=kind, count=len(error.faults), first=list(error.faults))
    return None


def _chunks(task: Task, split: Split, counts: Counts, limit: int | None) -> Iterator[_Chunk]:
    examples = islice(_examples(task, split, counts), limit)
    while rows := list(islice(examples, CHUNK)):
        inputs, labels, ids, places = zip(*rows, strict=True)
        yield _Chunk(np.stack(inputs), np.stack(labels), np.array(ids), list(places))


def _examples(
    task: Task, split: Split, counts: Counts
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], int, _Place]]:
    """Every example by itself, counted."""
    for group in task.groups(split):
        counts.groups += 1
        for puzzle in group:
            counts.puzzles += 1
            for pair, (inputs, labels) in enumerate(zip(puzzle.inputs, puzzle.labels, strict=True), start=1):
                counts.examples += 1
                name = puzzle.name if len(puzzle.inputs) == 1 else f"{puzzle.name}, pair {pair}"
                place = _Place(counts.groups, counts.puzzles, name)
                yield inputs.astype(np.int64), labels.astype(np.int64), puzzle.puzzle_id, place


def _look_at_each(task: Task, chunk: _Chunk, split: Split, tally: _Tally, counts: Counts) -> None:
    """The faults that an example shows by itself."""
    is_labelled = chunk.labels != IGNORE_LABEL
    has_answer = is_labelled.any(axis=1)
    counts.without_answer += int((~has_answer).sum())
    is_copy = ((chunk.inputs == chunk.labels) | ~is_labelled).all(axis=1) & has_answer
    problems = _problems(task, chunk, has_answer)
    out_of_range = _out_of_range(task.spec, chunk)
    for index, place in enumerate(chunk.places):
        if out_of_range[index]:
            tally.add(split, "a token or a puzzle id out of range", place.name)
        if is_copy[index]:
            tally.add(split, "the input is its own answer", place.name)
        if words := problems[index]:
            tally.add(split, f"by the rules: {words}", place.name)


def _problems(task: Task, chunk: _Chunk, has_answer: NDArray[np.bool_]) -> list[str | None]:
    """The verdict of the rules on each example that has an answer; nothing where there are no rules."""
    if task.rules is None:
        return [None] * len(chunk.inputs)
    answered = iter(task.rules.problems(chunk.inputs[has_answer], chunk.labels[has_answer]))
    return [next(answered) if has else None for has in has_answer]


def _keys(task: Task, chunk: _Chunk) -> list[bytes]:
    """Keys, equal for examples that are symmetries of each other; for the same examples where nothing else is known."""
    if task.symmetries is not None:
        return task.symmetries.keys(chunk.inputs, chunk.labels)
    return [row.tobytes() for row in np.stack([chunk.inputs, chunk.labels], axis=1).astype("<i4")]


def _out_of_range(spec: TaskSpec, chunk: _Chunk) -> NDArray[np.bool_]:
    def is_token(tokens: NDArray[np.int64]) -> NDArray[np.bool_]:
        return (tokens >= 0) & (tokens < spec.vocab_size)

    good = is_token(chunk.inputs) & (is_token(chunk.labels) | (chunk.labels == IGNORE_LABEL))
    is_id = (chunk.puzzle_ids >= 0) & (chunk.puzzle_ids < spec.num_puzzles)
    return np.asarray(~(good.all(axis=1) & is_id))


class _Seen:
    """The examples of a split so far, as digests, and what the next ones have in common with them."""

    def __init__(self, tally: _Tally, split: Split, training_keys: dict[bytes, _Place]) -> None:
        self.tally, self.split, self.training_keys = tally, split, training_keys
        self.examples: dict[bytes, _Place] = {}
        self.answers: dict[bytes, tuple[bytes, _Place]] = {}  # of a puzzle id and an input
        self.keys: dict[bytes, _Place] = {}

    def compare(self, chunk: _Chunk, keys: list[bytes]) -> None:
        for inputs, labels, puzzle_id, place, key in zip(*chunk, map(_digest, keys), strict=True):
            question, answer = _digest(inputs.tobytes(), int(puzzle_id)), _digest(labels.tobytes())
            same = self.examples.setdefault(_digest(inputs.tobytes() + labels.tobytes()), place)
            symmetric = self.keys.setdefault(key, place)
            if same is not place and not _are_variants(same, place):
                self._add("a duplicate", place, same)
            elif symmetric.group != place.group:
                self._add("a duplicate up to symmetry", place, symmetric)
            if leaked := self.training_keys.get(key):
                self._add("in the training set, up to symmetry", place, leaked)
            first_answer, first = self.answers.setdefault(question, (answer, place))
            if first_answer != answer:
                self._add("the same question with another answer", place, first)

    def _add(self, kind: str, place: _Place, first: _Place) -> None:
        self.tally.add(self.split, kind, f"{place.name} = {first.name}")


def _are_variants(one: _Place, other: _Place) -> bool:
    """True for variants of one puzzle, which may well coincide; the pairs of one puzzle should not."""
    return one.group == other.group and one.puzzle != other.puzzle


def _digest(content: bytes, salt: int = 0) -> bytes:
    return blake2b(content, digest_size=16, salt=salt.to_bytes(8, "big", signed=True)).digest()

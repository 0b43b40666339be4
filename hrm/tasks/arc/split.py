"""The tasks that are trained on and those that are evaluated, and the pairs of them that training may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hrm.errors import InputError
from hrm.puzzles.arc.files import ArcTask, Pair, read_tasks


@dataclass(frozen=True)
class ArcSplit:
    """Training tasks, then evaluation tasks: the place of a task in this order gives it its puzzle ids."""

    tasks: tuple[ArcTask, ...]
    num_train: int  # how many of them are training tasks
    left_out: tuple[str, ...]  # evaluation tasks that are too large for the canvas and were skipped

    def visible_pairs(self, index: int, *, demonstrations: bool) -> tuple[Pair, ...]:
        """Pairs of a task that training may see: all of a training task, of the others at most the demonstrations."""
        task = self.tasks[index]
        if index < self.num_train:
            return task.demonstrations + task.tests
        return task.demonstrations if demonstrations else ()

    @property
    def evaluation(self) -> tuple[ArcTask, ...]:
        return self.tasks[self.num_train :]


def make_split(
    train: Sequence[Path], test: Sequence[Path], wanted: Sequence[str], canvas: int, *, skips_large: bool
) -> ArcSplit:
    """The tasks of both sets, ``wanted`` ones (all if empty). Raises ``InputError`` for sets that cannot be used: a
    task in both, a name twice, a wanted one missing, a grid larger than the canvas (unless those are skipped)."""
    training = _read(train)
    evaluation = _read(test)
    refuse_trained(evaluation, {task.name for task in training})
    if wanted:
        training, evaluation = _chosen(training, evaluation, wanted)
    for task in training:
        for number, pair in enumerate(task.tests, start=1):
            if pair.output is None:
                raise InputError(f"{task.place}: test pair {number} has no output, and training tasks need one")
    sides = {task.name: largest_side(task, with_test_outputs=True) for task in training}
    sides |= {task.name: largest_side(task, with_test_outputs=False) for task in evaluation}
    fitting = {name for name, side in sides.items() if side <= canvas}
    large = [task for task in training + evaluation if task.name not in fitting]
    if large and not skips_large:
        raise InputError(
            f"{len(large)} of {len(training + evaluation)} tasks have a grid larger than the canvas of {canvas} x"
            f" {canvas} (first: {large[0].place}, {sides[large[0].name]} cells). Enlarge task.canvas, name the tasks"
            " to use in task.tasks, or leave large ones out with task.too_large skip"
        )
    kept = [task for task in training if task.name in fitting]
    evaluated = [task for task in evaluation if task.name in fitting]
    if not kept + evaluated:
        raise InputError(f"no task fits on a canvas of {canvas} x {canvas}: enlarge task.canvas")
    left_out = tuple(task.name for task in evaluation if task.name not in fitting)
    return ArcSplit(tuple(kept + evaluated), len(kept), left_out)


def longest_side(split: ArcSplit) -> int:
    """The longest side of any grid that a model of these tasks is shown, in cells."""
    return max(largest_side(task, with_test_outputs=index < split.num_train) for index, task in enumerate(split.tasks))


def largest_side(task: ArcTask, *, with_test_outputs: bool) -> int:
    """The longest side of any grid of a task, in cells.

    The test outputs of an evaluation task have no say: what is trained on must not depend on the answers.
    """
    grids = [grid for pair in task.demonstrations for grid in pair] + [pair.input for pair in task.tests]
    if with_test_outputs:
        grids += [pair.output for pair in task.tests]
    return max(max(grid.shape) for grid in grids if grid is not None)


def refuse_trained(evaluation: Sequence[ArcTask], trained: set[str]) -> None:
    """``InputError`` where evaluation tasks are training tasks, whose test outputs the model has seen."""
    seen = [task.name for task in evaluation if task.name in trained]
    if seen:
        raise InputError(
            f"{len(seen)} of {len(evaluation)} evaluation tasks are training tasks too (first: {seen[0]}), test outputs"
            " included: a score on them would mean nothing. ARC-AGI-2's training set holds most of ARC-AGI-1's"
            " evaluation set: train without it to report ARC-AGI-1"
        )


def known_tasks(split: ArcSplit, path: Path) -> tuple[ArcTask, ...]:
    """The tasks of a file or folder as held-out set of a model trained on ``split``. Raises ``InputError`` unless each
    is one of its evaluation tasks: all that a model knows of a task is the embedding of its id."""
    tasks = read_tasks(path)
    refuse_trained(tasks, {task.name for task in split.tasks[: split.num_train]})
    known = {task.name: task for task in split.evaluation}
    left_out = set(split.left_out)
    for task in tasks:
        if task.name in left_out:
            continue
        if task.name not in known:
            raise InputError(
                f"{task.place}: the model was not trained with task {task.name} among its evaluation tasks, so it has"
                " no puzzle id for it. Train with it in task.test"
            )
        if not _same_question(task, known[task.name]):
            raise InputError(f"{task.place}: not the task that the model knows as {task.name}: other pairs")
    return tuple(task for task in tasks if task.name not in left_out)


def seen_answers(split: ArcSplit, evaluated: Iterable[ArcTask]) -> tuple[str, ...]:
    """Evaluation tasks that share a test pair, cell by cell, with a training task of another name.

    The public sets have one: 070dd51e of ARC-AGI-1's evaluation set is 40853293 of its training set.
    """
    seen = {_content(pair) for task in split.tasks[: split.num_train] for pair in task.demonstrations + task.tests}
    return tuple(task.name for task in evaluated if any(_content(pair) in seen for pair in task.tests))


def _content(pair: Pair) -> tuple[bytes, ...]:
    return tuple(bytes(grid.shape) + grid.tobytes() if grid is not None else b"" for grid in pair)


def _same_question(one: ArcTask, other: ArcTask) -> bool:
    """True where two tasks are the same but for the answers to their tests."""
    pairs = [[*task.demonstrations, *(pair._replace(output=None) for pair in task.tests)] for task in (one, other)]
    return [_content(pair) for pair in pairs[0]] == [_content(pair) for pair in pairs[1]]


def _read(paths: Sequence[Path]) -> list[ArcTask]:
    tasks: dict[str, ArcTask] = {}
    for path in paths:
        for task in read_tasks(path):
            if task.name in tasks:
                raise InputError(f"{task.place}: task {task.name} is in {tasks[task.name].place} already")
            tasks[task.name] = task
    return list(tasks.values())


def _chosen(
    training: list[ArcTask], evaluation: list[ArcTask], wanted: Sequence[str]
) -> tuple[list[ArcTask], list[ArcTask]]:
    missing = set(wanted) - {task.name for task in training + evaluation}
    if missing:
        raise InputError(f"task.tasks: {', '.join(sorted(missing))} not found in the files of task.train and task.test")
    chosen = set(wanted)
    return [t for t in training if t.name in chosen], [t for t in evaluation if t.name in chosen]

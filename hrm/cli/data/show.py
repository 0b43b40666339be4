"""``hrm data show SOURCE``"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from rich.columns import Columns

from hrm.cli.output import board, console
from hrm.cli.source import NamedData, read_options
from hrm.errors import require_at_least, require_seed
from hrm.tasks.base import Split, Task
from hrm.types import IGNORE_LABEL, Batch


@dataclass(frozen=True, kw_only=True)
class Options(NamedData):
    """Puzzles drawn with their answers: training puzzles as batches show them (augmented), test puzzles as they are."""

    split: Split = "train"
    """Which puzzles."""
    num: int = 3
    """How many."""
    seed: int = 0
    """Of the training batch that is drawn: order and augmentation."""


def main(args: list[str]) -> int:
    _, options = read_options("data show", Options, args)
    require_at_least(1, num=options.num)
    require_seed("--seed", options.seed)
    task = options.task.build()
    for number, (inputs, labels) in enumerate(drawn(task, options), start=1):
        console.print(f"[bold]{options.split} {number}[/bold]: the question, and its answer")
        boards = [board(task.render(inputs)), board(task.render(inputs, labels))]
        console.print(Columns(boards, padding=(0, 4)), soft_wrap=False)
    return 0


def drawn(task: Task, options: Options) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Questions and answers, (S,) each. Cells without a label are drawn as padding."""

    def rows(batch: Batch) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        for inputs, labels in zip(batch.inputs.numpy(), batch.labels.numpy(), strict=True):
            yield inputs, np.where(labels == IGNORE_LABEL, 0, labels)

    if options.split == "train":
        return rows(task.train_batch(0, options.num, options.seed))
    return islice((row for batch in task.eval_batches(options.num) for row in rows(batch)), options.num)

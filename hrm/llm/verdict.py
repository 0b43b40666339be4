"""The verdict on a reply: solved or not, and if not, in which way. No reply is left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.llm.written import read
from hrm.puzzles.base import is_solved
from hrm.tasks.base import Task
from hrm.types import TaskSpec

Ending = Literal["solved", "wrong", "malformed", "missing", "too long", "refused", "out of time", "failed"]
"""The ways in which a puzzle ends:

- wrong: a board, and not a solution of this puzzle
- malformed: an answer that is no board of this puzzle
- missing: a reply without an answer
- too long: cut off at a limit of tokens, messages or cost before there was an answer
- refused: stopped by the provider's filter
- out of time: no answer within the limit of time
- failed: the provider gave an error and no reply
"""
ENDINGS: tuple[Ending, ...] = get_args(Ending)

ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)


class Verdict(NamedTuple):
    """The judgement on a reply."""

    kind: Ending
    why: str
    answer: str = ""  # what stood in the reply as its answer

    @property
    def solved(self) -> bool:
        return self.kind == "solved"


Judge = Callable[[str], Verdict]
"""The judge of what stands between <answer> and </answer>."""


def judge_reply(reply: str, judge: Judge, ended: Ending | None = None, why: str = "") -> Verdict:
    """The verdict on a whole reply, by its last answer. ended: how it ended where that was not of its own accord, and
    why; it counts where there is no answer, for a solution is one however the reply went on."""
    found = ANSWER.findall(reply)
    if found:
        verdict = judge(found[-1])
        if verdict.solved or ended is None:
            return verdict
        return verdict._replace(why=f"{verdict.why} ({why})")
    if ended is not None:
        return Verdict(ended, why)
    return Verdict("missing", "there is no <answer> ... </answer> in the reply")


def judge_of(task: Task, question: str, label: str) -> Judge:
    """The judge by the rules of ``task``, or, where it has none, by the label. Both boards as ``written`` has them."""
    spec = task.spec
    inputs = read(spec, question)

    def judge(text: str) -> Verdict:
        try:
            answer = read(spec, text)
        except InputError as error:
            return Verdict("malformed", str(error), text.strip())
        shown = text.strip()
        solved = is_solved(task.rules, inputs, answer)
        if solved is None:
            wrong = np.flatnonzero(answer != read(spec, label))
            if not wrong.size:
                return Verdict("solved", "equal to the answer of the data", shown)
            return Verdict("wrong", f"{wrong.size} cells differ, first {_cell(spec, int(wrong[0]))}", shown)
        if solved:
            return Verdict("solved", "by the rules of the puzzle", shown)
        return Verdict("wrong", fault(spec, inputs, answer), shown)

    return judge


def fault(spec: TaskSpec, inputs: NDArray[np.int64], answer: NDArray[np.int64]) -> str:
    """The first cell of an answer (S,) that no answer to ``inputs`` (S,) may have; or else that a rule is broken."""
    marks = spec.characters
    for cell in range(len(inputs) if spec.answers else 0):
        if answer[cell] not in spec.answers[inputs[cell]]:
            if answer[cell] == inputs[cell]:
                return f"{_cell(spec, cell)} is left as it was"
            asked, given = marks[inputs[cell]], marks[answer[cell]]
            return f"{_cell(spec, cell)} is {given!r} where the puzzle has {asked!r}"
    return "it breaks a rule of the puzzle"


def _cell(spec: TaskSpec, cell: int) -> str:
    row, column = divmod(cell, spec.grid_shape[1])
    return f"r{row + 1}c{column + 1}"

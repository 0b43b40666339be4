"""An answer says what it is in one line, and as JSON without what only programs need."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from hrm.inference.search import Search
from hrm.inference.solution import SHOWN_CELLS, Solution

PLAIN = Solution(
    index=3,
    puzzle="1..4",
    solution="1234",
    solved=True,
    segments=2,
    certainty=0.875,
    seconds=0.25,
    attempts=1,
    spent=2,
    is_timed_out=False,
    inputs=np.array([2, 1, 1, 5]),
    answer=np.array([2, 3, 4, 5]),
)


def test_one_line_however_long_the_answer() -> None:
    line = repr(PLAIN)
    assert line.startswith("Solution('1234', solved=True, certainty=0.875")
    assert "search" not in line
    assert "is_timed_out=True" in repr(replace(PLAIN, is_timed_out=True))
    long = repr(replace(PLAIN, solution="7" * 900))
    assert "7" * (SHOWN_CELLS - 3) + "..." in long
    assert "\n" not in long


def test_json_has_what_took_part_and_nothing_else() -> None:
    plain = PLAIN.to_dict()
    assert not {"index", "inputs", "answer", "search", "model"} & set(plain)
    helped = replace(PLAIN, model="sudoku-hard", search=Search(5, 7)).to_dict()
    assert helped["model"] == "sudoku-hard"
    assert helped["search"] == {"guesses": 5, "guesses_without_model": 7}
    json.dumps([plain, helped])

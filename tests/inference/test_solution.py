"""An answer says what it is in one line, and as JSON without what only programs need."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from hrm.inference.search import Search
from hrm.inference.solution import SHOWN_CELLS, VERDICTS, Solution

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


def test_a_notebook_shows_the_board_and_how_it_ended() -> None:
    def draw(inputs: NDArray[np.int64], answer: object = None, previous: object = None) -> str:
        return f"\x1b[36m{answer}\x1b[0m of <{inputs}>"

    shown = replace(PLAIN, render=draw)._repr_html_()
    assert "[2 3 4 5]</span> of &lt;[2 1 1 5]&gt;" in shown
    assert "solved after 2 segments, 250 ms; the model&#x27;s certainty: 87.5 %" in shown
    assert "render" not in repr(replace(PLAIN, render=draw))
    assert "render" not in replace(PLAIN, render=draw).to_dict()
    assert "1&amp;34" in replace(PLAIN, solution="1&34")._repr_html_(), "without its task: the answer as text"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"solved": False}, "not solved after 2 segments, 250 ms"),
        ({"solved": None, "segments": 1}, "answered (no rules to check it by) after 1 segment, 250 ms"),
        ({"attempts": 3, "spent": 40, "model": "m"}, "solved by m after 2 segments (3 attempts, 40 segments in all)"),
        ({"is_timed_out": True, "solved": False}, "not solved before the deadline after 2 segments"),
        ({"search": Search(1, 7)}, "solved by search, not by the model: 1 guess in the order of"),
        ({"search": Search(9, 7), "solved": False}, "not solved by the search either: 9 guesses"),
    ],
)
def test_words_on_how_it_ended(changed: dict[str, object], words: str) -> None:
    solution = replace(PLAIN, **changed)
    assert (VERDICTS[solution.solved] + solution.ending).startswith(words)
    assert words in solution._repr_html_()
    assert ("certainty" in solution._repr_html_()) == (solution.search is None)

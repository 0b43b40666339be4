from __future__ import annotations

import numpy as np
import pytest

import hrm
from hrm.errors import InputError
from hrm.inference.search import Search, beliefs
from hrm.runtime import RuntimeConfig, resolve

HARD = "98.7.....6...5.9....5....7.4......3...89..5......24..7.1..3......98..7.........21"
ANSWER = "983746215647152983125389476452678139768913542391524867514237698239861754876495321"
EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
FLOAT = resolve(RuntimeConfig(device="cpu", precision="float32"))


def test_what_the_model_has_not_solved_is_finished_and_not_in_its_name() -> None:
    solver = hrm.load().solver(exact=True, attempts=1, max_segments=8, runtime=FLOAT)
    easy, hard = solver.solve([EASY, HARD])
    assert (easy.solved, easy.search) == (True, None)
    assert (hard.solved, hard.solution) == (True, ANSWER)
    assert hard.search is not None
    assert hard.search.guesses > 0
    assert hard.search.guesses_without_model > 0
    assert "search=Search(" in repr(hard)
    assert hard.to_dict()["search"] == hard.search._asdict()
    assert "search" not in easy.to_dict()
    without = hrm.load().solver(attempts=1, max_segments=8, runtime=FLOAT).solve(HARD)[0]
    assert (without.solved, without.search) == (False, None)


def test_a_search_that_gives_up_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hrm.inference.solver.finish", lambda *args: (None, Search(7, 9)))
    options = {"attempts": 1, "max_segments": 8, "runtime": FLOAT}
    plain = hrm.load().solver(**options).solve(HARD)[0]
    (given_up,) = hrm.load().solver(exact=True, **options).solve(HARD)
    assert (given_up.solved, given_up.search) == (False, Search(7, 9))
    assert given_up.solution == plain.solution


def test_a_puzzle_without_a_search_is_refused() -> None:
    with pytest.raises(InputError, match="there is a search for Sudokus alone"):
        hrm.load("maze").solver(exact=True)


def test_beliefs_are_what_the_answer_is_read_from() -> None:
    loaded = hrm.load().loaded
    example = loaded.task.text.parse(EASY)  # type: ignore[union-attr]
    found = beliefs(loaded.model, FLOAT, example.inputs, 4)
    assert found.shape == (81, 11)
    assert (np.asarray(example.labels) == found.argmax(1)).mean() > 0.9

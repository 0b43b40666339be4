from __future__ import annotations

import ast
import io
import json
import sys
from typing import Any

import numpy as np
import pytest

from hrm.puzzles.gym import child


class Source:
    """A data set some of whose questions fail."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers

    def __getitem__(self, index: int) -> dict[str, Any]:
        if self.answers[index] is ValueError:
            raise ValueError("no luck")
        print("a generator that talks")
        metadata = {"n": index, "source_index": index, "function": print}
        return {"question": f"q{index}", "answer": self.answers[index], "metadata": metadata}


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    answers: list[Any] = ["1", ValueError, "3", None, "5"]
    monkeypatch.setattr(child, "dataset", lambda name, options, seed, size: Source(answers))
    return answers


def test_what_fails_is_left_out(source: list[Any]) -> None:
    made = child.entries("x", {}, 0, 5)
    assert [entry[0] for entry in made["entries"]] == ["q0", "q2", "q4"]
    assert made["entries"][0][2] == "{'n': 0}", "what no scorer needs, and what is no literal, is left out"
    assert made["reason"] == "the answer is None"


def test_a_generator_that_only_fails_is_given_up(source: list[Any]) -> None:
    source[:] = [ValueError, None, ValueError, "never"]
    assert child.entries("x", {}, 0, 4) == {"entries": [], "reason": "ValueError: no luck"}


def test_the_process_answers_in_json_alone(
    source: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = io.StringIO(json.dumps({"name": "x", "options": {}, "seed": 0, "num": 1}))
    monkeypatch.setattr(sys, "stdin", asked)
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # given back at the end
    assert child.main() == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["entries"] == [["q0", "1", "{'n': 0}"]]
    assert "talks" in captured.err


def test_values_of_numpy_and_texts_of_other_kinds_are_literals() -> None:
    value = {"a": np.str_("x"), 3: (np.int64(4), [np.float32(0.5), None]), "s": {1}, "array": np.eye(2)}
    assert ast.literal_eval(repr(child.literal(value))) == {
        "a": "x",
        3: (4, [0.5, None]),
        "s": {1},
        "array": [[1.0, 0.0], [0.0, 1.0]],
    }
    for bad in (float("nan"), object(), [object()]):
        with pytest.raises(child.NoLiteralError):
            child.literal(bad)


def test_answers_that_stand_in_the_metadata_alone() -> None:
    assert child.ANSWERS["graph_color"]({"possible_answer": {0: 1, 1: 2}}) == '{"0": 1, "1": 2}'

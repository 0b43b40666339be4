from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.llm import arc
from hrm.llm.verdict import Ending

TASK = {
    "train": [{"input": [[1, 2]], "output": [[2, 1]]}],
    "test": [{"input": [[3, 4]], "output": [[4, 3]]}, {"input": [[5]], "output": [[5]]}],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "turned.json"
    path.write_text(json.dumps(TASK))
    return path


def test_a_question_shows_the_demonstrations_and_one_test_input_and_no_answer(file: Path) -> None:
    (task,) = arc.tasks_of((file,))
    said = arc.prompt(task, 0)
    assert "Input 1:\n[[1,2]]\nOutput 1:\n[[2,1]]" in said
    assert said.endswith("Input to answer:\n[[3,4]]")
    assert "[[4,3]]" not in said
    assert arc.sides(task, 0) == ("[[3, 4]]", "[[4,3]]")
    assert arc.prompt(task, 1, "Mirror it.").startswith("Mirror it.")


def test_wanted_tasks_alone_are_asked(file: Path) -> None:
    assert arc.tasks_of((file,), ("other",)) == []
    assert [task.name for task in arc.tasks_of((file,), ("turned",))] == ["turned"]


def test_what_cannot_be_judged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "open.json"
    path.write_text(json.dumps({**TASK, "test": [{"input": [[3, 4]]}]}))
    with pytest.raises(InputError, match="has no output, so no answer to it can be judged"):
        arc.tasks_of((path,))
    with pytest.raises(InputError, match="which ARC tasks"):
        arc.tasks_of(())


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("[[4,3],\n [0,1]]", "solved", "equal to the output"),
        ("```json\n[[4, 3], [0, 1]]\n```", "solved", "equal"),
        ("43\n01", "solved", "equal"),
        ("4 3\n0 1\n", "solved", "equal"),
        ("[[4,3],[1,1]]", "wrong", "1 cells differ"),
        ("[[4,3]]", "wrong", "a grid of 1 x 2 where the answer has 2 x 2"),
        ("[[4,3],[0]]", "malformed", "ragged"),
        ("[[4,3],[0,10]]", "malformed", "colours are 0 to 9"),
        ("[[4,3", "malformed", "not JSON"),
        ("red blue", "malformed", "neither a JSON list"),
        ("", "malformed", "the grid is empty"),
    ],
)
def test_answers_are_judged_by_the_grid(text: str, kind: Ending, why: str) -> None:
    verdict = arc.judge_of("[[4,3],[0,1]]")(text)
    assert verdict.kind == kind
    assert why in verdict.why

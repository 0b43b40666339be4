from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest
from arc_tasks import FALL, GROW, SWAP, grid, make_task

from hrm.puzzles.arc.files import ArcTask
from hrm.puzzles.arc.grids import Grid
from hrm.puzzles.arc.report import ALL, MEAN, Polled, report
from hrm.puzzles.arc.votes import Ballot

WRONG = grid("9")


def polled(task: ArcTask, *answers: list[Grid]) -> Polled:
    """The votes on each test input."""
    ballots = []
    for grids in answers:
        ballots.append(Ballot())
        for answer in grids:
            ballots[-1].add(answer, 0.5)
    return Polled(task, ballots)


def right(task: ArcTask, test: int) -> Grid:
    output = task.tests[test].output
    assert output is not None
    return output


SOLVED = polled(SWAP, [WRONG, right(SWAP, 0), right(SWAP, 0)])
HALF = polled(FALL, [right(FALL, 0)] * 3, [WRONG] * 3)


def test_both_scorings_for_every_number_of_attempts_and_votes() -> None:
    scores = report([SOLVED, HALF], {"note": 7})
    figures = scores.figures
    assert (figures["tasks"], figures["test_inputs"], figures["votes"], figures["note"]) == (2, 3, 3, 7)
    assert list(figures[ALL]) == [f"pass@{k}" for k in (1, 2, 3, 5, 10, 100, 1000)]
    assert figures[ALL]["pass@1"] == 0.5
    assert figures[MEAN]["pass@1"] == 0.75
    assert [row["votes"] for row in figures["by_votes"]] == [1, 2, 3]
    assert [row[ALL]["pass@1"] for row in figures["by_votes"]] == [0, 0, 0.5]
    assert [row[MEAN]["pass@1"] for row in figures["by_votes"]] == [0.25, 0.25, 0.75]
    assert set(figures["scorings"]) == {ALL, MEAN}
    json.dumps(figures)


def test_the_tables_say_how_much_was_counted() -> None:
    attempts, votes = report([SOLVED, HALF], {"too_large": ["a"]}).tables
    assert "2 tasks, 3 test inputs, up to 3 votes on each" in attempts.title
    assert "1 more tasks are too large for the canvas" in attempts.title
    assert attempts.rows[0] == ("pass@1", "50.0 % [9.5, 90.5]", "75.0 %")
    assert [row[0] for row in votes.rows] == ["1", "2", "3"]


def test_tasks_without_answers_are_submitted_but_not_scored() -> None:
    open_task = make_task("open", [("1", "2")], [("3", None)])
    scores = report([polled(open_task, [WRONG])], {})
    assert (scores.figures["tasks"], scores.figures["without_answers"]) == (0, 1)
    assert not scores.tables
    files = dict(scores.files)
    assert json.loads(files["submission.json"]) == {"open": [{"attempt_1": [[9]], "attempt_2": [[9]]}]}
    assert b"solved" not in files["pictures/open.svg"]
    mixed = report([polled(open_task, [WRONG]), SOLVED], {})
    assert (mixed.figures["tasks"], mixed.figures[ALL]["pass@2"]) == (1, 1.0)
    assert report([], {}).figures["tasks"] == 0


def test_a_picture_of_every_task_with_its_attempts() -> None:
    files = dict(report([SOLVED, HALF], {}).files)
    assert list(files) == ["submission.json", "pictures/swap.svg", "pictures/fall.svg"]
    texts = [node.text for node in ElementTree.fromstring(files["pictures/swap.svg"]).iter() if node.text]
    texts = [text for text in texts if text.strip()]
    assert texts[1:] == [
        "swap: 1 of 1 test inputs solved in 2 attempts",
        "input",
        "answer",
        "attempt 1: 2 of 3 votes, right",
        "attempt 2: 1 of 3 votes",
    ]
    assert b"fall: 1 of 2 test inputs solved" in files["pictures/fall.svg"]


def test_files_are_made_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr("hrm.puzzles.arc.report.draw_picture", lambda title, rows: drawn.append(title) or "")
    files = iter(report([SOLVED, HALF], {}).files)
    assert next(files)[0] == "submission.json"
    assert not drawn
    next(files)
    assert len(drawn) == 1


def test_an_empty_answer_can_be_voted_for_and_drawn() -> None:
    empty = polled(GROW, [np.zeros((0, 0), dtype=np.uint8)])
    scores = report([empty], {})
    assert scores.figures[ALL]["pass@2"] == 0
    assert json.loads(dict(scores.files)["submission.json"])["grow"][0]["attempt_1"] == []

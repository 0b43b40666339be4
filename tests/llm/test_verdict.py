from __future__ import annotations

import pytest

from hrm.llm.verdict import ENDINGS, Ending, Judge, Verdict, judge_of, judge_reply
from hrm.llm.written import read, write
from hrm.tasks.grid import GridConfig
from hrm.tasks.maze import MazeConfig
from hrm.tasks.sudoku import SudokuConfig

QUESTION, ANSWER = "12......2.......", "1234\n3412\n2143\n4321"
SUDOKU = judge_of(SudokuConfig(size=4).build(), QUESTION, "")
GRID = judge_of(
    GridConfig(symbols="ab", shape=(1, 2), symmetries=(), rename="").build(),
    "ab",
    "ba",
)


def test_rules_judge_and_no_label_is_looked_at() -> None:
    with_wrong_label = judge_of(SudokuConfig(size=4).build(), QUESTION, "4321\n2143\n3412\n1234")
    assert SUDOKU(ANSWER) == with_wrong_label(ANSWER) == Verdict("solved", "by the rules of the puzzle", ANSWER)


@pytest.mark.parametrize(
    ("answer", "kind", "why"),
    [
        ("2134\n3421\n1243\n4312", "wrong", "r1c1 is '2' where the puzzle has '1'"),
        ("1234\n3412\n2143\n432.", "wrong", "r4c4 is left as it was"),
        ("1234\n3412\n2143\n4322", "wrong", "it breaks a rule of the puzzle"),
        ("1234\n3412", "malformed", "4 lines of 4 cells are asked for, and there are 2 lines"),
        ("none", "malformed", "line 1: 'n' is no cell of this puzzle (.1234)"),
    ],
)
def test_what_is_wrong_is_told(answer: str, kind: Ending, why: str) -> None:
    assert SUDOKU(answer) == Verdict(kind, why, answer)


def test_labels_judge_where_there_are_no_rules() -> None:
    assert GRID("ba").solved
    assert GRID("bb") == Verdict("wrong", "1 cells differ, first r1c2", "bb")


def test_any_shortest_path_is_right() -> None:
    spec = MazeConfig(size=5).build().spec
    question = "S" + "." * 23 + "G"
    judge = judge_of(MazeConfig(size=5).build(), question, "")
    assert judge("Sooo o\n....o\n....o\n....o\n....G".replace(" ", "")).solved
    assert judge("S....\no....\no....\no....\nooooG").solved
    assert judge("S....\no....\nooo..\n..o..\n..ooG").solved
    longer = "Sooo.\n...o.\n.ooo.\n.o...\n.oooG"
    assert judge(longer).kind == "wrong"
    assert judge("#....\no....\no....\no....\nooooG").why == "r1c1 is '#' where the puzzle has 'S'"
    assert write(spec, read(spec, longer)) == longer


def said(text: str, ended: Ending | None = None) -> Verdict:
    judge: Judge = SUDOKU
    return judge_reply(text, judge, ended, "why it ended" if ended else "")


def test_the_last_answer_counts() -> None:
    right, wrong = f"<answer>\n{ANSWER}\n</answer>", "<answer>1111</answer>"
    assert said(f"First {wrong}, no: {right}").solved
    assert said(f"First {right}, no: {wrong}").kind == "malformed"
    assert said(f"<ANSWER>{ANSWER}</ANSWER>").solved


@pytest.mark.parametrize("ended", [None, "too long", "refused", "out of time", "failed"])
def test_no_reply_is_left_out(ended: Ending | None) -> None:
    assert said(f"so <answer>{ANSWER}</answer> and on", ended).solved  # a solution is one, however it went on
    for reply in ("", "I think", "<answer>123", "<answer>", "</answer>"):
        assert said(reply, ended).kind == (ended or "missing")
    verdict = said("<answer>123</answer> and on", ended)
    assert verdict.kind == "malformed"
    assert verdict.kind in ENDINGS
    assert ("why it ended" in verdict.why) == (ended is not None)

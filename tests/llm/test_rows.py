from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hrm.errors import InputError
from hrm.intervals import wilson_interval
from hrm.llm.rows import (
    HEADINGS,
    Paired,
    PuzzleKind,
    Row,
    check_same_kind,
    common_puzzles,
    differing,
    page,
    paired,
    texts,
    with_names_apart,
)

SUDOKU = PuzzleKind(name="sudoku", shape=(9, 9), symbols=" .123456789")


def row(name: str, solved: str, /, **changed: Any) -> Row:
    """A row whose puzzles a, b, ... are solved (1) or not (0)."""
    found = {letter: digit == "1" for letter, digit in zip("abcdefgh", solved, strict=False) if digit in "01"}
    values: dict[str, Any] = {
        "source": f"{name}.eval",
        "kind": SUDOKU,
        "solved": sum(found.values()),
        "puzzles": len(found),
        "outcomes": found,
        "digest": "".join(found),
    }
    return Row(name=name, **{**values, **changed})


def test_rows_are_shares_with_the_interval_of_everywhere_else() -> None:
    one = row("ours", "1110")
    assert one.share == 0.75
    assert one.interval == wilson_interval(3, 4)
    cells = dict(zip(HEADINGS, texts(one), strict=True))
    assert cells["solved [95 %]"] == "75.0 % [30.1, 95.4]"
    assert cells["a puzzle"] == cells["s"] == cells["$"] == cells["date"] == "-"
    assert cells["limits"] == "none"


@pytest.mark.parametrize(
    ("changed", "column", "text"),
    [
        ({"spent": 1234.4, "unit": "tokens"}, "a puzzle", "1,234 tokens"),
        ({"spent": 7.25}, "a puzzle", "7.2 segments"),
        ({"seconds": 0.0123}, "s", "0.012"),
        ({"seconds": 1234.56}, "s", "1,234.6"),
        ({"dollars": 1.234}, "$", "1.23"),
    ],
)
def test_numbers_are_written_as_a_person_reads_them(changed: dict[str, Any], column: str, text: str) -> None:
    assert dict(zip(HEADINGS, texts(row("ours", "10", **changed)), strict=True))[column] == text


def test_pairs_count_the_puzzles_of_both() -> None:
    (one,) = paired([row("ours", "1100x"), row("theirs", "10x01")])
    assert one == Paired("ours", "theirs", both=1, only_one=1, only_other=0, neither=1)
    assert one.puzzles == 3
    assert one.difference == pytest.approx(1 / 3)
    low, high = one.interval
    assert low < 0 < 1 / 3 < high <= 1
    assert paired([row("ours", "11"), row("theirs", "xx11")]) == []
    assert json.loads(json.dumps(one.figures()))["difference"] == pytest.approx(1 / 3)


def test_rows_of_one_name_are_told_apart() -> None:
    same, other = row("gpt", "10"), row("ours", "10")
    named = with_names_apart([replace(same, source="logs/a.eval"), other, replace(same, source="logs/b.eval")])
    assert [one.name for one in named] == ["gpt (a.eval)", "ours", "gpt (b.eval)"]


def test_different_sets_are_told() -> None:
    same = [row("ours", "110"), row("theirs", "001")]
    assert differing(same) == []
    assert common_puzzles(same) == {"a", "b", "c"}
    other = [row("ours", "110"), row("theirs", "x011")]
    assert differing(other) == ["these are 2 different sets of puzzles: 2 puzzles are common to all"]
    none = [row("ours", "11"), row("theirs", "xx11")]
    assert differing(none) == ["these are 2 different sets of puzzles: no puzzle is known to be in all"]
    unknown = [row("ours", "11"), row("old", "11", outcomes=None, digest=None)]
    assert differing(unknown) == ["which puzzles old.eval is about is not on record: their sets may differ"]
    assert differing(unknown[1:]) == []
    assert differing([row("ours", "11", notes=("it stopped",))]) == ["it stopped"]


def test_puzzles_of_another_kind_are_refused() -> None:
    maze = row("maze", "1", kind=PuzzleKind(name="maze", shape=(9, 9), symbols="?# SGo"))
    with pytest.raises(InputError, match=r"maze.eval is about maze 9 x 9, ours.eval about sudoku 9 x 9"):
        check_same_kind([row("ours", "1"), maze])
    imported = row("imported", "1", kind=PuzzleKind(name="published", shape=SUDOKU.shape, symbols=SUDOKU.symbols))
    check_same_kind([row("ours", "1"), imported])


def test_a_page_holds_all_tables() -> None:
    rows = [row("ours", "111"), row("a|b", "100", kinds={"solved": 1, "wrong": 2, "missing": 0})]
    said = page("sudoku", rows, ["a line"])
    assert "| ours | 100.0 %" in said
    assert "| a\\|b |" in said
    assert "| ours against a\\|b | 3 | 1 | 2 | 0 | 0 | +66.7 points" in said
    assert "| a\\|b | 2 wrong |" in said
    assert said.endswith("a line\n")

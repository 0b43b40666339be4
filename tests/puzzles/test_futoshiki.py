from __future__ import annotations

import re

import numpy as np
import pytest

from hrm.errors import InputError
from hrm.puzzles.ansi import BROKEN, COLOUR
from hrm.puzzles.boards.drawing import draw_board
from hrm.puzzles.boards.family import SEVERAL, FamilyRules, GaveUpError
from hrm.puzzles.boards.text import FamilyText
from hrm.puzzles.futoshiki import Family, Layout, futoshiki, plain_lines, signs_of
from hrm.puzzles.latin import MOST_GUESSES, LatinSearch

LINE = ".<.<." + "_____" + "._._." + "^____" + "3_._."
BOARD = """\
.<.<.

. . .
^
3 . ."""
"""1 < 2 < 3 / 2 3 1 / 3 1 2"""
ANSWER = "1<2<3" + "_____" + "2_3_1" + "^____" + "3_1_2"


@pytest.fixture(scope="module")
def family() -> Family:
    return futoshiki(3)


def tokens(family: Family, text: str) -> np.ndarray:
    return np.array([family.spec.symbols.index(symbol) for symbol in text])


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        BOARD,
        "\n".join(LINE[at : at + 5] for at in range(0, 25, 5)),
        ".<.<.\n...\n^\n3..",
        " .  <  .  <  .\n .     .     .\n ∧\n 3     .     .\n",
        "0 < 0 < 0\n\n\n0   0   0\n^\n3   0   0",
    ],
)
def test_ways_to_write_a_board(family: Family, text: str) -> None:
    example = FamilyText(family).parse(text)
    assert (example.inputs == tokens(family, LINE)).all()
    assert example.labels is not None
    assert (example.labels == tokens(family, ANSWER)).all()


def test_boards_follow_one_another_and_faults_are_placed(family: Family) -> None:
    found = FamilyText(family).parse_many(f"{BOARD}\n{BOARD}\n\n{LINE}\n. . .\n. . .\n%\n. . .\n")
    assert [isinstance(one, InputError) for one in found] == [False, False, False, True]
    assert str(found[3]) == "lines 13 to 16: 21 cells in 5 lines found, but a Futoshiki board of 5 x 5 has 25"


def test_a_sign_has_to_stand_under_a_cell() -> None:
    lines = FamilyText(futoshiki(3))
    with pytest.raises(InputError, match="the sign \\^ in line 2, column 2, stands under no cell"):
        lines.parse(". . .\n ^\n. . .\n. . .")
    assert signs_of("^ v  ∨") == {0: "^", 2: "v", 5: "v"}
    assert signs_of("^ <") is None
    assert list(plain_lines([], 3)) == []


def test_signs_say_which_of_two_is_less(family: Family) -> None:
    good, layout = tokens(family, ANSWER), Layout(3)
    for sign, place, holds in (("<", 1, True), (">", 1, False), ("^", 5, True), ("v", 5, False), (">", 13, True)):
        question, answer = tokens(family, LINE), good.copy()
        question[place] = answer[place] = layout.token_of[sign]
        assert family.solved(question[None], answer[None])[0] == holds
        broken = np.flatnonzero(family.broken(question[None], answer[None])[0])
        assert broken.tolist() == ([] if holds else [place])
        assert (BROKEN in draw_board(family, question, answer)) != holds
    assert layout.less(tokens(family, LINE)) == [(0, 1), (1, 2), (3, 6)]


def test_doubles_and_changed_givens_are_broken(family: Family) -> None:
    question, answer = tokens(family, LINE), tokens(family, ANSWER)
    answer[[4, 14]] = answer[14], answer[4]  # 3 and 1 of the last column change places
    broken = np.flatnonzero(family.broken(question[None], answer[None])[0])
    assert broken.tolist() == [0, 3, 4, 12, 14]
    answer = tokens(family, ANSWER)
    answer[20] = answer[24]
    assert 20 in np.flatnonzero(family.broken(question[None], answer[None])[0])


def test_problems_are_no_solution_or_several(family: Family) -> None:
    rules, answer = FamilyRules(family), tokens(family, ANSWER)
    several, none, alone = (tokens(family, text + LINE[5:]) for text in ("._._.", "3_._.", ".<.<."))
    assert rules.problems(np.stack([several, none, alone]), np.stack([answer] * 3)) == [
        "the label breaks the rules",  # its first row has signs
        "no digits agree with all signs and givens",
        None,
    ]
    other = answer.copy()
    other[[1, 3]] = several[1]
    assert rules.problems(several[None], other[None]) == [SEVERAL]
    assert family.solve(several) is None


def test_a_search_that_gives_up_says_after_how_much(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = tokens(family, re.sub(r"[0-9<>^v]", lambda found: "." if found[0].isdigit() else "_", LINE))
    assert family.solve(nothing) is None, "two are found before the search gives up"
    monkeypatch.setattr("hrm.puzzles.latin.MOST_GUESSES", 0)
    with pytest.raises(GaveUpError, match=f"the search gave up after {MOST_GUESSES:,} guesses"):
        family.solve(nothing)


@pytest.mark.parametrize(("place", "symbol"), [(0, "<"), (0, "_"), (1, "2"), (1, "^"), (5, ">"), (6, "v"), (6, ".")])
def test_what_stands_where_it_cannot_is_refused(family: Family, place: int, symbol: str) -> None:
    line = LINE[:place] + symbol + LINE[place + 1 :]
    where = f"row {place // 5 + 1}, column {place % 5 + 1}"
    with pytest.raises(InputError, match=rf"'{re.escape(symbol)}' cannot stand in {where} of"):
        FamilyText(family).parse(line)


def test_generated_puzzles_have_one_solution_and_the_numbers_asked_for() -> None:
    family = futoshiki(4, (6, 9), (0, 2))
    layout, search, draws = Layout(4), LatinSearch(4), np.random.default_rng(0)
    made = [puzzle for _ in range(60) if (puzzle := family.make(draws)) is not None]
    assert len(made) > 10
    for question, label in made:
        digits = layout.digits(question[None])[0]
        found = search.search(search.candidates(digits.tolist()), layout.less(question), limit=3).solutions
        assert found == [layout.digits(label[None])[0].tolist()]
        assert (digits > 0).sum() <= 2
        assert 6 <= len(layout.less(question)) <= 9


def test_the_held_out_share_is_of_squares_not_of_signs(family: Family) -> None:
    one = tokens(family, ANSWER)
    other = one.copy()
    other[[1, 3]] = Layout(3).nothing, Layout(3).token_of["<"]
    assert family.keys_apart(one[None], one[None]) == family.keys_apart(other[None], other[None])
    assert family.symmetries.keys(one[None], one[None]) != family.symmetries.keys(other[None], other[None])


def test_a_drawing_has_no_gaps_and_leaves_places_without_a_sign_free(family: Family) -> None:
    drawn = COLOUR.sub("", draw_board(family, tokens(family, LINE)))
    assert [line.rstrip() for line in drawn.splitlines()] == BOARD.splitlines()


@pytest.mark.parametrize(
    ("settings", "message"), [({"signs": (0, 13)}, "signs .* 0 to 12"), ({"givens": (3, 2)}, "givens"), ({}, "size")]
)
def test_settings_that_cannot_be(settings: dict[str, tuple[int, int]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        futoshiki(3 if settings else 10, **settings)

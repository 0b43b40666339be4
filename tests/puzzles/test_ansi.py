from __future__ import annotations

from hrm.puzzles.ansi import BROKEN, CHANGED, COLOUR, GIVEN, RESET, paint


def test_paint_ends_what_it_begins_and_adds_nothing_without_a_style() -> None:
    assert paint("5", GIVEN) == f"{GIVEN}5{RESET}"
    assert paint("5", "") == "5"


def test_colour_can_be_taken_away_again() -> None:
    assert COLOUR.sub("", paint("a", CHANGED + BROKEN) + paint("b", "") + paint("c", GIVEN)) == "abc"

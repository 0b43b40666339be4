from __future__ import annotations

import pytest

from hrm.errors import InputError
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.scan import Fields, Limits, fields_of, in_common, layout_of, seen

LIMITS = Limits(100, 20)


def entries(*pairs: tuple[str, str]) -> list[Entry]:
    return [Entry(question, answer, "{}") for question, answer in pairs]


def test_what_all_have_in_common_ends_at_a_blank() -> None:
    texts = ["What is 12 + 7? Say it.", "What is 13 + 8? Say it."]
    assert in_common(texts) == ("What is ", " Say it.")
    assert in_common(["abc", "abd"]) == ("", "")
    assert in_common(["same"]) == ("same", "")
    assert in_common(["a a", "a a a"]) == ("a ", "")


def test_words_get_places_and_those_that_never_change_none() -> None:
    assert fields_of(["12 and 7", "3 and 45"]) == Fields(5, (-2, 0, -2), ("and",))
    assert seen(["12 and 7"], Fields(5, (-2, 0, -2), ("and",))) == [" ", "12", "7"]
    assert fields_of(["red 7", "blue 45"]) == Fields(7, (4, -2))
    assert fields_of(["one", "one two"]) == Fields(7)
    assert fields_of(["a bbbbbbbbbb", "aaaaaaaaaa b"]) == Fields(12), "positions of their own would be too many"


def test_text_is_laid_out() -> None:
    layout = layout_of(entries(("Add 12 and 7!", "19"), ("Add 3 and 45!", "48"), ("Add 60 and 50!", "110")), LIMITS)
    assert (layout.style, layout.prefix, layout.shape, layout.right) == ("text", "Add ", (1, 3), True)
    assert "d" not in layout.symbols
    for number, (question, answer) in enumerate([("Add 12 and 7!", "19"), ("Add 60 and 50!", "110")]):
        tokens = layout.question(question)
        assert tokens.shape == (layout.seq_len,), number
        assert layout.question_of(tokens) == question.removeprefix("Add ")
        assert layout.answer_of(layout.answer(answer)) == answer
        assert (layout.question(layout.question_of(tokens)) == tokens).all(), "the varying part alone is enough"


def test_grids_are_cells() -> None:
    puzzles = [("1 _\n_ 1", "1 2\n2 1"), ("_ 1\n1 _", "2 1\n1 2"), ("_ 2 1\n2 _ 3\n1 3 2", "3 2 1\n2 1 3\n1 3 2")]
    made = entries(*((f"Fill this:\n{question}\nwith digits", answer) for question, answer in puzzles))
    layout = layout_of(made, LIMITS)
    assert (layout.style, layout.num_text, layout.shape) == ("lines", 0, (3, 3))
    assert layout.spec.grid_shape == (3, 3)
    for (question, answer), entry in zip(puzzles, made, strict=True):
        tokens = layout.question(entry.question)
        assert layout.question_of(tokens) == question
        assert (layout.question(question) == tokens).all()
        assert layout.answer_of(layout.answer(answer)) == answer
    assert layout_of(made, LIMITS, "text").style == "text"


def test_what_is_said_beside_a_grid_is_seen_too() -> None:
    made = entries(("Turn by 90:\n1 2\n3 4", "3 1\n4 2"), ("Turn by 180:\n1 2\n3 4", "4 3\n2 1"))
    layout = layout_of(made, LIMITS)
    assert (layout.style, layout.num_text, layout.spec.grid_shape) == ("lines", 4, (1, 8))
    assert layout.question_of(layout.question(made[0].question)) == "90:\n1 2\n3 4"


def test_words_of_several_letters_are_cells_and_all_numbers_between_are_known() -> None:
    layout = layout_of(entries(("0 9\n12 3", "4 9\n12 3"), ("5 0\n1 6", "5 3\n1 6")), LIMITS)
    assert layout.words == tuple(map(str, range(13)))
    assert layout.answer_of(layout.answer("10 11\n12 0")) == "10 11\n12 0"
    assert len(set(layout.symbols)) == len(layout.symbols)
    with pytest.raises(InputError, match="a cell '13'"):
        layout.answer("13 1\n1 1")


def test_limits_are_told() -> None:
    made = entries(("1234567 a", "x"), ("1 b", "y" * 30))
    with pytest.raises(InputError, match=r"the answers take up to 30 positions, more than task.max_answer \(20\)"):
        layout_of(made, LIMITS)
    with pytest.raises(InputError, match=r"the questions take up to 9 positions, more than task.max_question"):
        layout_of(made, Limits(8, 50))
    with pytest.raises(InputError, match=r"task.form is cells"):
        layout_of(made, LIMITS, "cells")
    with pytest.raises(InputError, match="character '□'"):
        layout_of(entries(("a □", "b"), ("b c", "d")), LIMITS)

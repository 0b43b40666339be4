from __future__ import annotations

import pytest

from hrm.errors import InputError
from hrm.puzzles.base import InWords, in_words
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.scan import Limits, layout_of
from hrm.puzzles.gym.text import GymText

PAIRS = [("Add 12 and 7!", "19"), ("Add 3 and 45!", "48"), ("Add 60 and 50!", "110")]
LAYOUT = layout_of([Entry(*pair, "{}") for pair in PAIRS], Limits(100, 20))
TEXT = GymText(LAYOUT)


def test_a_question_is_typed_whole_or_as_its_varying_part() -> None:
    whole, part = TEXT.parse("Add 3 and 45!"), TEXT.parse("3 and 45!")
    assert (whole.inputs == part.inputs).all()
    assert whole.labels is None
    with pytest.raises(InputError, match="the text is empty"):
        TEXT.parse(" \n")


@pytest.mark.parametrize(
    "text",
    [
        "question,answer\nAdd 3 and 45!,48\nAdd 12 and 7!,19\n",
        '"question","answer"\n"Add 3 and 45!","48"\n"Add 12 and 7!","19"\n',
        '{"question": "Add 3 and 45!", "answer": "48"}\n{"question": "Add 12 and 7!", "answer": "19"}\n',
        '[{"question": "Add 3 and 45!", "answer": "48"}, {"question": "Add 12 and 7!", "answer": "19"}]',
    ],
)
def test_a_file_of_questions_with_answers(text: str) -> None:
    one, other = TEXT.parse_many(text)
    assert not isinstance(one, InputError)
    assert not isinstance(other, InputError)
    assert one.labels is not None
    assert one.is_given
    assert LAYOUT.answer_of(one.labels) == "48"
    assert LAYOUT.question_of(other.inputs) == "12 and 7!"


def test_a_file_of_lines_tells_in_which_one_something_is_wrong() -> None:
    one, other = TEXT.parse_many("Add 3 and 45!\n\nAdd x and 4!\n")
    assert not isinstance(one, InputError)
    assert isinstance(other, InputError)
    assert str(other).startswith("line 3: the question has the character 'x'")
    with pytest.raises(InputError, match="this is no question of the kind that the model knows"):
        TEXT.parse_many("Add")


def test_values_of_python() -> None:
    (one,) = TEXT.parse_values("Add 3 and 45!")
    (two, three) = TEXT.parse_values([{"question": "Add 3 and 45!", "answer": "48"}, "Add 12 and 7!"])
    assert not isinstance(one, InputError)
    assert not isinstance(two, InputError)
    assert not isinstance(three, InputError)
    assert (one.inputs == two.inputs).all()
    assert two.is_given
    assert not three.is_given
    with pytest.raises(InputError, match="question 2: 7 is no question"):
        TEXT.parse_values(["Add 3 and 45!", 7])


def test_words_are_what_a_person_reads() -> None:
    assert isinstance(TEXT, InWords)
    example = TEXT.parse("Add 3 and 45!")
    assert in_words(TEXT, example.inputs) == "3 and 45!"
    assert in_words(TEXT, example.inputs, LAYOUT.answer("48")) == "48"
    assert in_words(None, example.inputs) is None


def test_a_grid_typed_as_json_is_a_question() -> None:
    made = [Entry("Next: [[0,1],[1,0]]", "[[1,1],[1,0]]", "{}"), Entry("Next: [[1,1],[1,0]]", "[[0,1],[0,0]]", "{}")]
    text = GymText(layout_of(made, Limits(100, 20)))
    (example,) = text.parse_many("[[0,1],[1,0]]")
    assert not isinstance(example, InputError)
    assert (example.inputs == text.parse(made[0].question).inputs).all()

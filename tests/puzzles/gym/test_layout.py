from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hrm.config import from_dict, to_dict
from hrm.errors import InputError
from hrm.puzzles.gym.entries import Entry
from hrm.puzzles.gym.layout import FILL, Layout
from hrm.puzzles.gym.scan import Limits, layout_of
from hrm.types import IGNORE_LABEL


@pytest.fixture
def layout() -> Layout:
    pairs = [("Add 12 and 7!", "19"), ("Add 3 and 45!", "48"), ("Add 60 and 50!", "110")]
    return layout_of([Entry(*pair, "{}") for pair in pairs], Limits(100, 20))


def test_the_question_has_no_label_and_numbers_stand_on_the_right(layout: Layout) -> None:
    symbols = layout.spec.symbols
    tokens, labels = layout.question("Add 3 and 45!"), layout.answer("48")
    assert "".join(symbols[token] for token in tokens) == f"{FILL}3 45!□□□"
    assert (labels[: layout.num_text] == IGNORE_LABEL).all()
    assert "".join(symbols[token] for token in labels[layout.num_text :]) == f"{FILL}48"
    assert layout.spec.seq_len == len(tokens) == len(labels)


def test_it_is_kept_in_a_configuration(layout: Layout) -> None:
    assert from_dict(Layout, to_dict(layout)) == layout


def test_any_tokens_are_an_answer(layout: Layout) -> None:
    """A model may say anything, also at the positions of the question, where nobody listens."""
    for token in range(layout.spec.vocab_size):
        assert isinstance(layout.answer_of(np.full(layout.seq_len, token)), str)
    assert layout.answer_of(np.zeros(layout.seq_len, dtype=int)) == ""


def test_a_grid_of_any_tokens_is_an_answer() -> None:
    made = [Entry("A:\n1 _\n_ 1", "1 2\n2 1", ""), Entry("A:\n_ 1\n1 _", "2 1\n1 2", "")]
    layout = layout_of(made, Limits(100, 20))
    for token in range(layout.spec.vocab_size):
        assert isinstance(layout.answer_of(np.full(layout.seq_len, token)), str)
    with pytest.raises(InputError, match="a grid of 3 x 2, and this model's have at most 2 x 2"):
        layout.question("A:\n1 _\n_ 1\n1 1")
    with pytest.raises(InputError, match="there is no grid in the question"):
        layout.question("A:\n1 _")
    with pytest.raises(InputError, match="the answer is no grid"):
        layout.answer("12")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Add 3 and 4 and 5!", "all of those have 3 words, and this one has 5"),
        ("Add 3 plus 45!", "'plus' where all that this model knows have 'and'"),
        ("Add 300 and 45!", "'300' is longer than the 2 characters"),
        ("Add x and 45!", "the character 'x', which this model does not know"),
    ],
)
def test_what_a_model_cannot_read(layout: Layout, question: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        layout.question(question)


def test_what_a_model_cannot_say(layout: Layout) -> None:
    with pytest.raises(InputError, match="the answer has 4 characters, and this model gives at most 3"):
        layout.answer("1234")
    plain = replace(layout, fields=(), constants=(), num_text=4)
    with pytest.raises(InputError, match="at most 4"):
        plain.question("Add 12345!")

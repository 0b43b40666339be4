"""Boards and tables of a notebook: nothing but their own styles, every text escaped, read on white and on dark."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from hrm.markup import COLOURS, as_table, figure, spans

VOID = {"br", "hr", "img"}


class Balanced(HTMLParser):
    """A reader that remembers what is open, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in VOID
        assert {name for name, _ in attrs} <= {"style", "scope"}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markup: str) -> str:
    """The text of ``markup``, whose tags are all closed and carry nothing but styles."""
    reader = Balanced()
    reader.feed(markup)
    reader.close()
    assert reader.open == []
    assert "url(" not in markup
    return reader.text


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("ground", ["#ffffff", "#1e1e1e", "#111111"])
def test_inks_are_read_on_light_and_dark_grounds(ground: str) -> None:
    for number, colour in COLOURS.items():
        if number == 3:  # a ground itself, with black or a colour on it
            ground, colour = "#000000", colour
        dark, light = sorted([luminance(ground), luminance(colour)])
        assert (light + 0.05) / (dark + 0.05) > 3, f"{colour} on {ground}"


def test_a_board_keeps_its_cells_and_colours() -> None:
    shown = spans("\x1b[1m5\x1b[0m \x1b[36m3\x1b[0m\n\x1b[30;43m\x1b[31m<\x1b[0m &")
    assert read(shown) == "5 3\n< &"
    assert "font-weight: bold" in shown
    assert f"color: {COLOURS[6]}" in shown
    assert f"color: {COLOURS[1]}" in shown
    assert f"background-color: {COLOURS[3]}" in shown
    assert spans("plain") == "plain"


def test_texts_are_escaped_wherever_they_stand() -> None:
    bad = '<script>alert("x")</script> & <b>'
    assert read(figure(bad, bad)) == bad * 2
    assert read(as_table(bad, [(bad, bad), ("n", 7)])) == bad * 3 + "n7"


def test_a_wide_board_is_one_line_a_row() -> None:
    line = "1 " * 600
    assert read(spans(f"{line}\n{line}")).count("\n") == 1


def test_a_table_has_a_row_for_each_name() -> None:
    shown = as_table("title", [("a", 1), ("b", None)])
    assert re.findall(r"<t[hd][^>]*>([^<]*)", shown) == ["a", "1", "b", "None"]
    assert read(as_table("title", [])) == "title"


def test_a_link_of_a_terminal_is_none_on_the_page() -> None:
    hostile = '\x1b]8;;javascript:alert(1)"onmouseover="x\x1b\\\\L\x1b]8;;\x1b\\\\ \x1b[31mred\x1b[0m \x1b[2J'
    made = spans(hostile)
    assert "javascript" not in made
    assert "<a" not in made
    assert "L" in made
    assert "color" in made, "colours stay"

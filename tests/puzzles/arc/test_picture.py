from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
from arc_tasks import grid

from hrm.puzzles.arc.picture import CELL, COLOURS, Panel, draw_picture

SVG = "{http://www.w3.org/2000/svg}"


def test_a_picture_shows_every_cell_in_its_colour() -> None:
    root = ElementTree.fromstring(draw_picture("t", [[Panel("input", grid("112 344"))]]))
    runs = [node for node in root.iter(f"{SVG}rect") if node.get("fill") in COLOURS]
    assert [(COLOURS.index(str(node.get("fill"))), int(str(node.get("width"))) // CELL) for node in runs] == [
        (1, 2),
        (2, 1),
        (3, 1),
        (4, 2),
    ]
    assert len(set(COLOURS)) == 10


def test_nothing_lies_outside_and_captions_do_not_meet() -> None:
    rows = [
        [Panel("input", grid("1")), Panel("a rather long caption for a small grid", grid("1")), Panel("b", grid("1"))],
        [Panel("input", np.zeros((30, 30), dtype=np.uint8)), Panel("c", grid("12"))],
    ]
    root = ElementTree.fromstring(draw_picture("title", rows))
    width, height = (float(str(root.get(side))) for side in ("width", "height"))
    for node in root.iter(f"{SVG}rect"):
        if node.get("x"):
            x, y, w, h = (float(str(node.get(key))) for key in ("x", "y", "width", "height"))
            assert 0 <= x <= x + w <= width
            assert 0 <= y <= y + h <= height
    texts = list(root.iter(f"{SVG}text"))
    first_row = [float(str(node.get("x"))) for node in texts if node.get("y") == texts[1].get("y")]
    assert first_row == sorted(first_row)
    assert first_row[2] - first_row[1] > 5 * len("a rather long caption for a small grid")


def test_text_is_escaped_and_an_empty_grid_is_said() -> None:
    drawn = draw_picture("a < b", [[Panel("x & y", np.zeros((0, 0), dtype=np.uint8))]])
    root = ElementTree.fromstring(drawn)
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert texts == ["a < b", "x & y", "(empty)"]
    assert next(root.iter(f"{SVG}title")).text == "a < b"

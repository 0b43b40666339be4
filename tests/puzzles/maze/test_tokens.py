from __future__ import annotations

from hrm.puzzles.maze.tokens import FREE, GOAL, PAD, PATH, START, SYMBOLS, WALL, cell_name, size_of


def test_the_published_encoding() -> None:
    assert (PAD, WALL, FREE, START, GOAL, PATH) == (0, 1, 2, 3, 4, 5)
    assert "".join(SYMBOLS[1:]) == "# SGo"


def test_cells_have_names() -> None:
    assert size_of(900) == 30
    assert [cell_name(cell, 9) for cell in (0, 8, 9, 80)] == ["r1c1", "r1c9", "r2c1", "r9c9"]

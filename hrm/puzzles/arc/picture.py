"""A picture of a task as SVG: for every test input the input, the answer and the attempts side by side."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import NamedTuple

from hrm.puzzles.arc.grids import Grid

COLOURS = (
    "#000000", "#0074d9", "#ff4136", "#2ecc40", "#ffdc00", "#aaaaaa", "#f012be", "#ff851b", "#7fdbff", "#870c25",
)  # fmt: skip
"""Colours 0 to 9 as the ARC pages show them."""

CELL, GAP, TEXT = 8, 16, 9
"""Pixels: a cell, the space between grids, the height of letters; by eye."""

LETTER = 0.6 * TEXT
"""Pixels of a letter's width, roughly, so that a caption never runs into the next one."""


class Panel(NamedTuple):
    """A grid and what is written above it."""

    caption: str
    grid: Grid


def draw_picture(title: str, rows: Sequence[Sequence[Panel]]) -> str:
    """Rows of panels (one per test input) -> a whole SVG file."""
    parts: list[str] = []
    y, width = 2 * TEXT + GAP, int(LETTER * len(title)) + 2 * GAP
    for panels in rows:
        x = GAP
        for panel in panels:
            parts.append(f'<text x="{x}" y="{y}">{escape(panel.caption)}</text>')
            parts += _cells(panel.grid, x, y + TEXT // 2)
            x += max(CELL * panel.grid.shape[1], int(LETTER * len(panel.caption))) + GAP
        width = max(width, x)
        y += CELL * max(panel.grid.shape[0] for panel in panels) + 2 * TEXT + GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}"'
        f' font-family="sans-serif" font-size="{TEXT}">'
    )
    title_line = f'<text x="{GAP}" y="{TEXT + GAP // 2}" font-weight="bold">{escape(title)}</text>'
    background = f'<rect width="{width}" height="{y}" fill="#ffffff"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", background, title_line, *parts, "</svg>", ""])


def _cells(grid: Grid, x: int, y: int) -> list[str]:
    """A rectangle for every run of one colour in a row, and lines between the cells."""
    rows, columns = grid.shape
    if not grid.size:
        return [f'<text x="{x}" y="{y + TEXT}">(empty)</text>']
    parts = []
    for row, line in enumerate(grid):
        column = 0
        for colour, run in groupby(line.tolist()):
            length = len(list(run))
            parts.append(
                f'<rect x="{x + CELL * column}" y="{y + CELL * row}" width="{CELL * length}" height="{CELL}"'
                f' fill="{COLOURS[colour]}"/>'
            )
            column += length
    lines = "".join(f"M{x} {y + CELL * row}h{CELL * columns}" for row in range(rows + 1))
    lines += "".join(f"M{x + CELL * column} {y}v{CELL * rows}" for column in range(columns + 1))
    return [*parts, f'<path d="{lines}" stroke="#555555" stroke-width="0.5" fill="none"/>']

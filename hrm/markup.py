"""Boards and tables as HTML, for notebooks and pages: styles inline, nothing fetched, every text escaped."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable

COLOURS = {1: "#d6453d", 2: "#2e8b57", 3: "#ffe08a", 4: "#4a7fc1", 6: "#1f8a97"}
"""Of the terminal's numbers (red, green, yellow, blue, cyan); chosen by eye, so that they are read on white and on the
dark grounds of notebooks alike, and so that the colour-blind tell them apart: changes lie on a ground."""

FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
BOARD = f"margin: 0; padding: 0; border: 0; background: none; color: inherit; font: 15px/1.25 {FONT}; white-space: pre"
CELL = "padding: .15em .8em .15em 0; border: 0; background: none; color: inherit; text-align: left; vertical-align: top"
"""A notebook has its own mind about tables and preformatted text: what it must not change is said here. Ink and ground
are inherited, so a dark theme stays dark."""


NO_COLOUR = re.compile(r"\x1b\].*?(\x07|\x1b\\)|\x1b(?!\[[0-9;]*m)", re.DOTALL)
"""Escapes of a terminal that are no change of colour: links, above all, which would be links on the page, unescaped."""


def spans(ansi: str) -> str:
    """Text with ANSI colour as HTML: a ``span`` with an inline style for each change of colour, and nothing else."""
    from rich.console import Console
    from rich.terminal_theme import DEFAULT_TERMINAL_THEME
    from rich.text import Text

    console = Console(file=io.StringIO(), record=True, force_terminal=True, color_system="truecolor", width=1000)
    console.print(Text.from_ansi(NO_COLOUR.sub("", ansi)), soft_wrap=True, end="")
    styled = console.export_html(inline_styles=True, code_format="{code}")
    for number, colour in COLOURS.items():
        styled = styled.replace(DEFAULT_TERMINAL_THEME.ansi_colors[number].hex, colour)
    return styled


def figure(ansi: str, caption: str) -> str:
    """A board that a task has drawn, as a figure with words below it."""
    return (
        f'<figure style="margin: .4em 0"><pre style="{BOARD}; overflow-x: auto">{spans(ansi)}</pre>'
        f'<figcaption style="margin-top: .4em; font-style: normal">{html.escape(caption)}</figcaption></figure>'
    )


def as_table(title: str, rows: Iterable[tuple[str, object]]) -> str:
    """A short table: a name and its value in a row."""
    cells = "".join(
        f'<tr style="background: none"><th scope="row" style="{CELL}; font-weight: 600">{html.escape(name)}</th>'
        f'<td style="{CELL}; overflow-wrap: anywhere">{html.escape(str(value))}</td></tr>'
        for name, value in rows
    )
    caption = f'<caption style="text-align: left; padding: 0 0 .3em; color: inherit">{html.escape(title)}</caption>'
    return (
        f'<table style="margin: .4em 0; border: 0; border-collapse: collapse">{caption}<tbody>{cells}</tbody></table>'
    )

"""The terminal, with colour where it can show it (rich honours NO_COLOR and pipes)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

console = Console(highlight=False, soft_wrap=True)


def board(ansi: str) -> Text:
    """A board that a task rendered, for ``console.print``."""
    return Text.from_ansi(ansi)


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table of numbers, narrow enough for 80 columns when its texts are."""
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*row)
    console.print(table)

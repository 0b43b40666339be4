"""The terminal, with colour where it can show it (rich honours NO_COLOR and pipes)."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

console = Console(highlight=False, soft_wrap=True)


def board(ansi: str) -> Text:
    """A board that a task rendered, for ``console.print``."""
    return Text.from_ansi(ansi)

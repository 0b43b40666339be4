"""Output in whatever characters the terminal, pipe or file can take: ASCII in place of the others, never an error."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

ASCII = "hrm-ascii"
"""The name of the codec's error handler (``codecs.register_error``)."""

DRAWN = {
    **dict.fromkeys("─━═╌╍┄┅┈┉╴╶╸╺", "-"),
    **dict.fromkeys("│┃║╎╏┆┇┊┋╵╷╹╻", "|"),
    **dict.fromkeys("█▉▊▋▌▓▒░■⬛", "#"),
    **dict.fromkeys("·•∙□◻▢⬜", "."),
    **dict.fromkeys("–—−", "-"),
    **dict.fromkeys("‘’′", "'"),
    **dict.fromkeys("“”″", '"'),
    **{"…": "...", "→": "->", "←": "<-", "±": "+-", "×": "x", "≤": "<=", "≥": ">=", "≈": "~", "∅": "0", "✓": "v"},
}
"""Characters that we print, or that a person gave us -> the same in ASCII."""

CORNERS = range(0x250C, 0x2580)
"""Where the rest of the box drawing characters lie: corners and crossings."""


def in_ascii(character: str) -> str:
    """The nearest thing to a character in ASCII; ``?`` where there is none."""
    if character in DRAWN:
        return DRAWN[character]
    if ord(character) in CORNERS:
        return "+"
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(in_ascii, error.object[error.start : error.end])), error.end


def make_printable() -> None:
    """Standard output and error from now on: a character that they cannot encode becomes one of ASCII."""
    codecs.register_error(ASCII, _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not where a program put something of its own
            stream.reconfigure(errors=ASCII)

"""A film of a model that thinks: what the terminal would show step by step, as an animation or a page to leaf through.

Boards are drawn by the task, as text with colours (``Task.render``), so any puzzle has a film: givens bold, what has
just changed on yellow, what breaks a rule red.
"""

from __future__ import annotations

import html
import importlib.util
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from hrm.errors import InputError
from hrm.files import check_writable
from hrm.markup import COLOURS, spans

if TYPE_CHECKING:
    from hrm.inference.trace import Step

FORMATS = (".gif", ".html")
MILLISECONDS, LAST_MILLISECONDS = 500, 3000
"""Of a frame, and of the last one; chosen by eye."""
MOST_FRAMES = 400
"""Of an animation, which would weigh more than anybody waits for."""
FONT_SIZE, CHART_HEIGHT, MARGIN = 16, 90, 14
"""Pixels; chosen by eye."""
INK = "#222222"
CERTAINTY, RESIDUAL = "#1f5fa8", "#d1730f"


@dataclass(frozen=True)
class Frame:
    """One moment."""

    board: str  # text with ANSI colour
    caption: str
    certainty: float | None  # None within a segment
    residual: float | None


def check_film(path: Path) -> None:
    """``InputError`` before any work is done for a film that could not be written."""
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: a film is a file of {' or '.join(FORMATS)}")
    if path.exists():
        raise InputError(f"{path} is there already: give another name, or delete it")
    check_writable(path)
    if path.suffix.lower() == ".gif" and not can_draw():
        raise InputError("a .gif needs Pillow, and matplotlib's fonts: pip install 'hrm-lab[plot]', or film to .html")


def frames_of(puzzle: str, steps: Sequence[Step], verdict: str) -> list[Frame]:
    """The puzzle (drawn), and a frame for every step; the last one says how it ended."""
    frames = [Frame(puzzle, "the puzzle", None, None)]
    for number, step in enumerate(steps, start=1):
        end = f"; {verdict}" if number == len(steps) else ""
        frames.append(Frame(step.board, f"{step.caption}{end}", step.certainty, step.residual))
    return frames


def film(frames: Sequence[Frame], title: str, ending: str) -> bytes:
    """The film as a file that ends so. Raises ``InputError`` for an animation of more than ``MOST_FRAMES``."""
    if ending.lower() == ".html":
        return as_page(frames, title)
    if len(frames) > MOST_FRAMES:
        raise InputError(f"{len(frames)} frames are too many for an animation (most: {MOST_FRAMES}): film to .html")
    return as_animation(frames)


def as_page(frames: Sequence[Frame], title: str) -> bytes:
    """A page with play and pause, a slider and keys, that fetches nothing."""
    shown = [{"board": spans(frame.board), "caption": frame.caption} for frame in frames]
    data = json.dumps({"frames": shown, "ms": MILLISECONDS}).replace("<", "\\u003c")
    return PAGE.format(title=html.escape(title), chart=_chart(frames), data=data).encode()


def _points(frames: Sequence[Frame], field: str, width: float, height: float) -> list[tuple[float, float]]:
    """The course of a value from 0 to 1 (what is above is cut off), over frames."""
    step = width / max(1, len(frames) - 1)
    values = [(index, getattr(frame, field)) for index, frame in enumerate(frames)]
    return [(step * index, height * (1 - min(1.0, value))) for index, value in values if value is not None]


def _chart(frames: Sequence[Frame]) -> str:
    lines = "".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
        + " ".join(f"{x:.1f},{y:.1f}" for x, y in _points(frames, field, 600, 80))
        + f'"><title>{field}</title></polyline>'
        for field, colour in (("certainty", CERTAINTY), ("residual", RESIDUAL))
    )
    return (
        '<svg viewBox="-4 -4 608 88" role="img" aria-label="certainty and residual over the frames">'
        f'{lines}<line id="now" y1="0" y2="80" stroke="#888" stroke-dasharray="3 3"/></svg>'
        f'<p class="key"><span style="color:{CERTAINTY}">certainty</span>, '
        f'<span style="color:{RESIDUAL}">residual</span> (share of the state that moved), 0 to 1</p>'
    )


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 1.5rem auto; padding: 0 1rem; color: #222;
  background: #fff }}
pre {{ font: 16px/1.25 ui-monospace, "DejaVu Sans Mono", monospace; overflow-x: auto; padding: 1rem;
  background: #fafafa; border-radius: 6px }}
.row {{ display: flex; gap: .75rem; align-items: center }}
input {{ flex: 1 }} button {{ font: inherit; min-width: 5rem }}
svg {{ width: 100% }} .key {{ font-size: .85rem; margin: 0 }} #caption {{ min-height: 1.5em }}
</style></head><body><h1 style="font-size:1.2rem">{title}</h1>
<p id="caption" aria-live="polite"></p><pre id="board" aria-label="the board"></pre>
<div class="row"><button id="play">pause</button><input id="at" type="range" min="0" value="0" aria-label="frame"></div>
{chart}<p class="key">space: play or pause; arrows: one frame; home, end</p>
<script>
const film = {data};
const ids = ["board", "caption", "at", "play", "now"];
const [board, caption, at, play, now] = ids.map(id => document.getElementById(id));
const last = film.frames.length - 1;
let timer = null;
at.max = last;
function show(i) {{
  i = Math.max(0, Math.min(last, i));
  at.value = i;
  board.innerHTML = film.frames[i].board;
  caption.textContent = film.frames[i].caption;
  const x = last ? 600 * i / last : 0;
  now.setAttribute("x1", x); now.setAttribute("x2", x);
}}
function stop() {{ clearInterval(timer); timer = null; play.textContent = "play"; }}
function start() {{
  if (+at.value >= last) show(0);
  play.textContent = "pause";
  timer = setInterval(() => {{ if (+at.value >= last) stop(); else show(+at.value + 1); }}, film.ms);
}}
play.onclick = () => timer ? stop() : start();
at.oninput = () => {{ stop(); show(+at.value); }};
document.onkeydown = e => {{
  const moves = {{ ArrowLeft: +at.value - 1, ArrowRight: +at.value + 1, Home: 0, End: last }};
  if (e.key === " ") {{ e.preventDefault(); play.onclick(); }}
  else if (e.key in moves) {{ e.preventDefault(); stop(); show(moves[e.key]); }}
}};
show(0); start();
</script></body></html>
"""


def as_animation(frames: Sequence[Frame]) -> bytes:
    """A GIF that runs for ever."""
    from PIL import Image, ImageDraw

    font, bold = _fonts()
    cell = _cell(font)
    texts = [Text.from_ansi(frame.board) for frame in frames]
    columns = max(max(len(line) for line in text.plain.split("\n")) for text in texts)
    columns = max(columns, max(len(frame.caption) for frame in frames))
    rows = max(text.plain.count("\n") + 1 for text in texts)
    width, height = 2 * MARGIN + columns * cell[0], 3 * MARGIN + (rows + 2) * cell[1] + CHART_HEIGHT
    pictures = []
    for index, (frame, text) in enumerate(zip(frames, texts, strict=True)):
        picture = Image.new("RGB", (width, height), "white")
        draw = ImageDraw.Draw(picture)
        draw.text((MARGIN, MARGIN), frame.caption, fill=INK, font=font)
        _draw_text(draw, text, (MARGIN, MARGIN + 2 * cell[1]), cell, (font, bold))
        _draw_chart(draw, frames, index, (MARGIN, height - MARGIN - CHART_HEIGHT), width - 2 * MARGIN)
        pictures.append(picture.quantize(32))
    file = io.BytesIO()
    lengths = [MILLISECONDS] * (len(pictures) - 1) + [LAST_MILLISECONDS]
    pictures[0].save(
        file, format="GIF", save_all=True, append_images=pictures[1:], duration=lengths, loop=0, optimize=True
    )
    return file.getvalue()


def as_picture(board: str, above: Sequence[str]) -> NDArray[np.uint8]:  # (height, width, 3)
    """One board with lines of text above it. Needs what an animation needs."""
    from PIL import Image, ImageDraw

    fonts = _fonts()
    cell, text = _cell(fonts[0]), Text.from_ansi(board)
    rows = text.plain.split("\n")
    size = (
        2 * MARGIN + max(map(len, [*above, *rows])) * cell[0],
        2 * MARGIN + (len(above) + len(rows) + 1) * cell[1],
    )
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(above):
        draw.text((MARGIN, MARGIN + number * cell[1]), line, fill=INK, font=fonts[0])
    _draw_text(draw, text, (MARGIN, MARGIN + (len(above) + 1) * cell[1]), cell, fonts)
    return np.asarray(picture)


def can_draw() -> bool:
    """True where there is what an animation needs."""
    return all(map(importlib.util.find_spec, ("PIL", "matplotlib")))


def _cell(font: Any) -> tuple[int, int]:
    """Pixels of a character, with the space to the next line."""
    left, top, right, bottom = font.getbbox("M")
    return right - left, round(1.25 * (bottom + top))


def _fonts() -> tuple[Any, Any]:
    from matplotlib import get_data_path
    from PIL import ImageFont

    folder = Path(get_data_path()) / "fonts" / "ttf"
    regular, bold = (ImageFont.truetype(str(folder / f"DejaVuSansMono{kind}.ttf"), FONT_SIZE) for kind in ("", "-Bold"))
    return regular, bold


def _draw_text(draw: Any, text: Text, at: tuple[int, int], cell: tuple[int, int], fonts: tuple[Any, Any]) -> None:
    """Text with styles, character by character."""
    x, y = at
    for segment in text.render(Console(file=io.StringIO(), color_system="truecolor", force_terminal=True)):
        style = segment.style
        colour = INK if style is None or style.color is None else _rgb(style.color, INK)
        ground = None if style is None or style.bgcolor is None else _rgb(style.bgcolor, "white")
        for character in segment.text:
            if character == "\n":
                x, y = at[0], y + cell[1]
                continue
            if ground is not None:
                draw.rectangle((x, y, x + cell[0] - 1, y + cell[1] - 1), fill=ground)
            draw.text((x, y), character, fill=colour, font=fonts[1 if style is not None and style.bold else 0])
            x += cell[0]


def _rgb(colour: Any, usual: str) -> str:
    """A terminal's colour on paper."""
    if colour.is_default:
        return usual
    return COLOURS.get(colour.number, colour.get_truecolor().hex)


def _draw_chart(draw: Any, frames: Sequence[Frame], index: int, at: tuple[int, int], width: int) -> None:
    """Certainty and residual, and where this frame is."""
    x, y = at
    draw.line((x, y + CHART_HEIGHT, x + width, y + CHART_HEIGHT), fill="#bbbbbb")
    now = x + width * index / max(1, len(frames) - 1)
    draw.line((now, y, now, y + CHART_HEIGHT), fill="#bbbbbb")
    for row, (field, colour) in enumerate((("certainty", CERTAINTY), ("residual", RESIDUAL))):
        points = [(x + a, y + b) for a, b in _points(frames, field, width, CHART_HEIGHT)]
        if len(points) > 1:
            draw.line(points, fill=colour, width=2)
        draw.text((x + 4, y + 2 + 14 * row), field, fill=colour)

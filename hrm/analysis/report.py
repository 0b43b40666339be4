"""Findings as files: numbers, figures, and one page that holds all of them and needs no network."""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import Sequence
from typing import Any

from hrm.analysis.plots import can_draw, picture_of
from hrm.analysis.subject import Finding, Subject
from hrm.errors import InputError, notify

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222;
  background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem } img { max-width: 100%; height: auto }
summary { cursor: pointer; color: #666 } pre { overflow-x: auto; background: #f4f4f4; padding: 1rem; font-size: .75rem }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } img { background: #fff }
  pre { background: #262626 } summary { color: #aaa } }
"""


def files_of(finding: Finding, subject: Subject) -> dict[str, bytes]:
    """File name -> content: the numbers, and the figure in two formats where it can be drawn."""
    heading = f"{finding.title}: {subject.name}\n{subject.about}"
    record = {"model": subject.name, "about": subject.about, "sentence": finding.sentence, **finding.figures}
    files = {f"{finding.name}.json": _json(record, 2).encode()}
    if can_draw():
        try:
            for ending in ("png", "svg"):
                files[f"{finding.name}.{ending}"] = picture_of(finding.draw, heading, ending)
        except InputError as error:  # the numbers are worth more
            notify(f"{finding.name}: {error}")
    return files


def _json(values: Any, indent: int) -> str:
    """JSON, in which what is no number is null."""
    return json.dumps(_finite(values), indent=indent, allow_nan=False)


def _finite(values: Any) -> Any:
    if isinstance(values, dict):
        return {key: _finite(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [_finite(value) for value in values]
    return None if isinstance(values, float) and not math.isfinite(values) else values


def page_of(findings: Sequence[Finding], skipped: Sequence[str], subject: Subject, pictures: dict[str, bytes]) -> bytes:
    """One HTML page: sentence, figure and numbers of every finding; why others are not there. pictures: name -> PNG."""
    parts = []
    for finding in findings:
        figure = ""
        if picture := pictures.get(f"{finding.name}.png"):
            data = base64.b64encode(picture).decode()
            figure = f'<img alt="{html.escape(finding.sentence)}" src="data:image/png;base64,{data}">'
        numbers = html.escape(_json(finding.figures, 1))
        parts.append(
            f'<section id="{finding.name}"><h2>{html.escape(finding.title)}</h2><p>{html.escape(finding.sentence)}</p>'
            f"{figure}<details><summary>numbers</summary><pre>{numbers}</pre></details></section>"
        )
    missing = "".join(f"<li>{html.escape(reason)}</li>" for reason in skipped)
    if missing:
        parts.append(f"<section><h2>Not measured</h2><ul>{missing}</ul></section>")
    title = html.escape(f"Inside {subject.name}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>\n'
        f"<body><h1>{title}</h1><p>{html.escape(subject.about)}, {html.escape(str(subject.runtime))}</p>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    ).encode()

"""The reports of a run, as its folder keeps them: a line of JSON each."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from hrm.errors import InputError
from hrm.files import parse_json, read_text

METRICS = "metrics.jsonl"
MOST_STEPS = 2**31
LARGEST = 1e150
"""Numbers above are no measurement; their squares and differences would be none at all."""


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of ``metrics.jsonl`` of a run folder, without what a crash has cut short or spoilt; none where it is
    not."""
    lines: list[dict[str, Any]] = []
    if (run / METRICS).exists():
        for line in read_text(run / METRICS).splitlines():
            with contextlib.suppress(InputError):
                values = parse_json(line, run / METRICS)
                if isinstance(values, dict) and type(step := values.get("step")) is int and 0 <= step < MOST_STEPS:
                    lines.append(values)
    return lines


def number(value: Any) -> float | None:
    """A number that a report holds, None for anything else: a damaged file is read, too."""
    if type(value) is float and abs(value) < LARGEST:
        return value
    return float(value) if type(value) is int and abs(value) < LARGEST else None


def minutes_of(lines: list[dict[str, Any]]) -> list[float]:
    """The minutes of training until each line of ``read_metrics``, from the rates that it notes; what was lost with a
    crash and done again is not counted twice."""
    minutes, passed, before = [], 0.0, 0
    for line in lines:
        rate = number(line.get("steps_per_s"))
        if rate is not None and rate > 0:
            passed += max(0, line["step"] - before) / rate / 60
        before = max(before, line["step"])
        minutes.append(passed)
    return minutes

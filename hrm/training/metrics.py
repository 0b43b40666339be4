"""The reports of a run, as its folder keeps them: a line of JSON each."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Any

from hrm.errors import InputError
from hrm.files import parse_json, read_text

METRICS = "metrics.jsonl"


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of ``metrics.jsonl`` of a run folder, without what a crash has cut short or spoilt; none where it is
    not."""
    lines: list[dict[str, Any]] = []
    if (run / METRICS).exists():
        for line in read_text(run / METRICS).splitlines():
            with contextlib.suppress(InputError):
                values = parse_json(line, run / METRICS)
                if isinstance(values, dict) and isinstance(values.get("step"), int):
                    lines.append(values)
    return lines


def minutes_of(lines: list[dict[str, Any]]) -> list[float]:
    """The minutes of training until each line of ``read_metrics``, from the rates that it notes; what was lost with a
    crash and done again is not counted twice."""
    minutes, passed, before = [], 0.0, 0
    for line in lines:
        rate = line.get("steps_per_s")
        if isinstance(rate, int | float) and rate > 0 and math.isfinite(rate):
            passed += max(0, line["step"] - before) / rate / 60
        before = max(before, line["step"])
        minutes.append(passed)
    return minutes

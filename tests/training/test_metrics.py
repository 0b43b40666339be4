from __future__ import annotations

import math
from pathlib import Path

import pytest

from hrm.training.metrics import METRICS, minutes_of, number, read_metrics


def test_what_a_crash_has_spoilt_is_left_out(tmp_path: Path) -> None:
    assert read_metrics(tmp_path) == []
    (tmp_path / METRICS).write_text('{"step": 1}\n[2]\n{"step": "3"}\n{"step": 4, "loss"', encoding="utf-8")
    assert read_metrics(tmp_path) == [{"step": 1}]


def test_minutes_add_up_and_nothing_counts_twice() -> None:
    rated = [(60, 1.0), (180, 2.0), (240, None), (120, 1.0), (300, 1.0)]
    lines = [{"step": step, "steps_per_s": rate} for step, rate in rated]
    assert minutes_of(lines) == pytest.approx([1.0, 2.0, 2.0, 2.0, 3.0])


@pytest.mark.parametrize("value", ["abc", None, True, [1], 10**400, math.inf, 1e308])
def test_what_is_no_number_is_none(value: object) -> None:
    assert number(value) is None


def test_steps_are_whole_numbers(tmp_path: Path) -> None:
    (tmp_path / METRICS).write_text('{"step": true}\n{"step": -5}\n{"step": 2}\n', encoding="utf-8")
    assert read_metrics(tmp_path) == [{"step": 2}]

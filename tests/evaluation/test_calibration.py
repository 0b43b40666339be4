from __future__ import annotations

import numpy as np
import pytest

from hrm.evaluation.calibration import calibration


def test_bins_and_error() -> None:
    q = np.array([0.05, 0.05, 0.95, 1.0, 0.5])
    right = np.array([False, False, True, True, True])
    figures = calibration(q, right)
    assert [(b["puzzles"], b["accuracy"]) for b in figures["bins"]] == [(2, 0.0), (1, 1.0), (2, 1.0)]
    assert figures["expected_calibration_error"] == pytest.approx((2 * 0.05 + 0.5 + 2 * 0.025) / 5)


def test_perfect_certainty_has_no_error() -> None:
    assert calibration(np.array([1.0, 0.0]), np.array([True, False]))["expected_calibration_error"] == 0

"""A model that knows its number of segments halts there, whatever is allowed."""

from __future__ import annotations

import torch
from known import subject, toy
from torch import Tensor

from hrm.analysis.halting import look_at_halting
from hrm.types import Prediction


def test_segments_accuracy_and_calibration_of_a_model_that_halts_at_three() -> None:
    model = toy()
    about = subject(model, segments=4)
    count = 0

    def forward(carry: object, batch: object) -> tuple[object, Prediction]:
        nonlocal count
        count = count % 16 + 1
        right = torch.nn.functional.one_hot(batch.labels, 6).float()  # type: ignore[attr-defined]
        logits = right if count >= 3 else right.roll(1, dims=1)
        q: Tensor = torch.full((len(right),), 9.0 if count >= 3 else -9.0)
        return carry, Prediction(logits, q, None)

    model.forward = forward  # type: ignore[method-assign]
    found = look_at_halting(about)
    rows = {row["limit"]: row for row in found.figures["limits"]}
    assert sorted(rows) == [1, 2, 4, 8, 16]
    assert [rows[limit]["segments"]["mean"] for limit in sorted(rows)] == [1, 2, 3, 3, 3]
    assert [rows[limit]["act"]["mean"] for limit in sorted(rows)] == [0, 0, 1, 1, 1]
    assert rows[4]["act_minus_fixed"]["mean"] == 0
    assert found.figures["calibration"]["expected_calibration_error"] < 0.001
    assert "with 4 segments allowed it uses 3.0" in found.sentence
    assert "changes nothing that could be told" in found.sentence

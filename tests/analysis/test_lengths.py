from __future__ import annotations

import pytest
import torch

from hrm.analysis.lengths import NUM_LAYERS, measure_length
from hrm.models.trm import TRMConfig
from hrm.runtime import RuntimeConfig

CPU = RuntimeConfig(device="cpu", precision="float32")


@pytest.fixture(autouse=True)
def _once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update is measured as often as asked for, and not for a second: nobody reads how long it took."""
    monkeypatch.setattr("hrm.analysis.lengths.SHORTEST", 0.0)


def test_a_level_is_counted_timed_and_weighed() -> None:
    line = measure_length("state_space", 130, CPU, 32, 2, 1)
    level = TRMConfig(hidden_size=32, mixing="state_space").make_level(130, NUM_LAYERS)
    assert (line.mixing, line.cells) == ("state_space", 130)
    assert line.parameters == sum(p.numel() for p in level.parameters())
    assert 0 < line.seconds < 60
    assert line.peak_mib >= 0
    assert torch.get_default_device().type == "cpu"


def test_arithmetic_grows_with_the_cells_under_a_recurrence_and_faster_under_others() -> None:
    growth = {}
    for mixing in ("attention", "mlp", "state_space"):
        few, many = (measure_length(mixing, cells, CPU, 32, 1, 1).gflop for cells in (256, 1024))
        growth[mixing] = many / few
    assert growth["state_space"] < 4.01
    assert growth["attention"] > 6
    assert growth["mlp"] > 8

from __future__ import annotations

import pytest
import torch

from hrm.analysis.speed import bench_data
from hrm.recipes import RECIPES


def test_batches_are_measured_on_one_core_and_the_threads_come_back() -> None:
    before = torch.get_num_threads()
    measured = bench_data(RECIPES["sudoku-4x4"]().task.build(), batch_size=32, rounds=2, batches_per_round=3)
    assert torch.get_num_threads() == before
    assert measured.examples_per_s == pytest.approx(32 / measured.seconds_per_batch)
    assert measured.first_batch_s > measured.seconds_per_batch, "the puzzles are generated once"

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hrm.models.hrm import HRMConfig
from hrm.recipes import RECIPES
from hrm.tasks.published import PublishedConfig
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.run import prepare, run


def test_the_settings_are_the_papers() -> None:
    published, extreme = RECIPES["published"](), RECIPES["sudoku-extreme"]()
    assert published.model == extreme.model
    assert published.training == extreme.training


@pytest.mark.parametrize("name", ["official_sudoku", "official_maze", "official_arc_hrm", "official_arc_trm"])
def test_every_kind_of_folder_is_trained_on(name: str, shared: Path, tiny_run: RunConfig, tmp_path: Path) -> None:
    config = replace(
        tiny_run,
        task=PublishedConfig(folder=shared / "fixtures" / name),
        model=HRMConfig(hidden_size=16, num_heads=2, H_layers=1, L_layers=1, puzzle_embedding_size=8),
        training=replace(tiny_run.training, steps=2, batch_size=4, report_every=1),
    )
    prepared = prepare(config)
    assert prepared.state.model.embedding.puzzles.weight.shape[0] == prepared.task.spec.num_puzzles
    reports = []
    outcome = run(
        RunFolder.create(tmp_path / "run", config), prepared, on_report=lambda report, _: reports.append(report)
    )
    assert outcome.is_finished
    assert all(report.token_loss > 0 for report in reports)

"""Copies of published checkpoints, to be spoilt."""

from __future__ import annotations

from pathlib import Path

import pytest
from store.test_published_weights import copied


@pytest.fixture(params=["hrm", "trm"])
def folder(request: pytest.FixtureRequest, shared: Path, tmp_path: Path) -> Path:
    """A copy of a published checkpoint, to be spoilt."""
    return copied(shared / f"fixtures/official_checkpoint_{request.param}", tmp_path / "checkpoint")


@pytest.fixture
def trm_folder(shared: Path, tmp_path: Path) -> Path:
    return copied(shared / "fixtures/official_checkpoint_trm", tmp_path / "checkpoint")

"""A recipe for folders in the published format."""

from __future__ import annotations

from hrm.models.hrm import HRMConfig
from hrm.tasks.published import PublishedConfig
from hrm.training.config import RunConfig
from hrm.training.settings import TrainingConfig


def published() -> RunConfig:
    """The paper's model on a folder in the published format: --data FOLDER. For a GPU."""
    return RunConfig(recipe="published", task=PublishedConfig(), model=HRMConfig(), training=TrainingConfig())

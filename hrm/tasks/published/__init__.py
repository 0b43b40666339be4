"""Folders in the published on-disk format: ``folder.py`` reads, ``write.py`` writes, ``task.py`` is the task."""

from __future__ import annotations

from hrm.tasks.published.names import Flavour
from hrm.tasks.published.task import Published, PublishedConfig
from hrm.tasks.published.write import write_folder

__all__ = ["Flavour", "Published", "PublishedConfig", "write_folder"]

"""Folders in the published on-disk format: ``folder.py`` reads, ``write.py`` writes, ``task.py`` is the task."""

from __future__ import annotations

from hrm.tasks.published.task import Published, PublishedConfig

__all__ = ["Published", "PublishedConfig"]

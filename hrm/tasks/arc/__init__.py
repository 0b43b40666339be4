"""ARC: start reading at ``task.py``."""

from __future__ import annotations

from hrm.tasks.arc.task import Arc, ArcConfig

__all__ = ["Arc", "ArcConfig"]

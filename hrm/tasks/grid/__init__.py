"""Your own puzzles without code: start reading at ``pairs.py``, which shows the file."""

from __future__ import annotations

from hrm.tasks.grid.task import Grid, GridConfig

__all__ = ["Grid", "GridConfig"]

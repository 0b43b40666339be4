"""Sudoku: start reading at ``task.py``."""

from __future__ import annotations

from hrm.tasks.sudoku.task import Sudoku, SudokuConfig

__all__ = ["Sudoku", "SudokuConfig"]

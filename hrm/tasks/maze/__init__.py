"""Mazes: start reading at ``task.py``."""

from __future__ import annotations

from hrm.tasks.maze.task import Maze, MazeConfig

__all__ = ["Maze", "MazeConfig"]

"""Mazes: start reading at ``rules.py``. The task made of it is hrm/tasks/maze.py."""

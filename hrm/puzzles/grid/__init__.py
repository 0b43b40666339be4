"""Your own puzzles without code: start reading at ``pairs.py``, which shows the file. The task: hrm/tasks/grid.py."""

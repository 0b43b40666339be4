"""ARC: start reading at ``files.py``. The task made of it is hrm/tasks/arc/task.py."""

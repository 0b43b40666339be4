"""Questions of the library reasoning-gym: start reading at ``library.py``. The task: hrm/tasks/gym.py."""

"""Weights & Biases: its service, or with WANDB_MODE=offline files in the run folder for ``wandb sync``."""

from __future__ import annotations

import contextlib
import io
import os
import uuid
from collections.abc import Mapping, Sequence

from hrm.errors import InputError
from hrm.tracking.base import PROJECT, TrackedBoard, TrackedRun, as_html

INIT_SECONDS, FINISH_SECONDS = 30, 20
"""Seconds that the service may take to begin, and at the end for what is not sent yet: ``torchrun`` leaves 30 to a
process that it ends. What has not been sent by then stays in the run folder."""


class WandbTracker:
    """Curves, settings, and boards as HTML. A run goes on under its id; wandb itself ignores steps that are done again
    where it is asked (on line)."""

    def __init__(self, run: TrackedRun) -> None:
        import wandb

        self.wandb = wandb
        self.key = run.key or uuid.uuid4().hex[:8]
        self.run = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or PROJECT,
            name=run.name,
            id=self.key,
            resume="allow",
            dir=run.path,
            config={**run.config, "folder": str(run.path)},
            reinit="create_new",  # a program that uses us may have a run of its own
            settings=wandb.Settings(
                console="off", silent=True, init_timeout=INIT_SECONDS, finish_timeout=FINISH_SECONDS
            ),
        )
        self.place = f"wandb sync {run.path / 'wandb'}/offline-run-*" if self.run.offline else str(self.run.url)

    def report(self, step: int, numbers: Mapping[str, float], boards: Sequence[TrackedBoard]) -> None:
        shown = {f"examples/{board.name}": self.wandb.Html(as_html(board)) for board in boards}
        self.run.log({**numbers, **shown}, step=step)

    def close(self) -> None:
        self.run.finish()


def require_login() -> None:
    """``InputError`` where wandb is to send what it is told and does not know for whom: it would ask in the middle.
    Whether the service is there, and takes the key, is seen later: a run does not wait for that."""
    import wandb

    if wandb.setup().settings.mode != "online":
        return
    advice = "'wandb login' first, or WANDB_MODE=offline in the environment, and 'wandb sync' later"
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # it says where it has found the key
            is_known = wandb.login(prompt=False, verify=False)
    except wandb.Error as error:
        raise InputError(f"wandb cannot use the key that it has here ({error}): {advice}") from error
    if not is_known:
        raise InputError(f"wandb does not know you here: {advice}")

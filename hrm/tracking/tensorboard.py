"""TensorBoard: event files in the run folder, by PyTorch's own writer (``torch.utils.tensorboard``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from rich.text import Text

from hrm.analysis.film import as_picture, can_draw
from hrm.tracking.base import TrackedBoard, TrackedRun

FOLDER = "tensorboard"
"""In the run folder; in it one with the name of the run, for TensorBoard calls a run after the folder of its files."""

NO_CHOICE = ("format", "made_with")
"""Parts of config.json that nobody has chosen."""


class TensorBoardTracker:
    """Curves, the settings as hyperparameters, and boards as pictures; as text where pictures cannot be drawn.

    Steps that are done again after a stop take the place of those before: ``purge_step``.
    """

    key = None

    def __init__(self, run: TrackedRun) -> None:
        from torch.utils.tensorboard import SummaryWriter, summary

        folder = run.path / FOLDER
        before = sorted(folder.iterdir()) if folder.is_dir() else []
        self.place = f"tensorboard --logdir {folder}"
        own, again = (before[0], run.step + 1) if before else (folder / run.name, None)
        self.writer: Any = cast(Any, SummaryWriter(str(own), purge_step=again))  # half typed
        if not before:
            settings = dict(flat({name: value for name, value in run.config.items() if name not in NO_CHOICE}))
            # Not ``add_hparams``: it makes a second run for them.
            for part in cast(Any, summary).hparams(settings, {"train/loss": 0, "validation/solved": 0}):
                self.writer.file_writer.add_summary(part)
        self.writer.flush()

    def report(self, step: int, numbers: Mapping[str, float], boards: Sequence[TrackedBoard]) -> None:
        for name, value in numbers.items():
            self.writer.add_scalar(name, value, step)
        for board in boards:
            if can_draw():
                picture = as_picture(board.drawn, board.said)
                self.writer.add_image(f"examples/{board.name}", picture, step, dataformats="HWC")
            else:
                text = f"{', '.join(board.said)}\n\n{Text.from_ansi(board.drawn).plain}"
                self.writer.add_text(
                    f"examples/{board.name}", "\n".join(f"    {line}" for line in text.split("\n")), step
                )
        self.writer.flush()  # seen at once, and there if the process is killed

    def close(self) -> None:
        self.writer.close()


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str | float]]:
    """Nested settings as ``training.lr``: numbers and texts alone, as hyperparameters must be."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value if isinstance(value, bool | int | float | str) else str(value)

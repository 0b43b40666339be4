"""The settings of a training, and what is due at which step."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from hrm.errors import InputError, require_from
from hrm.segments.losses import LossKind
from hrm.training.optim import OptimizerName, learning_rate_factor

MOST_STEPS, MOST_SLOTS = 2**31 - 1, 2**20
"""Steps and segments, and slots: above is a slip of the hand; chosen by hand."""


class Due(NamedTuple):
    """Work that is due after a step. Whatever is done at a fixed step, there is a report."""

    report: bool
    validate: bool
    save: bool


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The training of a model. The defaults are the paper's run on Sudoku-Extreme."""

    steps: int = 26_041
    """Optimizer steps: one segment of every slot each (20,000 epochs * 1,000 puzzles / 768)."""
    batch_size: int = 768
    """Slots B: puzzles whose losses an update is made of."""
    device_batch_size: int | None = None
    """Slots that the device thinks about at once; it must divide batch_size. The gradients of all parts are added up:
    the same numbers to rounding (but other noise, where a model has any), in less memory. None: all of them."""
    shard_puzzle_table: bool = False
    """Row i of the table of puzzle embeddings is on rank i mod R alone, and every rank writes its own into a
    checkpoint: for tables that no device holds. The same numbers."""
    lr: float = 1e-4
    """Learning rate after the warm-up."""
    weight_decay: float = 1.0
    """Decoupled decay, times the learning rate."""
    puzzle_lr: float = 1e-4
    """Learning rate of the puzzle embeddings (SignSGD)."""
    puzzle_weight_decay: float = 1.0
    """Decay of the puzzle embeddings."""
    optimizer: OptimizerName = "adam_atan2"
    """The optimizer of the network."""
    warmup_steps: int = 2_000
    """Steps of linear warm-up."""
    lr_min_ratio: float = 1.0
    """The end of half a cosine, as a share of lr; 1 is constant."""
    loss: LossKind = "stablemax"
    """Cross entropy over stablemax or softmax."""
    max_segments: int = 16
    """M_max: a puzzle leaves its slot after as many segments."""
    early_max_segments: tuple[int, ...] = ()
    """M_max in the parts of the run before the last, all equally long: 3 3 8 before 16 thinks for at most 3 segments in
    the first half, 8 in the third quarter, 16 in the last. Short loops see more puzzles; long ones make answers
    last."""
    act: bool = True
    """A puzzle leaves its slot when the model wants to stop (ACT); otherwise after max_segments alone."""
    exploration_prob: float = 0.1
    """epsilon: how often a puzzle must stay for a random minimum of segments."""
    continue_share: float = 1.0
    """Share of the slots whose q_continue is trained in a step: each one costs a second segment (1: as published;
    0: none is, but a puzzle still halts at q_halt > q_continue, as in the published transformer)."""
    corrupted_share: float = 0.0
    """Share of the puzzles that start from their own answer, embedded and partly wrong: training/starts.py. They count
    in the accuracies of training, which are the higher for it."""
    corrupted_cells: float = 0.2
    """Share of the labelled cells of such an answer that take the token of another, often the same one (a fifth, as
    in successors of SE-RRM)."""
    ema_decay: float = 0.0
    """Decay of the average of the weights that is evaluated; 0 keeps none."""
    report_every: int = 50
    """Steps between reports; chosen by hand."""
    save_every: int = 1_000
    """Steps between checkpoints, chosen by hand; there is a report with each."""
    save_minutes: float = 10.0
    """Minutes after which there is a checkpoint beside those of save_every, if there was none in the meantime: what is
    lost at most. It changes nothing of what comes out, so a run may go on with another number; 0: none. Chosen by
    hand."""
    keep_checkpoints: int = 2
    """Number of checkpoints that stay, the last ones (2: in case the disk spoils one), beside the best; 0: all, for
    ``hrm analyze history``, but of those of save_minutes the last."""
    validate_every: int = 0
    """Steps between measurements on training puzzles held out for it; there is one at the end, and the best checkpoint
    is kept. 0: none, and every training puzzle is trained on."""
    num_validation: int | None = 100
    """Number of training puzzles that are held out when ``validate_every`` is above 0; chosen by hand. None: a tenth of
    them, 100 at most, and of fewer than 20 none."""

    def __post_init__(self) -> None:
        require_from(1, MOST_SLOTS, "training.", batch_size=self.batch_size, device_batch_size=self.device_batch_size)
        if self.device_batch_size is not None and self.batch_size % self.device_batch_size:
            raise InputError(
                f"training.device_batch_size is {self.device_batch_size}: it must divide training.batch_size, "
                f"{self.batch_size}"
            )
        for name in ("steps", "max_segments", "report_every", "save_every", "num_validation"):
            require_from(1, MOST_STEPS, "training.", **{name: getattr(self, name)})
        for name in ("warmup_steps", "validate_every", "keep_checkpoints"):
            require_from(0, MOST_STEPS, "training.", **{name: getattr(self, name)})
        for name in ("lr", "puzzle_lr"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError(f"training.{name} is {getattr(self, name)}: it must be a finite number above 0")
        for name in ("weight_decay", "puzzle_weight_decay", "save_minutes"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"training.{name} is {getattr(self, name)}: it must be a finite number, at least 0")
        lengths = (1, *self.early_max_segments, self.max_segments)
        if any(a > b for a, b in itertools.pairwise(lengths)):
            raise InputError(
                f"training.early_max_segments is {' '.join(map(str, self.early_max_segments))} and max_segments "
                f"{self.max_segments}: each must be at least 1 and none below the one before"
            )
        if self.steps <= len(self.early_max_segments):
            raise InputError(
                f"training.steps is {self.steps}: training.early_max_segments parts the run into "
                f"{len(self.early_max_segments) + 1}, which needs a step for each"
            )
        shares = ("exploration_prob", "continue_share", "corrupted_share", "corrupted_cells")
        for name in (*shares, "ema_decay", "lr_min_ratio"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"training.{name} is {getattr(self, name)}: it must lie between 0 and 1")

    def max_segments_at(self, step: int) -> int:
        """M_max of the step after ``step`` finished ones."""
        stages = (*self.early_max_segments, self.max_segments)
        return stages[min(step * len(stages) // self.steps, len(stages) - 1)]

    def changes_at(self, step: int, before: TrainingConfig) -> Iterator[str]:
        """The differences that another number of steps makes to what the schedule asks for after ``step`` steps."""

        def factor(config: TrainingConfig) -> float:
            return learning_rate_factor(step + 1, config.warmup_steps, config.steps, config.lr_min_ratio)

        if (old := factor(before)) != (new := factor(self)):
            yield f"the learning rate is {new:.3g} of training.lr, not {old:.3g}"
        if (was := before.max_segments_at(step)) != (now := self.max_segments_at(step)):
            yield f"a puzzle is thought about for at most {now} segments, not {was}"

    def due_at(self, step: int, is_stopped: bool = False, is_late: bool = False) -> Due:
        """The work that is due once ``step`` steps are finished, here or because the run ``is_stopped`` there, or the
        last checkpoint is of long ago (``is_late``).

        Validation at fixed steps only: where a run is stopped and goes on must not change which checkpoint is the best.
        No report by the clock: it must not change the lines of a run.
        """
        is_last = step == self.steps
        validates = self.validate_every > 0 and (step % self.validate_every == 0 or is_last)
        saves = step % self.save_every == 0 or is_last or is_stopped
        return Due(step % self.report_every == 0 or validates or saves, validates, saves or is_late)

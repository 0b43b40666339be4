"""Options of solving: when to stop thinking, how often to try. No torch is imported: the command line and its help are
made from these, and a puzzle that is none is refused before a model is loaded."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal, get_args

from hrm.errors import InputError, require_finite, require_from, require_one_of, require_seed, require_whole

HaltRule = Literal["rules", "q", "unchanged", "rest", "fixed"]
"""Reasons to end the thinking: the answer obeys the rules of the puzzle; the model's own value of stopping (ACT, arXiv
2506.21734, section 2); an answer that stays the same; a state that stays the same; or max_segments alone."""

Vary = Literal["symmetry", "noise", "starts", "decisions", "checkpoints"]
"""Differences: the puzzle under random symmetries of its own, undone in the answer; noise on the state before every
segment (PTRM, arXiv 2605.19943); random first states (EqR, arXiv 2605.21488); other guesses, of a model that guesses
(arXiv 2605.08605); another checkpoint of the run."""

Choose = Literal["vote", "q", "residual", "verify"]
"""Ways to choose an answer: the most frequent one; the one the model is surest of; the one whose state moved least;
the first that obeys the rules."""

DEFAULT_ATTEMPTS = 8
"""Attempts at most where rules may end them sooner; chosen by hand between the 4 (96.9 % solved) and 16 (99.7) of
benchmarks/solve-sudoku-demo-xeon-amx-2026-11.md."""


MOST_SEGMENTS = 100_000
"""Segments of a puzzle: what the published models think for 6,000 times over. More is a slip of the hand; chosen by
hand."""


@dataclass(frozen=True, kw_only=True)
class HaltPolicy:
    """A rule with its limits. Nothing stops before ``min_segments``, everything at ``max_segments``."""

    rule: HaltRule = "q"
    """What ends the thinking."""
    min_segments: int = 1
    """Fewest segments."""
    max_segments: int = 16
    """Most segments; may be above that of training."""
    q_threshold: float | None = None
    """q: stop at this probability of being right. None: as trained (HRM: more than the value of going on, TRM: 0.5)."""
    patience: int = 2
    """unchanged: how many segments in a row must leave the answer as it was."""
    tolerance: float = 0.02
    """rest: stop when the state moved by less than this share of its size."""

    def __post_init__(self) -> None:
        require_one_of(get_args(HaltRule), halt=self.rule)
        require_whole(max_segments=self.max_segments, min_segments=self.min_segments, patience=self.patience)
        require_finite(q_threshold=self.q_threshold, tolerance=self.tolerance)
        require_from(1, MOST_SEGMENTS, max_segments=self.max_segments)
        if not 1 <= self.min_segments <= self.max_segments:
            raise InputError(f"min_segments is {self.min_segments}: give 1 to max_segments ({self.max_segments})")
        if self.q_threshold is not None and not 0 < self.q_threshold < 1:
            raise InputError(f"q_threshold is {self.q_threshold}: a probability between 0 and 1 is needed")
        if self.patience < 1:
            raise InputError(f"patience is {self.patience}: it must be at least 1 segment")
        if self.tolerance <= 0:
            raise InputError(f"tolerance is {self.tolerance}: it must be above 0")


@dataclass(frozen=True, kw_only=True)
class AttemptsConfig:
    """Number and kind of attempts. The first attempt is always the plain one: as if there were no others."""

    attempts: int | None = None
    """Attempts at a puzzle, at most: 8 when not given, 1 where a task has no rules that tell when to stop trying. The
    package's Sudoku model makes 1 when not given, and 16 of a stronger one follow."""
    vary: Vary = "symmetry"
    """How attempts differ."""
    choose: Choose | None = None
    """Which answer to give. verify stops as soon as an answer obeys the rules; it is the default where a task has
    rules, vote where it has none."""
    noise: float = 0.3
    """noise: its standard deviation."""
    budget: int | None = None
    """Segments after which no further attempt at a puzzle begins; the one under way is finished."""
    attempt_seed: int = 0
    """Seed of symmetries, noise and starts. Each puzzle draws its own, whatever is solved beside it."""

    def __post_init__(self) -> None:
        require_one_of(get_args(Vary), vary=self.vary)
        if self.choose is not None:
            require_one_of(get_args(Choose), choose=self.choose)
        require_whole(attempts=self.attempts, budget=self.budget, attempt_seed=self.attempt_seed)
        require_finite(noise=self.noise)
        if self.attempts is not None and self.attempts < 1:
            raise InputError(f"attempts is {self.attempts}: it must be at least 1")
        require_seed("attempt_seed", self.attempt_seed)
        if self.noise <= 0:
            raise InputError(f"noise is {self.noise}: it must be above 0")
        if self.budget is not None and self.budget < 1:
            raise InputError(f"budget is {self.budget}: it must be at least 1 segment")
        if self.attempt_seed < 0:
            raise InputError(f"attempt_seed is {self.attempt_seed}: a seed is 0 or more")


def check_slots(num_slots: int) -> None:
    """``InputError`` for a number of slots that cannot be."""
    require_whole(num_slots=num_slots)
    if num_slots < 1:
        raise InputError(f"num_slots is {num_slots}: it must be at least 1")


def check_deadline(deadline: float | None) -> None:
    """``InputError`` for seconds that nobody can wait: a deadline is above 0 and finite; None: there is none."""
    require_finite(deadline=deadline)
    if deadline is not None and not 0 < deadline <= threading.TIMEOUT_MAX:
        raise InputError(
            f"deadline is {deadline}: give seconds above 0, at most {threading.TIMEOUT_MAX:.0f}; without one there is "
            "no end to wait for"
        )

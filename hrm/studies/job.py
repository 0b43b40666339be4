"""One run of a study as a job of a cluster: what submitit (github.com/facebookincubator/submitit) calls on the machine
that the run was given. Told to stop, it saves at its next step, and asks to be queued again where that was a warning.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NoReturn

from hrm.errors import StoppedError
from hrm.runtime import keep_memory
from hrm.signals import Handlers, heard, known
from hrm.studies.runner import Done, Work, do, stop_later, told_to_stop
from hrm.training.report import Report

if TYPE_CHECKING:
    from submitit.helpers import DelayedSubmission

WARNINGS = known("SIGUSR2", "SIGUSR1")
"""What a scheduler sends a little before it takes a machine away: the time limit, a more urgent job. Submitit has
SIGUSR2 sent, or what SUBMITIT_PREEMPT_SIGNAL names, and has set a handler that queues the job again."""


class RunJob:
    """A run that may be begun on one machine and ended on another: its folder, which all of them see, is all it needs.

    The result is ``Done``, and what cannot be trained raises ``InputError``: submitit hands over either. A job that is
    stopped leaves no result: the scheduler, or who submitted it, says whether it comes back.
    """

    def __init__(self, work: Work) -> None:
        self.work = work

    def __call__(self) -> Done:
        keep_memory()
        steps = self.work.config.training.steps

        def report(report: Report, steps_per_s: float) -> None:
            print(f"step {report.step:,}/{steps:,}  loss {report.loss:.4f}  {steps_per_s:.3g} steps/s", flush=True)

        with heard([*WARNINGS, signal.SIGTERM], stop_later) as before:
            try:
                return do(self.work, report)
            except StoppedError as stopped:
                print(stopped, flush=True)
                leave({stopped.signal, *told_to_stop}, before)
            finally:
                told_to_stop.clear()

    def checkpoint(self) -> DelayedSubmission:
        """The submission that submitit queues again: the same, for the run itself is saved in its folder."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def leave(numbers: set[int], before: Handlers) -> NoReturn:
    """End the process of a run that signals have stopped: by submitit's handler, which queues the job again, where one
    of them was a warning. It raises submitit's error where a job has met its time limit too often."""
    queue_again = next((before[number] for number in WARNINGS if callable(before.get(number))), None)
    if queue_again is not None and (warned := numbers.intersection(WARNINGS)):
        queue_again(min(warned), None)
    raise SystemExit(128 + min(numbers))

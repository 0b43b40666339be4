"""A run that is told to stop saves, asks to be queued again, and ends as if nothing had been."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hrm.errors import InputError
from hrm.store.locate import list_checkpoints
from hrm.studies import runner
from hrm.studies.job import RunJob, leave
from hrm.studies.runner import MEASURED, Work, do
from hrm.studies.study import as_trained, training
from hrm.training.config import RunConfig


def work_in(folder: Path, config: RunConfig) -> Work:
    return Work("M 1", 3, config, folder, (1, 2), {"": as_trained}, 4, 1)


class QueuedAgainError(Exception):
    """In place of the end of the process."""


@pytest.fixture
def submitit_listens() -> Iterator[list[int]]:
    """Handlers as submitit sets them in a job."""
    heard: list[int] = []

    def queue_again(number: int, frame: object) -> None:
        heard.append(number)
        raise QueuedAgainError

    handlers: dict[int, Any] = {signal.SIGUSR2: queue_again, signal.SIGTERM: lambda number, frame: None}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield heard
    assert signal.getsignal(signal.SIGUSR2) is queue_again, "as it was"
    for number, old in before.items():
        signal.signal(number, old)


def at_first_report(number: int) -> Callable[..., Any]:
    """``training.run`` that a signal reaches after some steps."""
    real = runner.run

    def run(folder: Any, prepared: Any, on_report: Callable[..., None]) -> Any:
        def signalled(report: Any, rate: float) -> None:
            if report.step == 3:
                signal.raise_signal(number)
            on_report(report, rate)

        return real(folder, prepared, on_report=signalled)

    return run


@pytest.mark.parametrize("number", [signal.SIGUSR2, signal.SIGUSR1])
def test_a_warning_saves_and_queues_again(
    number: int, tiny_run: RunConfig, tmp_path: Path, submitit_listens: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = do(work_in(tmp_path / "whole", tiny_run))
    job = RunJob(work_in(tmp_path / "run", tiny_run))
    with monkeypatch.context() as patched:
        patched.setattr(runner, "run", at_first_report(number))
        with pytest.raises(QueuedAgainError):
            job()
    assert len(submitit_listens) == 1
    assert [path.name for path in list_checkpoints(tmp_path / "run")] == ["step_00000004"]
    assert not (tmp_path / "run" / MEASURED).exists()
    again = job()
    assert again.figures["readings"] == whole.figures["readings"]
    for file in ("model.safetensors", "state.safetensors"):
        paths = [list_checkpoints(tmp_path / name)[-1] / file for name in ("run", "whole")]
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_sigterm_saves_and_leaves_no_result(
    tiny_run: RunConfig, tmp_path: Path, submitit_listens: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "run", at_first_report(signal.SIGTERM))
    with pytest.raises(SystemExit) as left:
        RunJob(work_in(tmp_path / "run", tiny_run))()
    assert left.value.code == 128 + signal.SIGTERM
    assert submitit_listens == []
    assert list_checkpoints(tmp_path / "run")


def test_a_warning_ends_measuring_at_once(
    tiny_run: RunConfig, tmp_path: Path, submitit_listens: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(work: Work) -> dict[str, Any]:
        signal.raise_signal(signal.SIGUSR2)
        raise AssertionError("still measuring")

    job = RunJob(work_in(tmp_path / "run", tiny_run))
    with monkeypatch.context() as patched:
        patched.setattr(runner, "measure", measure)
        with pytest.raises(QueuedAgainError):
            job()
    assert submitit_listens == [signal.SIGUSR2]
    assert job().label == "M 1"


def test_what_cannot_be_trained_is_said(tiny_run: RunConfig, tmp_path: Path) -> None:
    config = training(lr=1e30)(tiny_run)
    with pytest.raises(InputError, match="the loss is not a number"):
        RunJob(work_in(tmp_path / "run", config))()


def test_without_anybody_who_queues_again_the_status_says_it() -> None:
    with pytest.raises(SystemExit) as left:
        leave({signal.SIGUSR1}, {signal.SIGUSR1: signal.SIG_DFL})
    assert left.value.code == 128 + signal.SIGUSR1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its logs, which it does not close
def test_in_submitits_hands(tiny_run: RunConfig, tmp_path: Path) -> None:
    submitit = pytest.importorskip("submitit", reason="the extra 'cluster' is not installed")
    work = work_in(tmp_path / "run", tiny_run)
    job = RunJob(work)
    again = job.checkpoint()
    assert again.function is job, "the same run is queued again"
    result = submitit.DebugExecutor(tmp_path / "jobs").submit(job).result()
    assert result == do(work)
    result.figures.pop("training_s")
    alone = do(work._replace(folder=tmp_path / "alone"))
    alone.figures.pop("training_s")
    assert result == alone

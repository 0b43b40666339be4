"""Trackers are told of reports, and the run does not know them."""

from __future__ import annotations

import json
import math
import os
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from ranks import in_ranks
from tracked_run import STEPS, CrashedError, tracked_config, train_tracked

from hrm import tracking
from hrm.errors import InputError, Notice
from hrm.store.folder import read_tensors
from hrm.store.locate import list_checkpoints
from hrm.tracking import TrackerBackend
from hrm.tracking.base import TrackedBoard, TrackedRun
from hrm.tracking.reporter import KEPT, numbers_of, thread_failures, tracked
from hrm.training import hanging
from hrm.training.folder import STATE
from hrm.training.report import Report
from hrm.training.run import begun, run
from hrm.training.validation import Validation
from hrm.world import World


class Book:
    """A tracker that writes down what it is told."""

    place = "in a book"

    def __init__(self, run: TrackedRun, fails_at: str = "") -> None:
        if fails_at == "begin":
            raise ConnectionError("the network\nis away")
        self.run, self.key, self.fails_at = run, run.key or "a key", fails_at
        self.told: list[tuple[int, dict[str, float], list[TrackedBoard]]] = []
        self.num_closed = 0

    def report(self, step: int, numbers: Mapping[str, float], boards: Sequence[TrackedBoard]) -> None:
        if self.fails_at == "report":
            raise ConnectionError("the network\nis away")
        if self.fails_at == "warn":
            warnings.warn("slow today", UserWarning, stacklevel=1)
        self.told.append((step, dict(numbers), list(boards)))

    def close(self) -> None:
        self.num_closed += 1
        if self.fails_at == "close":
            raise ConnectionError("the network\nis away")


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> list[Book]:
    """Those that have begun; ``book`` is the tracker."""
    found: list[Book] = []

    def begin(run: TrackedRun) -> Book:
        found.append(Book(run))
        return found[-1]

    monkeypatch.setitem(tracking.TRACKERS, "book", TrackerBackend(begin))
    return found


def test_a_run_that_goes_on_is_told_on_with_no_step_twice(tmp_path: Path, books: list[Book]) -> None:
    with pytest.raises(CrashedError):
        train_tracked(tmp_path / "mine", "book", crash_at=9)
    assert json.loads((tmp_path / "mine" / KEPT).read_text()) == {"book": {"key": "a key", "step": 9}}
    train_tracked(tmp_path / "mine", "book", "book")
    first, second = books
    assert (first.run.key, second.run.key) == (None, "a key")
    assert (first.run.step, second.run.step) == (0, 6)
    assert first.run.name == second.run.name == "mine"
    assert first.run.config == json.loads((tmp_path / "mine" / "config.json").read_text())
    assert [step for step, _, _ in [*first.told, *second.told]] == STEPS
    assert [len(boards) for _, _, boards in [*first.told, *second.told]] == [0, 4, 0, 4]
    assert (first.num_closed, second.num_closed) == (1, 1)


def test_a_run_that_does_not_validate_shows_boards_at_first_and_at_last(tmp_path: Path, books: list[Book]) -> None:
    config = tracked_config()
    train_tracked(tmp_path, "book", config=replace(config, training=replace(config.training, validate_every=0)))
    assert [(step, len(boards)) for step, _, boards in books[0].told] == [(3, 4), (6, 0), (9, 0), (12, 4)]


@pytest.mark.parametrize("fails_at", ["begin", "report", "close", "warn"])
def test_a_tracker_that_fails_is_told_once_and_changes_nothing(
    tmp_path: Path, books: list[Book], monkeypatch: pytest.MonkeyPatch, fails_at: str
) -> None:
    monkeypatch.setitem(tracking.TRACKERS, "broken", TrackerBackend(lambda run: Book(run, fails_at)))
    reason = "slow today" if fails_at == "warn" else "ConnectionError: the network is away. It is told no more"
    with pytest.warns(Notice, match=f"broken: {reason}") as said:
        train_tracked(tmp_path / "run", "broken", "book")
    assert len(said) == 1
    assert [step for step, _, _ in books[0].told] == STEPS, "the others are told all"
    train_tracked(tmp_path / "untold")
    run, untold = (read_tensors(list_checkpoints(tmp_path / name)[-1] / STATE) for name in ("run", "untold"))
    assert run.keys() == untold.keys()
    assert all(run[name].equal(untold[name]) for name in run)


def test_a_tracker_that_hangs_is_told_while_it_does(
    tmp_path: Path, books: list[Book], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hanging, "LEAST", 0.3)
    monkeypatch.setattr(hanging, "TIMES", 0.0)

    def hang(book: Book, step: int, *_: object) -> None:
        deadline = time.monotonic() + 20
        while step == 6 and not any("hangs after step 6, telling" in str(one.message) for one in told):
            assert time.monotonic() < deadline, "nobody said a word"
            time.sleep(0.02)

    monkeypatch.setattr(Book, "report", hang)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        train_tracked(tmp_path, "book")
    said = [str(one.message) for one in told if issubclass(one.category, Notice)]
    assert not [line for line in said if "nobody said a word" in line]
    assert len([line for line in said if "hangs after step 6" in line]) == 1


def test_boards_that_fail_are_left_out(tmp_path: Path, books: list[Book], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise InputError("the file of the test set is gone")

    monkeypatch.setattr("hrm.tracking.reporter.Examples", refuse)
    with pytest.warns(Notice, match="boards for the trackers: the file of the test set is gone") as said:
        train_tracked(tmp_path, "book")
    assert len(said) == 1
    assert [(step, boards) for step, _, boards in books[0].told] == [(step, []) for step in STEPS]


def test_a_damaged_note_of_what_was_told_stops_nothing(tmp_path: Path, books: list[Book]) -> None:
    with pytest.raises(CrashedError):
        train_tracked(tmp_path, "book", crash_at=9)
    (tmp_path / KEPT).write_text("{")
    with pytest.warns(Notice, match=KEPT):
        train_tracked(tmp_path, "book")
    assert books[1].run.key is None


def test_a_run_that_fails_before_its_first_report_leaves_nothing(tmp_path: Path, books: list[Book]) -> None:
    with (
        pytest.raises(CrashedError),
        begun(tmp_path / "run", tracked_config()) as (folder, prepared),
        tracked(["book"], folder, prepared),
    ):
        raise CrashedError
    assert not books
    assert not (tmp_path / "run").exists()


def test_a_thread_that_fails_is_shown_unless_it_is_of_the_tracker(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: shown.append(args.exc_type))

    def fail() -> None:
        raise CrashedError

    for is_known in (False, True):
        with thread_failures() as failed:
            thread = threading.Thread(target=fail)
            thread.start()
            thread.join()
            assert len(failed) == 1
            if is_known:
                failed.clear()
    assert shown == [CrashedError]


def test_numbers_are_finite() -> None:
    report = Report(7, 1.0, 0.5, math.nan, math.nan, math.nan, Validation(10, 0.5, (0.2, 0.8), 0.75), lr=0.01)
    assert numbers_of(report, 2.0, 8) == {
        "train/loss": 1.0,
        "train/token_loss": 0.5,
        "train/lr": 0.01,
        "rate/steps_per_s": 2.0,
        "rate/samples_per_s": 16.0,
        "validation/solved": 0.5,
        "validation/cells": 0.75,
    }


def pages_of_a_rank(world: World, folder: Path) -> list[int]:
    books: list[Book] = []
    tracking.TRACKERS["book"] = TrackerBackend(lambda run: books.append(Book(run)) or books[-1])
    with (
        begun(folder / "run", tracked_config(), world=world) as (opened, prepared),
        tracked(["book"], opened, prepared) as track,
    ):
        run(opened, prepared, on_report=track)
    return [step for book in books for step, _, _ in book.told]


def test_the_first_rank_alone_reports(tmp_path: Path) -> None:
    assert in_ranks(2, pages_of_a_rank, tmp_path) == [STEPS, []]
    assert os.path.exists(tmp_path / "run" / KEPT)

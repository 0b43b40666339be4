"""A study ends the same however it was run: at once, in two parts, or side by side."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from ranks import PRELOADED

from hrm.errors import InputError, StoppedError
from hrm.studies import runner
from hrm.studies.runner import Done, run_study
from hrm.studies.study import Study, as_trained, training
from hrm.studies.summary import summarize_study
from hrm.training.config import RunConfig


def tiny_study(recipe: RunConfig) -> Study:
    return Study(
        question="?",
        recipe=recipe,
        axes={"M": {"M 1": training(max_segments=1), "M 2": training(max_segments=2)}},
        seeds=(0, 1),
        num_puzzles=4,
        segments=(1, 3),
        readings={"one": as_trained, "two": as_trained},
    )


def accuracies(done: list[Done]) -> list[object]:
    return [[d.label, d.seed, d.figures["readings"]] for d in done]


def test_what_is_done_is_not_done_again(tiny_run: RunConfig, tmp_path: Path) -> None:
    study = tiny_study(tiny_run)
    shown: list[tuple[str, int]] = []
    first = run_study(study, tmp_path, seeds=(0,), on_done=lambda d, n, of: shown.append((d.label, of)))
    assert shown == [("M 1", 2), ("M 2", 2)]
    assert [row["segments"] for row in first[0].figures["readings"]["one"]["segments"]] == [1, 3]
    assert first[0].figures["training_s"] > 0
    marked = tmp_path / "M-1" / "seed_0" / "measured.json"
    marked.write_text(json.dumps({**first[0].figures, "training_s": 123.0}))
    both = run_study(study, tmp_path)
    assert [(d.label, d.seed) for d in both] == [("M 1", 0), ("M 2", 0), ("M 1", 1), ("M 2", 1)]
    assert both[0].figures["training_s"] == 123.0, "read, not measured again"
    rows = summarize_study(both)
    assert [row["label"] for row in rows] == ["M 1, one", "M 1, two", "M 2, one", "M 2, two"]
    assert rows[0]["seeds"] == [0, 1]


def test_more_steps_are_trained_and_measured(tiny_run: RunConfig, tmp_path: Path) -> None:
    study = replace(tiny_study(tiny_run), seeds=(0,))
    short = run_study(study, tmp_path)
    longer = replace(study, recipe=training(steps=2 * tiny_run.training.steps)(study.recipe))
    done = run_study(longer, tmp_path)
    assert [d.figures["how"]["steps"] for d in done] == [2 * tiny_run.training.steps] * 2
    assert done[0].figures["training_s"] > short[0].figures["training_s"]


def test_a_run_that_was_stopped_goes_on(tiny_run: RunConfig, tmp_path: Path) -> None:
    study = replace(tiny_study(tiny_run), seeds=(0,))
    whole = run_study(study, tmp_path / "whole")
    run_study(study, tmp_path / "parts")
    parts = tmp_path / "parts" / "M-1" / "seed_0"
    (parts / "measured.json").unlink()
    last = sorted((parts / "checkpoints").iterdir())[-1]
    for file in last.iterdir():
        file.unlink()
    last.rmdir()  # as if it had stopped between the two
    assert accuracies(run_study(study, tmp_path / "parts")) == accuracies(whole)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """With other numbers of threads sums are rounded in another order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_side_by_side(tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Processes from the beginning take seconds each: tests/cli/test_ablate.py has them.
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(PRELOADED)
    monkeypatch.setattr("hrm.studies.runner.multiprocessing.get_context", lambda how: forks)
    study = replace(tiny_study(tiny_run), seeds=(0,))
    trackers = ("tensorboard",) if find_spec("tensorboard") else ()
    alone, beside = run_study(study, tmp_path / "a"), run_study(study, tmp_path / "b", jobs=2, report_to=trackers)
    assert accuracies(alone) == accuracies(beside)
    if not trackers:
        pytest.skip("that trackers know each run by study, point and seed needs hrm-lab[tensorboard]")
    found = sorted(path.name for path in tmp_path.glob("b/*/seed_0/tensorboard/*"))
    assert found == ["b-M-1-seed_0", "b-M-2-seed_0"]


def test_other_settings_in_the_same_folder_are_refused(tiny_run: RunConfig, tmp_path: Path) -> None:
    study = replace(tiny_study(tiny_run), seeds=(0,))
    run_study(study, tmp_path)
    other = replace(study, recipe=replace(tiny_run, training=replace(tiny_run.training, lr=0.5)))
    with pytest.raises(InputError, match=r"training.lr is 0.01, not 0.5"):
        run_study(other, tmp_path)


def test_a_process_that_was_told_to_stop_begins_nothing(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(runner, "told_to_stop", [])
    try:
        runner._listen()
        signal.raise_signal(signal.SIGTERM)  # does not kill
    finally:
        signal.signal(signal.SIGTERM, before)
    with pytest.raises(StoppedError, match="the same command goes on"):
        run_study(tiny_study(tiny_run), tmp_path / "study")
    assert not list(tmp_path.rglob("config.json"))

"""Validation chooses a checkpoint and changes nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hrm.errors import InputError
from hrm.store.folder import load_model, read_tensors
from hrm.store.locate import best_checkpoint, list_checkpoints, read_validation
from hrm.training import run as run_module
from hrm.training.checkpoint import STATE
from hrm.training.clock import Clock
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.report import Report
from hrm.training.run import prepare, run
from hrm.training.validation import Validation, validate


@pytest.fixture
def validating(tiny_run: RunConfig) -> RunConfig:
    return replace(tiny_run, training=replace(tiny_run.training, validate_every=2, num_validation=5))


def validation_of(cells: float, solved: float = 0.5) -> Validation:
    return Validation(10, solved, (0.2, 0.8), cells)


def told(monkeypatch: pytest.MonkeyPatch, *cells: float) -> None:
    """What validation finds, time after time."""
    values = iter(cells)
    monkeypatch.setattr(run_module, "validate", lambda *args, **more: validation_of(next(values)))


def test_what_is_better() -> None:
    assert validation_of(0.1, solved=0.6).is_better_than(validation_of(0.9))
    assert validation_of(0.9).is_better_than(validation_of(0.8))
    assert not validation_of(0.9).is_better_than(validation_of(0.9))


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All that a run leaves, but for times."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != "metrics.jsonl":
            yield str(file.relative_to(folder)), file.read_bytes()


@pytest.mark.parametrize("stop_at", [1, 5, 6, 8])
def test_a_resumed_run_chooses_as_an_uninterrupted_one(
    validating: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    whole = RunFolder.create(tmp_path / "whole", validating)
    reports: list[Report] = []
    assert run(whole, prepare(validating), on_report=lambda report, _: reports.append(report)).is_finished
    assert [report.step for report in reports if report.validation] == [2, 4, 6, 8, 10, 12]

    parts = RunFolder.create(tmp_path / "parts", validating)
    prepared = prepare(validating)
    with monkeypatch.context() as patched:
        patched.setattr(Clock, "is_over", lambda clock: prepared.state.step == stop_at)
        assert run(parts, prepared).step == stop_at
    torch.manual_seed(12345)
    prepared, parts = prepare(validating), RunFolder.open(parts.path, validating)
    assert parts.restore(prepared.state)
    assert run(parts, prepared).is_finished

    expected, got = dict(files_of(whole.path)), dict(files_of(parts.path))
    best = best_checkpoint(parts.path)
    assert best is not None
    assert f"checkpoints/{best.name}/validation.json" in expected
    for name, content in expected.items():
        if "step_" not in name:  # which checkpoints before the last are there depends on where it stopped
            assert content == got[name], name
    a, b = (read_tensors(list_checkpoints(path)[-1] / STATE) for path in (whole.path, parts.path))
    assert all(torch.equal(a[name], b[name]) for name in a)

    def found(path: Path) -> list[tuple[int, dict[str, float]]]:
        lines = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
        return [(line["step"], line["validation"]) for line in lines if "validation" in line]

    assert found(whole.path) == found(parts.path)


def test_a_killed_run_chooses_as_an_uninterrupted_one(
    validating: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps since the last checkpoint are done again, though the best one is later than that checkpoint."""
    folder = RunFolder.create(tmp_path / "run", validating)
    told(monkeypatch, 0.1, 0.2, 0.1, 0.9)

    class KilledError(Exception):
        pass

    def kill_at_9(report: Report, rate: float) -> None:
        if report.step == 9:
            raise KilledError

    with pytest.raises(KilledError):
        run(folder, prepare(validating), on_report=kill_at_9)
    assert best_checkpoint(folder.path) == folder.path / "checkpoints/best_00000008"
    prepared = prepare(validating)
    folder.restore(prepared.state)
    assert prepared.state.step == 6
    told(monkeypatch, 0.9, 0.3, 0.2)
    run(folder, prepared)
    assert [p.name for p in (folder.path / "checkpoints").glob("best_*")] == ["best_00000008"]


def test_the_best_is_kept_when_the_last_is_worse(
    validating: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder.create(tmp_path / "run", validating)
    told(monkeypatch, 0.3, 0.5, 0.7, 0.7, 0.6, 0.5)
    prepared = prepare(validating)
    at_6: dict[str, torch.Tensor] = {}

    def remember(report: Report, rate: float) -> None:
        if report.step == 6:
            assert prepared.state.ema is not None
            at_6.update({k: t.clone() for k, t in prepared.state.ema.evaluated(prepared.state.model).items()})

    run(folder, prepared, on_report=remember)
    there = sorted(p.name for p in (folder.path / "checkpoints").iterdir())
    assert there == ["best_00000006", "step_00000006", "step_00000012"]
    best = load_model(folder.path)
    assert best.path.name == "best_00000006"
    assert read_validation(best.path)["step"] == 6
    assert all(torch.equal(at_6[name], tensor) for name, tensor in best.model.state_dict().items())
    assert load_model(folder.path, checkpoint="last").path.name == "step_00000012"


def test_of_two_bests_that_a_kill_left_the_better_one_counts(
    validating: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between writing the new one and deleting the old one."""
    folder = RunFolder.create(tmp_path / "run", validating)
    state = prepare(validating).state
    monkeypatch.setattr("hrm.training.best.drop", lambda path: None)
    for step, cells in ((2, 0.1), (4, 0.2)):
        state.step = step
        assert folder.keep_if_best(state, validation_of(cells))
    monkeypatch.undo()
    assert [p.name for p in sorted((folder.path / "checkpoints").iterdir())] == ["best_00000002", "best_00000004"]
    assert load_model(folder.path).path.name == "best_00000004"
    state.step = 6
    assert not folder.keep_if_best(state, validation_of(0.2))
    assert folder.keep_if_best(state, validation_of(0.3))
    assert [p.name for p in (folder.path / "checkpoints").iterdir()] == ["best_00000006"]


def test_training_is_not_changed_by_looking(validating: RunConfig, tmp_path: Path) -> None:
    """The same puzzles are held out; only how often they are looked at differs."""
    states = []
    for every in (1, 12):
        config = replace(validating, training=replace(validating.training, validate_every=every))
        folder = RunFolder.create(tmp_path / str(every), config)
        run(folder, prepare(config))
        states.append(read_tensors(list_checkpoints(folder.path)[-1] / STATE))
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_averages_are_measured_and_the_weights_come_back(validating: RunConfig) -> None:
    state, _, runtime, held = prepare(validating)
    assert held is not None
    assert state.ema is not None
    weights = {name: tensor.clone() for name, tensor in state.model.state_dict().items()}
    random_state = torch.get_rng_state()
    measured = validate(state.model, state.ema, held, runtime, max_segments=2, batch_size=4)
    assert measured.puzzles == 5
    assert measured == validate(state.model, None, held, runtime, max_segments=2, batch_size=3)
    assert measured.cells > 0
    state.ema.average["lm_head.weight"].zero_()  # every answer is token 0, which no cell has
    assert validate(state.model, state.ema, held, runtime, max_segments=2, batch_size=4).cells == 0
    assert torch.equal(torch.get_rng_state(), random_state)
    assert state.model.training
    assert all(torch.equal(weights[name], tensor) for name, tensor in state.model.state_dict().items())


def test_a_run_that_does_not_validate_says_nothing_of_it(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny_run)
    assert prepare(tiny_run).validation is None
    run(folder, prepare(tiny_run))
    assert best_checkpoint(folder.path) is None
    assert "validation" not in (folder.path / "metrics.jsonl").read_text()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"validate_every": -1}, "validate_every is -1"),
        ({"num_validation": 0}, "num_validation is 0"),
        ({"validate_every": 1, "num_validation": 20}, r"num_validation is 20: it must be at least 1 and below \d+"),
    ],
)
def test_bad_settings(tiny_run: RunConfig, changed: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepare(replace(tiny_run, training=replace(tiny_run.training, **changed)))

"""Whole runs: a resumed one equals an uninterrupted one to the bit, and every way of stopping is a clean one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from kills import Survivor, outcome_of

from hrm.errors import InputError
from hrm.models.lattice import LatticeConfig
from hrm.runtime import RuntimeConfig
from hrm.store.folder import read_tensors
from hrm.store.locate import list_checkpoints
from hrm.training.checkpoint import STATE
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.loop import TrainState, train
from hrm.training.metrics import read_metrics
from hrm.training.report import Report
from hrm.training.run import STOPPING, begun, prepare, run, stop_signals


def final_state(folder: RunFolder) -> dict[str, torch.Tensor]:
    return read_tensors(list_checkpoints(folder.path)[-1] / STATE)


RANDOM = {"damping": 0.05, "noise": 0.01, "random_start": True}


LATTICE = LatticeConfig(hidden_size=16, H_layers=1, H_cycles=2, expansion=1.0, equivariant=True)


STARTS = {"corrupted_share": 0.5, "early_max_segments": (1, 2)}  # of 12 steps: other loops from steps 5 and 9 on


@pytest.mark.parametrize(
    ("precision", "model", "training"),
    [
        ("float32", {}, {}),
        ("bfloat16", {}, {}),
        ("float32", RANDOM, {}),
        ("float32", RANDOM, STARTS),
        ("bfloat16", replace(LATTICE, dropout=0.2), {}),
        ("bfloat16", {"mixing": "state_space", "state_size": 4}, {}),
    ],
    ids=["float32", "bfloat16", "EqR", "EqR, near answers, short loops first", "lattice, dropout", "recurrence"],
)
@pytest.mark.parametrize("stop_at", [1, 4, 5, 6])
def test_a_resumed_run_equals_an_uninterrupted_one_to_the_bit(
    tiny_run: RunConfig, tmp_path: Path, precision: str, model: Any, training: dict[str, Any], stop_at: int
) -> None:
    config = replace(tiny_run, runtime=RuntimeConfig(device="cpu", precision=precision))
    made = replace(config.model, **model) if isinstance(model, dict) else model
    config = replace(config, model=made, training=replace(config.training, **training))
    whole = RunFolder.create(tmp_path / "whole", config)
    assert run(whole, prepare(whole.config)).is_finished

    parts = RunFolder.create(tmp_path / "parts", config)
    state, task, runtime, _ = prepare(config)
    list(train(state, task, config.training, config.seed, runtime, until=lambda: state.step == stop_at))
    parts.save(state)
    torch.manual_seed(12345)  # nothing may depend on what the process drew before
    prepared, parts = prepare(config), RunFolder.open(parts.path, config)
    assert parts.restore(prepared.state)
    assert prepared.state.step == stop_at
    assert run(parts, prepared).is_finished

    expected, got = final_state(whole), final_state(parts)
    assert expected.keys() == got.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, got[name]), name


def test_max_minutes_saves_and_says_so(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny_run)
    outcome = run(folder, prepare(folder.config), max_minutes=1e-9)
    assert (outcome.step, outcome.is_finished, outcome.signal) == (1, False, None)
    assert list_checkpoints(folder.path)[-1].name == "step_00000001"


@pytest.mark.parametrize("number", STOPPING, ids=lambda number: signal.Signals(number).name)
def test_a_signal_saves_and_leaves_cleanly(tiny_run: RunConfig, tmp_path: Path, number: signal.Signals) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny_run)
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    outcome = run(
        folder,
        prepare(folder.config),
        on_report=lambda report, _: os.kill(os.getpid(), number) if report.step == 3 else None,
    )
    assert outcome.signal == number
    assert outcome.step == 4
    assert list_checkpoints(folder.path)[-1].name == "step_00000004"
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers


def test_a_loss_that_is_not_a_number_stops_the_run_and_keeps_the_last_good_checkpoint(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny_run)
    prepared = prepare(tiny_run)
    state = prepared.state

    def spoil_a_weight_between_two_checkpoints(report: Report, rate: float) -> None:
        if report.step == 9:
            state.model.lm_head.weight.data.fill_(float("nan"))

    with pytest.raises(InputError, match=r"not a number at step 10: .*step_00000006"):
        run(folder, prepared, on_report=spoil_a_weight_between_two_checkpoints)
    assert [p.name for p in list_checkpoints(folder.path)] == ["step_00000006"]
    assert all(t.isfinite().all() for t in final_state(folder).values() if t.is_floating_point())


@pytest.mark.parametrize("lost_after", [5, 8, 11])
def test_checkpoints_by_the_clock_change_nothing_of_what_comes_out(
    tiny_run: RunConfig, tmp_path: Path, lost_after: int
) -> None:
    """After every step, between reports, too; and the run goes on from one of them."""
    whole = RunFolder.create(tmp_path / "whole", tiny_run)
    run(whole, prepare(tiny_run))
    often = replace(tiny_run, training=replace(tiny_run.training, save_minutes=1e-9))
    folder = RunFolder.create(tmp_path / "often", often)

    class LostError(Exception):
        pass

    def lose(state: TrainState, **how: bool) -> None:
        RunFolder.save(folder, state, **how)
        saved.append((state.step, how["is_passing"]))
        if state.step == lost_after:
            raise LostError

    saved: list[tuple[int, bool]] = []
    folder.save = lose  # type: ignore[method-assign]
    with pytest.raises(LostError):
        run(folder, prepare(often))
    assert saved == [(step, step % 3 != 0) for step in range(1, lost_after + 1)]
    again, prepared = RunFolder.open(folder.path, often), prepare(often)
    assert again.restore(prepared.state)
    assert prepared.state.step == lost_after
    run(again, prepared)
    for name in ("model.safetensors", STATE):
        one, other = (list_checkpoints(path)[-1] / name for path in (whole.path, folder.path))
        assert one.read_bytes() == other.read_bytes(), name
    lines = [[{**line, "steps_per_s": 0} for line in read_metrics(path)] for path in (whole.path, folder.path)]
    assert lines[0] == lines[1]


def test_twenty_kills_at_random_moments(tmp_path: Path) -> None:
    """Seed 0. ``Survivor`` looks that no kill costs more than the work since the last save, and nobody is needed."""
    killed(tmp_path, num=20, steps=40, seed=0)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_hundred_kills_twice(tmp_path: Path, seed: int) -> None:
    found = killed(tmp_path, num=100, steps=150, seed=seed)
    print(found)
    assert min(found["saving"], found["training"]) > 10, "at moments of every kind"


def killed(folder: Path, num: int, steps: int, seed: int) -> dict[str, int]:
    with Survivor() as survivor:
        assert survivor.attempt(folder / "whole", steps) is None
        found = survivor.kill(folder, num, steps, seed)
    whole = outcome_of(folder / "whole")
    for number in range(found["runs"]):
        assert outcome_of(folder / f"killed-{seed}-{number}") == whole
    return found


def test_kill_9_at_any_moment_leaves_a_run_that_resumes(tiny_run: RunConfig, tmp_path: Path) -> None:
    """A process that saves after every step is killed at odd moments; the run goes on from what is there."""
    config = replace(tiny_run, training=replace(tiny_run.training, steps=100_000, report_every=1, save_every=1))
    folder = RunFolder.create(tmp_path / "run", config)
    program = (
        "import json, sys; from pathlib import Path\n"
        "from hrm.training.config import RunConfig\n"
        "from hrm.training.folder import RunFolder\n"
        "from hrm.training.run import prepare, run\n"
        "path = Path(sys.argv[1])\n"
        "config = RunConfig.from_dict(json.loads((path / 'config.json').read_text()), 'config')\n"
        "folder, prepared = RunFolder.open(path, config), prepare(config)\n"
        "folder.restore(prepared.state)\n"
        "run(folder, prepared, on_report=lambda report, rate: print(report.step, flush=True))\n"
    )
    reached = 0
    for delay_ms in (1, 4):
        process = subprocess.Popen([sys.executable, "-c", program, str(folder.path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        steps = [int(process.stdout.readline()) for _ in range(4)]
        time.sleep(delay_ms / 1000)
        process.kill()
        process.wait()
        process.stdout.close()
        assert steps == [reached + 1, reached + 2, reached + 3, reached + 4]
        state = prepare(config).state
        folder.restore(state)
        assert state.step >= steps[-2]  # the step before the last report was saved whole
        reached = state.step


def test_int8_is_refused_before_anything_is_written(tiny_run: RunConfig, tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"precision int8 is to solve"),
        begun(tmp_path / "run", replace(tiny_run, runtime=RuntimeConfig(precision="int8"))),
    ):
        pass
    assert not (tmp_path / "run").exists()


def test_under_torchrun_a_signal_may_come_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the terminal or the scheduler, and from torchrun, which heard it there."""
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    with stop_signals() as received:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert received == [signal.SIGINT, signal.SIGINT]
    monkeypatch.delenv("TORCHELASTIC_RUN_ID")
    with stop_signals():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

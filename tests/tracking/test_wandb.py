"""The files that Weights & Biases keeps off line hold what it was told."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tracked_run import STEPS, crash_and_go_on

pytest.importorskip("wandb", reason="needs hrm-lab[wandb]: make track")
BLOCK, HEADER = 32768, struct.Struct("<IHB")
WHOLE, LAST = 1, 4
"""Of the log format of LevelDB, which a ``.wandb`` file has after its first seven bytes."""


def records(file: Path) -> Iterator[Any]:
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, record = file.read_bytes(), 7, b""
    while at + HEADER.size <= len(data):
        if BLOCK - at % BLOCK < HEADER.size:
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = HEADER.unpack_from(data, at)
        at += HEADER.size
        record += data[at : at + length]
        at += length
        if kind in (WHOLE, LAST):
            yield Record.FromString(record)
            record = b""


def test_a_run_that_goes_on_has_every_step_once(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    assert "Notice" not in crash_and_go_on(path, "wandb", WANDB_MODE="offline", WANDB_PROJECT="")
    files = sorted((path / "wandb").glob("offline-run-*/*.wandb"))
    assert len(files) == 2, "one for each process, synced into one run"
    found = [record for file in files for record in records(file)]
    runs = {(one.run.run_id, one.run.display_name, one.run.project) for one in found if one.HasField("run")}
    kept = json.loads((path / "tracking.json").read_text())
    assert runs == {(kept["wandb"]["key"], "mine", "hrm")}
    history = [one.history for one in found if one.HasField("history")]
    assert [one.step.num for one in history] == STEPS
    told = [{"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in one.item} for one in history]
    lines = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    assert [one["train/loss"] for one in told] == [line["loss"] for line in lines]
    assert [one["train/grad_norm"] for one in told] == [line["grad_norm"] for line in lines]
    assert ["validation/solved" in one for one in told] == [False, True, False, True]
    board = next((path / "wandb").glob(f"*/files/{told[-1]['examples/1/path']}"))
    assert "cells right" in board.read_text()
    config = {one.key: json.loads(one.value_json) for run in found for one in run.run.config.update}
    assert (config["training"]["lr"], config["folder"]) == (0.01, str(path))


def test_who_is_not_logged_in_is_told_before_anything_is_written(tmp_path: Path) -> None:
    args = ["train", "sudoku-4x4", "--out", str(tmp_path / "run"), "--report-to", "wandb"]
    known = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    env = {**known, "HOME": str(tmp_path), "NETRC": str(tmp_path / "none"), "WANDB_CONFIG_DIR": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-m", "hrm", *args], env=env, capture_output=True, text=True, check=False, stdin=-3
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("hrm: wandb does not know you here: 'wandb login' first, or WANDB_MODE=offline")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_service_that_is_away_is_told_once_and_the_run_goes_on(tmp_path: Path) -> None:
    steps = ["--training.steps", "4", "--training.report-every", "2", "--training.batch-size", "8"]
    args = ["train", "sudoku-4x4", "--out", str(tmp_path / "run"), "--runtime.compile", "no", *steps]
    env = {**os.environ, "WANDB_MODE": "online", "WANDB_API_KEY": "0" * 40, "WANDB_BASE_URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "hrm", *args, "--report-to", "wandb"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("hrm:")]
    assert "wandb" in line
    assert "the training goes on" in line
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 2

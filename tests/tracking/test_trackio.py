"""Trackio's database holds what it was told."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tracked_run import STEPS, crash_and_go_on

from hrm.tracking.trackio import free_name


def test_a_name_of_its_own() -> None:
    assert free_name("mine", []) == "mine"
    assert free_name("mine", ["mine", "mine-3", "other"]) == "mine-2"
    assert free_name("mine", ["mine", "mine-2"]) == "mine-3"


def query(file: Path, command: str) -> list[Any]:
    connection = sqlite3.connect(file)
    try:
        return connection.execute(command).fetchall()
    finally:
        connection.close()


def test_a_run_that_goes_on_has_every_step_once(tmp_path: Path) -> None:
    pytest.importorskip("trackio", reason="needs hrm-lab[trackio]: make track")
    environment = {"TRACKIO_DIR": str(tmp_path / "db"), "HF_HUB_OFFLINE": "1"}
    assert "Notice" not in crash_and_go_on(tmp_path / "mine", "trackio", **environment)
    rows = query(tmp_path / "db" / "hrm.db", "select run_name, step, metrics from metrics order by id")
    assert [(name, step) for name, step, _ in rows] == [("mine", step) for step in STEPS]
    lines = [json.loads(line) for line in (tmp_path / "mine" / "metrics.jsonl").read_text().splitlines()]
    told = [json.loads(metrics) for _, _, metrics in rows]
    assert [one["train/loss"] for one in told] == [line["loss"] for line in lines]
    assert [one["train/grad_norm"] for one in told] == [line["grad_norm"] for line in lines]
    assert ["validation/solved" in one for one in told] == [False, True, False, True]
    board = tmp_path / "db" / "media" / told[-1]["examples/1"]["file_path"]
    assert "cells right" in board.read_text()
    (config,) = query(tmp_path / "db" / "hrm.db", "select config from configs")
    config = json.loads(config[0])
    assert (config["training"]["lr"], config["folder"]) == (0.01, str(tmp_path / "mine"))
    # Another run in a folder of that name does not go on with this one.
    crash_and_go_on(tmp_path / "other" / "mine", "trackio", **environment)
    names = query(tmp_path / "db" / "hrm.db", "select run_name, count(*) from metrics group by run_name")
    assert names == [("mine", 4), ("mine-2", 4)]

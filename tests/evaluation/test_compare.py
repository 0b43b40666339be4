from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import hrm
from hrm.evaluation.compare import Setting, compare, held_out_examples, usual_settings
from hrm.runtime import Runtime
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.run import prepare, run

CPU = Runtime(torch.device("cpu"), torch.float32, False)


def test_every_setting_sees_the_same_puzzles(tiny_run: RunConfig, tmp_path: Path) -> None:
    config = replace(tiny_run, training=replace(tiny_run.training, steps=40))
    folder = RunFolder.create(tmp_path / "run", config)
    run(folder, prepare(folder.config))
    loaded = hrm.load(folder.path).loaded
    settings = usual_settings(loaded.task, 4)
    rows = compare(loaded, loaded.task, CPU, settings, limit=9, num_slots=4, rounds=2)
    assert [row.setting for row in rows] == settings
    assert len({row.setting.name for row in rows}) == len(rows)
    by_name = {row.setting.name: row for row in rows}
    fixed, rules = by_name["fixed 4"], by_name["rules 4"]
    assert (fixed.spent == 4).all()
    assert (rules.spent <= 4).all()
    certain = by_name["q 4 at 0.95"]
    assert all(s.certainty >= 0.95 or s.segments == 4 for s in certain.solutions)
    assert (by_name["rules 4, 16 x symmetry, verify"].solved >= rules.solved).all()
    for row in rows:
        assert [s.puzzle for s in row.solutions] == [s.puzzle for s in fixed.solutions]
        figures = row.figures()
        assert figures["mean_segments"] == pytest.approx(sum(s.spent for s in row.solutions) / 9)
        assert figures["puzzles_per_s"] > 0
        assert 0 <= figures["idle_share"] < 1
        examples = held_out_examples(loaded.task, 9)
        right = [bool((s.answer == e.labels).all()) for s, e in zip(row.solutions, examples, strict=True)]
        assert row.exact.tolist() == right


def test_no_setting_asks_an_answer_key_while_it_thinks(tiny_run: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    task = tiny_run.task.build()
    monkeypatch.setattr(type(task.rules), "knows", lambda rules, inputs: inputs[:, 0] > 0, raising=False)
    settings = usual_settings(task, 4)
    assert "rules" not in {setting.halt for setting in settings}
    assert "verify" not in {setting.choose for setting in settings}


def test_a_limit_and_all(tiny_run: RunConfig) -> None:
    task = tiny_run.task.build()
    assert len(held_out_examples(task)) == 12
    assert len(held_out_examples(task, 5)) == 5


def test_names_say_what_differs() -> None:
    assert Setting(halt="q", max_segments=64).name == "q 64"
    assert Setting(halt="q", max_segments=64, q_threshold=0.9).name == "q 64 at 0.9"
    assert Setting(halt="q", max_segments=8, attempts=3, choose="vote").name == "q 8, 3 x symmetry, vote"

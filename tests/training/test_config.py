"""What ``config.json`` holds of a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.recipes import RECIPES
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder


def test_the_configuration_is_enough_to_repeat_the_run(tiny_run: RunConfig, tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run", tiny_run)
    saved = json.loads((tmp_path / "run/config.json").read_text())
    assert RunConfig.from_dict(saved, "config.json") == tiny_run


def test_a_seed_below_zero_is_refused(tiny_run: RunConfig) -> None:
    with pytest.raises(InputError, match="seed is -1"):
        replace(tiny_run, seed=-1)


def test_a_notebook_shows_what_a_run_has_of_its_own(tiny_run: RunConfig) -> None:
    shown = replace(tiny_run, recipe="<tiny>", init="a&b")._repr_html_()
    words = ("&lt;tiny&gt;", "num_test 12", "hrm: hidden_size 16", "steps 12, batch_size 8", "a&amp;b", "float32")
    assert [word for word in words if word not in shown] == []
    assert "save_every 6" in shown
    assert "puzzle_lr" not in shown, "as usual"
    assert shown.count("<tr") == 6
    for make in RECIPES.values():
        assert make()._repr_html_().count("<tr") <= 6

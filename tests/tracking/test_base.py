from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.tracking import TRACKERS, require_trackers
from hrm.tracking.base import TrackedBoard, as_html
from hrm.tracking.wandb import WandbTracker


def test_a_board_in_html_is_coloured_and_says_how_right_it_is() -> None:
    page = as_html(TrackedBoard("1", "\x1b[31m5\x1b[0m <", ("1 of 2 cells right", "certainty 3 %")))
    assert "1 of 2 cells right, certainty 3 %" in page
    assert "color: #d6453d" in page
    assert "&lt;" in page


def test_a_tracker_that_there_is_not_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_trackers([])
    with pytest.raises(InputError, match="unknown tracker 'tensorbord': did you mean 'tensorboard'"):
        require_trackers(["wandb", "tensorbord"])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for name in TRACKERS:
        with pytest.raises(InputError, match=rf"{name} is not installed: pip install 'hrm-lab\[{name}\]'"):
            require_trackers([name])


def test_a_folder_that_a_tracker_has_left_is_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wandb").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    assert importlib.util.find_spec("wandb") is not None
    with pytest.raises(InputError, match="wandb is not installed"):
        require_trackers(["wandb"])
    assert TRACKERS["wandb"].begin is WandbTracker

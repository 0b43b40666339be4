from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from conftest import REPOSITORY

import hrm
from hrm.errors import InputError


def test_what_is_saved_is_the_model(tmp_path: Path) -> None:
    model = hrm.load()
    model.save_pretrained(tmp_path / "model")
    again = hrm.PuzzleModel.from_pretrained(tmp_path / "model")
    assert again.loaded.config == model.loaded.config
    for name, tensor in model.loaded.model.state_dict().items():
        assert torch.equal(again.loaded.model.state_dict()[name], tensor), name
    assert sorted(p.name for p in (tmp_path / "model").iterdir()) == ["README.md", "config.json", "model.safetensors"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        hrm.load().save_pretrained(tmp_path)


def test_loading_imports_no_extra_and_no_training() -> None:
    code = (
        "import sys, hrm; hrm.load();"
        "print([m for m in ('huggingface_hub', 'onnxruntime', 'hrm.training', 'hrm.recipes') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

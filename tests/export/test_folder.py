from __future__ import annotations

from pathlib import Path

import pytest
from export_models import untrained

from hrm.errors import InputError
from hrm.export.folder import new_folder, save_folder


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep/model") as unfinished:
        (unfinished / "file").write_text("x")
        assert not (tmp_path / "deep/model").exists()
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["model"]
    assert (tmp_path / "deep/model/file").read_text() == "x"


def test_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hrm.store.folder.write_tensors", full)
    with pytest.raises(InputError, match=r"cannot write .*model: No space left"):
        save_folder(untrained("hrm"), tmp_path / "model", "float32")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        save_folder(untrained("hrm"), tmp_path, "float32")
    assert (tmp_path / "mine").read_text() == "mine"

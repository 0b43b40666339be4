from __future__ import annotations

from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.files import new_folder, read_json, write_whole


def test_a_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.json"
    write_whole(file, b"{}")
    write_whole(file, b'{"a": 1}')
    assert read_json(file) == {"a": 1}

    def refuse(descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError, match="no space"):
        write_whole(file, b"{")
    assert read_json(file) == {"a": 1}


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep/model") as unfinished:
        (unfinished / "a").write_text("a")
        assert not (tmp_path / "deep/model").exists()
    assert [file.name for file in (tmp_path / "deep/model").iterdir()] == ["a"]
    with pytest.raises(InputError, match="cannot write"), new_folder(tmp_path / "other"):
        raise OSError("no space left")
    assert [folder.name for folder in tmp_path.iterdir()] == ["deep"]

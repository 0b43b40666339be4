from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from hrm.datasets.archive import unpack
from hrm.errors import InputError


def packed(path: Path, files: dict[str, str]) -> Path:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    path.write_bytes(content.getvalue())
    return path


def test_the_json_files_of_one_folder_and_nothing_else(tmp_path: Path) -> None:
    names = (
        "data/a.json",
        "data/training/b.json",
        "data/.hidden",
        "apps/c.json",
        "data/../../evil.json",
        "data/x/y/d.json",
    )
    file = packed(tmp_path / "r.zip", {f"R-master/{name}": "1" for name in names})
    assert unpack(file, "data", tmp_path / "out") == 2
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json"))
    assert found == ["out/a.json", "out/training/b.json"]


def test_archives_that_are_none_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "words.zip").write_bytes(b"no zip")
    with pytest.raises(InputError, match="is not a zip archive"):
        unpack(tmp_path / "words.zip", "data", tmp_path / "out")
    with pytest.raises(InputError, match="no folder data with JSON files"):
        unpack(packed(tmp_path / "empty.zip", {"x/README.md": ""}), "data", tmp_path / "out")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["empty.zip", "words.zip"]

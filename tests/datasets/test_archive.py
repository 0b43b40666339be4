from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from hrm.datasets.archive import content_digest, unpack
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


def test_another_content_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    file = packed(tmp_path / "r.zip", {"R-1/data/a.json": '{"b": 1, "a": [2]}', "R-1/data/x/b.json": "3"})
    unpack(file, "data", tmp_path / "out")
    digest = content_digest(tmp_path / "out")
    again = packed(tmp_path / "s.zip", {"R-2/data/x/b.json": "3\n", "R-2/data/a.json": '{\n "a": [2], "b": 1}'})
    assert unpack(again, "data", tmp_path / "again", digest) == 2, "blanks and the order of keys do not matter"
    other = packed(tmp_path / "t.zip", {"R-1/data/a.json": '{"b": 1, "a": [5]}', "R-1/data/x/b.json": "3"})
    with pytest.raises(InputError, match=rf"t\.zip: .* digest .*, not {digest[:12]}.*--unpinned"):
        unpack(other, "data", tmp_path / "other", digest)
    assert not (tmp_path / "other").exists()

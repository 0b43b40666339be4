from __future__ import annotations

import os
from pathlib import Path

import pytest

from hrm.cli.output import as_csv, check_places, write_results
from hrm.errors import InputError


def test_results_come_with_their_folders(tmp_path: Path) -> None:
    write_results({tmp_path / "a/b.json": b"{}", tmp_path / "c.csv": as_csv([{"x": 1, "y": "z"}])})
    assert (tmp_path / "a/b.json").read_bytes() == b"{}"
    assert (tmp_path / "c.csv").read_text() == "x,y\n1,z\n"
    assert as_csv([]) == b""


def test_a_place_that_cannot_be_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot write .*b\.json: .*; choose another place with --out"):
        write_results({tmp_path / "file/b.json": b"{}"})
    with pytest.raises(InputError, match=r"there is no folder .*none; choose another place with --out"):
        check_places(None, tmp_path / "none/a.json")

    def full(*_args: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match=r"No space left on device; choose another place with --out"):
        write_results({tmp_path / "a.json": b"{}"})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

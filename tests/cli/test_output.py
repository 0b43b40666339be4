from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hrm.cli.output import as_csv, check_places, print_table, stem, write_results
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
        check_places(tmp_path / "none/a.json")
    with pytest.raises(InputError, match=r"there is no folder .*none; choose another place for it"):
        check_places(tmp_path / "a.json", tmp_path / "none/a.csv")  # --out would not help

    def full(*_args: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match=r"No space left on device; choose another place with --out"):
        write_results({tmp_path / "a.json": b"{}"})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_place_is_tried_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(InputError, match=r"cannot write .*folder\.json: it is a folder; choose"):
        check_places(tmp_path / "folder.json")
    with pytest.raises(InputError, match="two results would have this one place"):
        check_places(tmp_path / "a.csv", None, tmp_path / "folder.json/../a.csv")
    with pytest.raises(InputError, match="results would replace the data that they are about"):
        check_places(tmp_path / "b.csv", kept=tmp_path / "b.csv")
    check_places(tmp_path / "a.csv", kept=tmp_path / "b.csv")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"metrics\.jsonl belongs to the run or model in .*run: choose another place w"
    ):
        check_places(tmp_path / "run" / "metrics.jsonl")
    shutil.rmtree(tmp_path / "run")

    def read_only(*_args: object, **_options: object) -> None:
        raise OSError(30, os.strerror(30))

    monkeypatch.setattr(Path, "open", read_only)
    with pytest.raises(InputError, match=r"cannot write .*a\.csv: Read-only file system; choose"):
        check_places(tmp_path / "a.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.json"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mine.csv", "mine"),
        ("mine.CSV.GZ", "mine"),
        ("X_challenges.json", "X_challenges"),
        ("mine.v2.csv", "mine.v2"),
        ("puzzles.sdm", "puzzles"),
        ("plain", "plain"),
        ("sub/../deep/mine.tsv", "mine"),
    ],
)
def test_the_stem_of_any_suffix(name: str, expected: str) -> None:
    assert stem(Path(name)) == expected


def test_the_stem_of_a_folder_is_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, expected in (("v1.2", "v1.2"), ("tasks.json", "tasks")):
        (tmp_path / name).mkdir()
        assert stem(tmp_path / name) == expected
    monkeypatch.chdir(tmp_path / "v1.2")
    assert stem(Path()) == "v1.2"


def test_a_table_is_neither_wrapped_nor_cut(capsys: pytest.CaptureFixture[str]) -> None:
    row = ("rules 64, 16 x symmetry, verify", "100.0 [99.2, 100.0]", "100.0", "123.4", "64", "1,234.5", "12.3")
    headings = ("policy, limit, attempts", "solved, % [95 %]", "cells", "segments", "95th %", "per s", "idle")
    print_table("", headings, [row], spare=("95th %", "cells"))
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 80
    assert sum(bool(line.strip()) for line in shown) == 3, "headings, a rule, the row"
    assert "rules 64, 16 x symmetry, verify" in shown[2]
    assert "95th" not in shown[0]
    print_table("", ("a", "b"), [("x" * 70, "y" * 70)], spare=())
    assert "y" * 70 in capsys.readouterr().out, "too wide is better than cut"

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from hrm.cli import main
from hrm.datasets.catalog import DATASETS, Archive
from hrm.recipes import RECIPES


def zipped(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def serve_archive(
    web: tuple[Path, str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    files: dict[str, str] | None,
    digest: str | None = None,
    newest: bool = False,
) -> Archive:
    """A repository on the stand-in with these files in its archive (None: bytes that are none)."""
    known = DATASETS[name]
    assert isinstance(known, Archive)
    served = replace(known, repository=f"{web[1]}/own/repository", digest=digest)
    place = web[0] / served.url(newest=newest).removeprefix(f"{web[1]}/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"no zip" if files is None else zipped(files))
    monkeypatch.setitem(DATASETS, name, served)
    return served


def test_files_of_the_hub_come_to_where_recipes_read_them(
    web: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    remote = web[0] / "datasets" / "sapientinc" / "sudoku-extreme" / "resolve" / "main"
    remote.mkdir(parents=True)
    (remote / "train.csv").write_text("question,answer\n")
    (remote / "test.csv").write_text("question,answer,rating\n")
    assert main(["data", "fetch", "sudoku-extreme"]) == 0
    task = RECIPES["sudoku-extreme"]().task
    assert task.train.read_text() == "question,answer\n"
    assert task.test.read_text() == "question,answer,rating\n"
    assert json.loads((task.train.parent / "fetched.json").read_text()).keys() == {"train.csv", "test.csv"}
    capsys.readouterr()
    assert main(["data", "fetch", "sudoku-extreme"]) == 0
    assert capsys.readouterr().out.count("is there already: nothing fetched") == 2
    assert main(["data", "fetch", "sudoku-extreme", "--out", "elsewhere"]) == 0
    assert Path("elsewhere/test.csv").exists()


def test_tasks_are_unpacked(web: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    content = {
        "ARC-AGI-master/data/training/a.json": "1",
        "ARC-AGI-master/data/evaluation/b.json": "2",
        "ARC-AGI-master/data/.DS_Store": "no task",
        "ARC-AGI-master/apps/index.json": "another folder",
        "ARC-AGI-master/data/../../evil.json": "a way out",
    }
    serve_archive(web, monkeypatch, "arc-agi-1", content)
    for _ in range(2):  # the second time all is there
        assert main(["data", "fetch", "arc-agi-1"]) == 0
        files = sorted(str(path) for path in Path("data").rglob("*.json"))
        assert files == [
            "data/arc-agi-1/data/evaluation/b.json",
            "data/arc-agi-1/data/training/a.json",
            "data/arc-agi-1/fetched.json",
        ]


def test_an_archive_that_is_none(web: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    serve_archive(web, monkeypatch, "arc-agi-2", None)
    assert main(["data", "fetch", "arc-agi-2"]) == 2
    assert not Path("data/arc-agi-2/data").exists()


def test_off_line_it_says_so_and_where_to_put_the_file(
    web: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens
    assert main(["data", "fetch", "maze-hard"]) == 2
    message = capsys.readouterr().err
    assert "no connection" in message
    assert "put it at data/maze-hard/train.csv" in message


def test_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "fetch", "sudoku"]) == 2
    assert "did you mean 'sudoku-extreme'" in capsys.readouterr().err
    assert main(["data", "fetch"]) == 2


def test_the_content_is_checked_unless_told_otherwise(
    web: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pinned = serve_archive(web, monkeypatch, "arc-agi-1", {"R/data/training/a.json": "1"}, digest="0" * 64)
    assert main(["data", "fetch", "arc-agi-1"]) == 2
    assert "not what is known under this name" in capsys.readouterr().err
    assert not Path("data/arc-agi-1/data").exists()
    assert main(["data", "fetch", "arc-agi-1", "--unpinned"]) == 0, "what was fetched is taken as it is"
    assert f"1 files, commit {pinned.commit[:12]}, content unchecked" in capsys.readouterr().out
    newest = {"R/data/training/a.json": "2", "R/data/training/b.json": "2"}
    serve_archive(web, monkeypatch, "arc-agi-1", newest, newest=True)
    assert main(["data", "fetch", "arc-agi-1", "--unpinned", "--out", "newest"]) == 0
    assert "2 files, content unchecked" in capsys.readouterr().out


def test_files_of_the_hub_say_that_they_are_not_pinned(
    web: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    remote = web[0] / "datasets/sapientinc/maze-30x30-hard-1k/resolve/main"
    remote.mkdir(parents=True)
    for name in ("train.csv", "test.csv"):
        (remote / name).write_text("question,answer\n")
    assert main(["data", "fetch", "maze-hard"]) == 0
    assert "not pinned: no public digest is known" in capsys.readouterr().out

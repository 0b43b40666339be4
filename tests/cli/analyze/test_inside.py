"""``hrm analyze`` from the command line, on a small run."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import tiny_config

from hrm.analysis.plots import can_draw
from hrm.cli.analyze import main
from hrm.errors import InputError, Notice
from hrm.training.run import begun, run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = tiny_config()
    config = replace(config, training=replace(config.training, steps=4, save_every=2))
    folder = tmp_path_factory.mktemp("inside") / "run"
    with begun(folder, config) as (opened, prepared):
        run(opened, prepared)
    return folder


def test_all_of_a_run_is_written_and_told(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["all", str(trained), "--puzzles", "12", "--segments", "3"]) == 0
    out = trained / "inside"
    names = {file.stem for file in out.glob("*.json")}
    assert names == {"states", "rank", "settle", "halting", "intervene", "mixer", "fidelity", "history"}
    page = (out / "report.html").read_text(encoding="utf-8")
    shown = " ".join(capsys.readouterr().out.split())
    for name in names:
        record = json.loads((out / f"{name}.json").read_text(encoding="utf-8"))
        assert " ".join(record["sentence"].split()) in shown
        assert (out / f"{name}.png").exists() == can_draw()
        assert f'id="{name}"' in page
    with pytest.raises(InputError, match=r"is there already: say --overwrite"):
        main(["rank", str(trained)])
    assert main(["rank", str(trained), "--puzzles", "10", "--segments", "2", "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("what", "options", "reason"),
    [
        ("rank", ["--puzzles", "3"], "too few for a covariance"),
        ("history", ["--checkpoint", "last", "--puzzles", "2"], "too few"),
        ("states", ["--puzzles", "0"], "puzzles"),
        ("states", ["--segments", "0"], "segments"),
        ("states", ["--seed", "-1"], "seed"),
        ("states", ["--out", "/dev/null/x"], "/dev/null"),
        ("states", ["--beside", "sudoku"], "it is for boards of 81 cells"),
        ("rank", ["--beside", "sudoku"], "--beside puts residuals side by side"),
    ],
)
def test_what_cannot_be_is_one_line(trained: Path, tmp_path: Path, what: str, options: list[str], reason: str) -> None:
    where = [] if "--out" in options else ["--out", str(tmp_path / "out")]
    with pytest.raises(InputError, match=reason) as caught:
        main([what, str(trained), *options, *where])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_an_unknown_analysis_is_named() -> None:
    with pytest.raises(InputError, match="states"):
        main(["state", "sudoku"])


def test_names_are_no_formulas_and_folders_are_made(trained: Path, tmp_path: Path) -> None:
    named = tmp_path / r"a $\foo$ b"
    shutil.copytree(trained, named, ignore=shutil.ignore_patterns("inside"))
    out = tmp_path / "deep" / "er"
    assert main(["rank", str(named), "--puzzles", "10", "--segments", "2", "--out", str(out)]) == 0
    assert (out / "rank.json").exists()
    assert (out / "rank.png").exists() == can_draw()


def test_a_figure_that_fails_takes_no_numbers_with_it(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> bytes:
        raise InputError("the figure could not be drawn (no fonts)")

    monkeypatch.setattr("hrm.analysis.report.picture_of", broken)
    monkeypatch.setattr("hrm.analysis.report.can_draw", lambda: True)
    with pytest.warns(Notice, match="no fonts"):
        assert main(["rank", str(trained), "--puzzles", "10", "--segments", "2", "--out", str(tmp_path / "o")]) == 0
    assert (tmp_path / "o" / "rank.json").exists()

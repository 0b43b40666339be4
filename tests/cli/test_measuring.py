from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hrm.analysis import plots
from hrm.cli.measuring import Options, file_for, free_place, run
from hrm.errors import InputError


def test_a_measurement_without_a_command_line(
    run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results.json"
    run(Options(model=str(run_4x4), limit=3, max_segments=2, out=out))
    assert "solved [95 %]" in capsys.readouterr().out
    assert [row["segments"] for row in json.loads(out.read_text())["segments"]] == [1, 2]


def test_what_cannot_be_is_refused_before_any_work(run_4x4: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--batch-size is 0: it must be at least 1"):
        run(Options(model="nowhere", batch_size=0))
    with pytest.raises(InputError, match=r"there is no folder .*none; choose another place with --out"):
        run(Options(model=str(run_4x4), out=tmp_path / "none/r.json"))
    with pytest.raises(InputError, match="there is no folder"):
        run(Options(model=str(run_4x4), out=tmp_path / "r.json", samples=tmp_path / "none/s.csv"))


def test_every_part_has_a_name_of_its_own() -> None:
    assert file_for(Options(model="m")) == "results.json"
    part = Options(model="m", data=Path("mine.csv.gz"), checkpoint="last", limit=3, compare=True)
    assert file_for(part) == "compared-mine-last-first-3.json"
    assert file_for(Options(model="m", data=Path("X_challenges.json"))) == "results-X_challenges.json"


def test_data_of_one_name_do_not_replace_each_other(run_4x4: Path, tmp_path: Path) -> None:
    model = shutil.copytree(run_4x4, tmp_path / "run")
    files = [tmp_path / folder / "mine.csv" for folder in ("a", "b")]
    for file, question in zip(files, ("1.34341221434321", ".234341221434321"), strict=True):
        file.parent.mkdir()
        file.write_text(f"question,answer\n{question},1234341221434321\n")
    for file in (*files, *files):  # the second time each takes its own place again
        run(Options(model=str(model), data=file, max_segments=1))
    found = {json.loads(result.read_text())["data_file"] for result in model.glob("results-mine*.json")}
    assert found == {str(file) for file in files}
    assert len(list(model.glob("results-mine*.json"))) == 2
    written_before = model / "results-old.json"
    written_before.write_text(json.dumps({"data": "old.csv", "limit": None}))
    about = {"data_file": "/x/old.csv", "limit": None, "model_file": None}
    assert free_place(written_before, about) != written_before
    written_before.write_text("{")
    assert free_place(written_before, about) != written_before


def test_models_without_a_place_of_their_own_do_not_replace_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for model in ("sudoku", "sudoku-hrm", "sudoku"):
        run(Options(model=model, limit=1, max_segments=1))
    found = sorted(json.loads(file.read_text())["model"] for file in tmp_path.glob("*.json"))
    assert found == ["sudoku", "sudoku-hrm"]


def test_a_figure_that_fails_takes_no_results_with_it(
    run_4x4: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot' is not installed")

    def broken(*_args: object, **_options: object) -> None:
        raise ValueError("no font")

    monkeypatch.setattr(plots, "_with_intervals", broken)
    out = tmp_path / "r.json"
    with pytest.raises(InputError, match=r"p\.png: the figure could not be drawn \(ValueError: no font\)"):
        run(Options(model=str(run_4x4), limit=2, max_segments=1, out=out, plot=tmp_path / "p.png"))
    assert json.loads(out.read_text())["puzzles"] == 2

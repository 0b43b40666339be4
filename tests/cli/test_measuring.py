from __future__ import annotations

import json
from pathlib import Path

import pytest

from hrm.cli.measuring import Options, file_for, run
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

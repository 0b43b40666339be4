from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from hrm.cli import main


def test_policies_side_by_side(run_4x4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples, out = tmp_path / "samples.csv", tmp_path / "compared.json"
    args = ["--compare", "--limit", "6", "--rounds", "1", "--max-segments", "2"]
    assert main(["eval", str(run_4x4), *args, "--samples", str(samples), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    settings = json.loads(out.read_text())["settings"]
    assert {"fixed 2", "q 2", "unchanged 2", "rest 2", "rules 2", "q 8"} <= {row["name"] for row in settings}
    for row in settings:
        assert row["name"].split(",")[0] in shown  # the rest may be on the next line
        low, high = row["solved_95"]
        assert low <= row["solved"] <= high
    with samples.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 * len(settings)
    fixed = [row for row in rows if row["setting"] == "fixed 2"]
    assert [row["puzzle"] for row in fixed] == [str(i) for i in range(6)]
    assert {row["spent"] for row in fixed} == {"2"}

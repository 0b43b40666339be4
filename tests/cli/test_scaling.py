from __future__ import annotations

import json

import pytest

from hrm.analysis.scaling import Scaled, Setting, Work
from hrm.cli import main
from hrm.world import EMBEDDINGS, GRADIENTS, REST


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What would have been measured, on a machine of four cores."""
    found: list[object] = []

    def bench(work: Work, lines: list[Setting], *, cores: int, rounds: int) -> list[Scaled]:
        found.extend((work, lines, cores, rounds))
        sent = {GRADIENTS: 2000.0, EMBEDDINGS: 1000.0, REST: 4.0}
        return [Scaled(line.ranks, line.threads, 10.0, 0.5, 0.75, 1.5, sent, "here") for line in lines]

    monkeypatch.setattr("hrm.cli.scaling.bench_scaling", bench)
    monkeypatch.setattr("hrm.cli.scaling.num_cores", lambda: 4)
    monkeypatch.setattr("hrm.cli.scaling.num_devices", lambda device: 4)
    return found


def test_a_table_or_one_json_object(asked: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    args = ["bench", "scaling", "sudoku-4x4", "--batch", "16", "--device", "cpu", "--puzzles", "9"]
    assert main(args) == 0
    work, lines, cores, rounds = asked
    assert isinstance(work, Work)
    assert (work.config.training.batch_size, work.num_puzzles, cores, rounds) == (16, 9, 4, 3)
    assert lines == [Setting(1, 4), Setting(1, 1), Setting(2, 1), Setting(4, 1)]
    shown = capsys.readouterr().out
    assert shown.count("0.75") == 4
    assert "kB gradients" in shown
    assert main([*args, "--ranks", "2", "--threads", "2", "--json"]) == 0
    assert asked[5] == [Setting(1, 4), Setting(1, 2), Setting(2, 2)]
    figures = json.loads(capsys.readouterr().out)
    assert figures["benchmark"] == "scaling sudoku-4x4"
    assert [line["ranks"] for line in figures["lines"]] == [1, 1, 2]
    assert figures["lines"][0]["sent"]["gradients"] == 2000


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "name the recipe first: hrm bench scaling RECIPE"),
        (["sudoku-4x4", "--ranks", "0"], "--ranks is 0"),
        (["sudoku-4x4", "--threads", "0"], "--threads is 0"),
        (["sudoku-4x4", "--steps", "0"], "--steps is 0"),
        (["sudoku-4x4", "--device", "mps"], "--device mps: every rank has one of its own"),
        (["sudoku-4x4", "--shard-puzzle-table"], "the model has no puzzle embeddings"),
        (["sudoku-4x4", "--batch", "9", "--ranks", "2"], "the batch is 9: 2 ranks cannot have equally many"),
    ],
)
def test_bad_input(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "scaling", *args]) == 2
    assert message in capsys.readouterr().err

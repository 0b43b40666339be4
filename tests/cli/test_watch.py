from __future__ import annotations

from pathlib import Path

import pytest

from hrm.api import load
from hrm.cli.watch import count, show, trace

SOLVED = "1234341221434321"


def test_an_answer_and_its_verdict(run_4x4: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solver = load(run_4x4).solver(halt="fixed", max_segments=2, attempts=1)
    (solution,) = solver.solve([SOLVED])
    show(solver, solution)
    out = capsys.readouterr().out
    assert f"{'solved' if solution.solved else 'not solved'} after 2 segments, " in out
    assert "│" in out


def test_a_board_after_every_segment_and_the_exit_status(run_4x4: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solver = load(run_4x4).solver(halt="fixed", max_segments=2, attempts=1)
    (example,) = (solver.task.text.parse(SOLVED),)
    status = trace(solver, example)
    out = capsys.readouterr().out
    assert out.startswith("the puzzle")
    assert out.count("the model's certainty") == 2
    assert ("not solved after 2 segments" in out) == bool(status)


def test_one_is_one() -> None:
    assert (count(1), count(2, "cell")) == ("1 segment", "2 cells")

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hrm.cli import main

SMALL = ["bench", "cells", "--width", "32", "--rounds", "1", "--device", "cpu"]


def test_a_line_for_every_mixing_and_number_of_cells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    @contextlib.contextmanager
    def pool(size: int) -> Iterator[Any]:
        """In place of a process, which takes seconds to start: ``test_a_person_gets_a_table`` has a real one."""
        made.append(size)

        def apply(call: Callable[..., Any], args: tuple[Any, ...]) -> Any:
            return call(*args)

        yield SimpleNamespace(apply=apply)

    monkeypatch.setattr("hrm.analysis.lengths.multiprocessing.get_context", lambda how: SimpleNamespace(Pool=pool))
    monkeypatch.setattr("hrm.analysis.lengths.SHORTEST", 0.0)
    args = [*SMALL, "--mixings", "mlp", "hybrid", "--cells", "9", "70", "--json"]
    assert main(args) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["benchmark"], result["width"], result["batch"]) == ("cells", 32, 1)
    assert [(line["mixing"], line["cells"]) for line in result["lines"]] == [
        ("mlp", 9),
        ("mlp", 70),
        ("hybrid", 9),
        ("hybrid", 70),
    ]
    assert made == [1] * 4, "each in a process of its own"
    assert all(line["seconds"] > 0 and line["gflop"] > 0 for line in result["lines"])


def test_a_person_gets_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--mixings", "state_space", "--cells", "9"]) == 0
    shown = capsys.readouterr().out
    assert "state_space" in shown
    assert "{" not in shown


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--cells"], "give at least one of each"),
        (["--cells", "0"], "--cells is 0"),
        (["--width", "30"], "multiple of twice model.num_heads"),
    ],
)
def test_what_cannot_be_measured(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "cells", *args]) == 2
    assert message in capsys.readouterr().err

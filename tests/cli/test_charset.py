from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hrm.cli import main
from hrm.cli.charset import DRAWN, in_ascii, make_printable

SOLVED = "1234341221434321"
FRAME = "+-----+-----+"


PAIRS = ["─━═-", "│║|", "┌┬┐├┼┤└┴┘╔╋+", "█#", "∅0"]
"""Characters, and what they all become."""


@pytest.mark.parametrize(("character", "shown"), [(one, pair[-1]) for pair in PAIRS for one in pair[:-1]])
def test_a_character_in_ascii(character: str, shown: str) -> None:
    assert in_ascii(character) == shown


def test_more_or_less_than_one() -> None:
    assert [in_ascii(one) for one in ("…", "±", "é", "\udce9", "漢")] == ["...", "+-", "e", "?", "?"]


def test_all_of_it_is_ascii() -> None:
    assert all(shown.isascii() for shown in DRAWN.values())


def test_streams_take_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    make_printable()
    print("┌─┐ é ∅")
    out.flush()
    assert raw.getvalue().decode("cp1252").strip() == "+-+ é 0"


FRAMED = "┌─────┐\n│1 2 3 4│\n│3 4 1 2│\n│2 1 4 3│\n│4 3 2 1│\n└─────┘"
TWICE = """
import sys
from hrm.cli import main
model, first, second = sys.argv[1:]
assert main(["solve", "--model", model, first]) in (0, 1)
assert main(["solve", "--model", model, second, "--json"]) in (0, 1)
"""
"""Two commands in one process, which starts in seconds."""


@pytest.mark.parametrize("settings", [{"PYTHONIOENCODING": "cp1252"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}], ids=str)
def test_boards_where_the_terminal_knows_little(run_4x4: Path, settings: dict[str, str]) -> None:
    plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONIOENCODING", "PYTHONUTF8")}
    command = [sys.executable, "-c", TWICE, str(run_4x4), SOLVED, FRAMED]
    done = subprocess.run(command, capture_output=True, check=False, env={**plain, **settings})
    assert (done.returncode, done.stderr) == (0, b"")
    assert FRAME.encode() in done.stdout
    assert done.stdout.isascii()
    assert json.loads(done.stdout.splitlines()[-1])["puzzle"] == SOLVED


@pytest.mark.parametrize("encoding", ["cp850", "ascii"])
def test_boards_in_other_encodings(run_4x4: Path, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, said = io.BytesIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out := io.TextIOWrapper(raw, encoding=encoding))
    monkeypatch.setattr(sys, "stderr", said)
    assert main(["solve", "--model", str(run_4x4), SOLVED]) in (0, 1)
    out.flush()
    assert said.getvalue() == ""
    shown = raw.getvalue()
    if encoding == "cp850":  # which has the characters of frames
        assert "┌─────┬─────┐".encode("cp850") in shown
    else:
        assert FRAME.encode() in shown
        assert shown.isascii()

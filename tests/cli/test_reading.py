from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import tyro

from hrm.cli import main
from hrm.cli.reading import WHOLE, Option, given_to, in_words, nearest, options_of
from hrm.errors import InputError, require_from


@dataclass(frozen=True, kw_only=True)
class Inner:
    hidden_size: int = 4
    lr: float = 0.1
    pair: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        require_from(1, 9, "inner.", hidden_size=self.hidden_size)


@dataclass(frozen=True, kw_only=True)
class Options:
    model: tyro.conf.Positional[str]
    num: int
    out: Path | None = None
    halt: Literal["rest", "rules", "q"] | None = None
    cells: tuple[int, ...] = (1,)
    pairs: tuple[tuple[int, int], ...] = ()
    texts: tuple[str, ...] = ()
    json: bool = False
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self) -> None:
        if self.num == 13:
            raise InputError("num is 13: give a luckier one")


def reading(*args: str) -> Options:
    return options_of(Options, args, "hrm verb")


def test_what_is_in_order_is_read() -> None:
    read = reading("m", "--num", "-3", "--inner.hidden_size=7", "--cells", "1", "2", "--texts", "seed=3", "--json")
    assert (read.model, read.num, read.inner.hidden_size, read.cells) == ("m", -3, 7, (1, 2))
    assert (read.texts, read.json) == (("seed=3",), True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        # What settings say of themselves, in the spelling of the command line.
        ("m --num 1 --inner.hidden-size -3", "--inner.hidden-size is -3: it must be at least 1"),
        ("m --num 1 --inner.hidden_size=10", "--inner.hidden-size is 10: it must be at most 9"),
        ("m --num 13", "--num is 13: give a luckier one"),
        # What is no value of its kind.
        ("m --num x", "--num x: give a whole number"),
        ("m --num=3.5", "--num 3.5: give a whole number"),
        ("m --num 1 --num y", "--num y: give a whole number"),
        ("m --num 1 --inner.lr fast", "--inner.lr fast: give a number"),
        ("m --num 1 --inner.pair 1", "--inner.pair 1: give 2 whole numbers, or None"),
        ("m --num 1 --inner.pair 1 x", "--inner.pair 1 x: give 2 whole numbers, or None"),
        ("m --num 1 --halt rule", "--halt rule: give one of q, rest, rules, or None"),
        ("m --num 1 --cells 1 b", "--cells 1 b: give whole numbers"),
        ("m --num 1 --pairs 1", "--pairs 1: give whole numbers, 2 by 2"),
        ("m --num 1 --out", "--out: a value is missing, give a path, or None"),
        ("m --num 1 --out --json", "--out: a value is missing, give a path, or None"),
        # What is missing.
        ("", "MODEL and --num are missing: 'hrm verb --help' tells what they are"),
        ("m", "--num is missing: 'hrm verb --help' tells what it is"),
        ("--num 1", "MODEL is missing: 'hrm verb --help' tells what it is"),
        # What there is not.
        ("m --num 1 --ot x", "there is no option --ot: did you mean --out?"),
        ("m --nun 1", "there is no option --nun: did you mean --num?"),
        ("--model m --num 1", "MODEL is given without --model: hrm verb MODEL"),
        ("--num 1 --model=m", "MODEL is given without --model: hrm verb MODEL"),
        ("m --num 1 --lr 3", "there is no option --lr: did you mean --inner.lr?"),
        ("m --num 1 -lr 3", "there is no option -lr: did you mean --inner.lr?"),
        ("m --num 1 --hiden-size=3", "there is no option --hiden-size: did you mean --inner.hidden-size?"),
        ("m --num 1 --colour blue", "there is no option --colour: 'hrm verb --help' lists them"),
        ("m --num 1 -x", "there is no option -x: 'hrm verb --help' lists them"),
        ("m --num 1 --no-json", "there is no option --no-json: did you mean --json?"),
        ("m --num 1 more", "'more' is one word too many: 'hrm verb --help' tells what there is"),
        ("m --num 1 lr=1e-4", "lr=1e-4: options begin with two dashes, --inner.lr 1e-4"),
        ("m --num 1 inner.hidden_size=4", "inner.hidden_size=4: options begin with two dashes, --inner.hidden-size 4"),
        ("m --num 1 colour=blue", "'colour=blue' is one word too many: 'hrm verb --help' tells what there is"),
        ("m --num 1 --json=False", "--json=False: a switch takes no value, say --json or leave it out"),
        ("m --json=yes --num 1", "--json=yes: a switch takes no value, say --json or leave it out"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(args: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    columns = os.environ.get("COLUMNS")
    with pytest.raises(InputError, match=f"^{re.escape(message)}$") as raised:
        reading(*args.split())
    assert "\n" not in str(raised.value)
    assert capsys.readouterr() == ("", "")
    assert os.environ.get("COLUMNS") == columns


def test_settings_that_are_given_need_not_be_typed() -> None:
    default = Options(model="m", num=tyro.MISSING)
    assert options_of(Options, ["--num", "2"], "hrm verb", default=default, config=WHOLE).model == "m"
    with pytest.raises(InputError, match=r"^--num is missing: 'hrm verb --help' tells what it is$"):
        options_of(Options, [], "hrm verb", default=default, config=WHOLE)


def test_help_is_shown_as_before(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as left:
        reading("--num", "x", "--help")
    assert left.value.code == 0
    shown = capsys.readouterr()
    assert "--inner.hidden-size" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    assert shown.err == ""


def test_an_output_that_knows_no_frames_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    with pytest.raises(InputError, match=r"^there is no option --ot: did you mean --out\?$"):
        reading("m", "--num", "1", "--ot", "x")
    with pytest.raises(InputError, match=r"^--num x: give a whole number$"):
        reading("m", "--num", "x")


@pytest.mark.parametrize(
    ("takes", "words"),
    [
        ("INT", "a whole number"),
        ("{None}|FLOAT", "a number, or None"),
        ("{None}|{INT INT}", "2 whole numbers, or None"),
        ("FLOAT FLOAT", "2 numbers"),
        ("[PATH [PATH ...]]", "paths"),
        ("{None}|{[INT [INT ...]]}", "whole numbers, or None"),
        ("[INT INT [INT INT ...]]", "whole numbers, 2 by 2"),
        ("{b,None,a}", "one of a, b, or None"),
        ("{None}|{a,b}", "one of a, b, or None"),
        ("[{a,c} [{a,c} ...]]", "some of a, c"),
        ("STR|FLOAT", "a text or a number"),
        ("JSON", "JSON"),
    ],
)
def test_kinds_in_words(takes: str, words: str) -> None:
    assert in_words(takes) == words


def test_the_values_of_the_last_time() -> None:
    assert given_to("--a-b", ["--a_b=1", "x", "--c", "3", "--a-b", "4", "5"]) == ["4", "5"]
    assert given_to("--a", ["--b", "1"]) == []


def test_a_name_of_one_letter_is_near_to_nothing() -> None:
    assert nearest("-x", ["--max", "--box"]) is None
    assert nearest("--k", ["--top.k", "--max"]) == "--top.k"
    assert Option("--a", "").takes == ""


VERBS = {
    "solve": "--halt",
    "eval sudoku": "--max-segments",
    "train sudoku-4x4": "--training.lr",
    "compare a": "--max-segments",
    "ablate outer-loop": "--jobs",
    "demo": "--runtime.device",
    "runs": "--json",
    "plot a": "--against",
    "analyze states sudoku": "--puzzles",
    "analyze gradients sudoku": "--k",
    "bench train sudoku-4x4": "--batch",
    "bench memory sudoku-4x4": "--cycles",
    "bench scaling sudoku-4x4": "--ranks",
    "bench solve": "--puzzles",
    "bench data sudoku-4x4": "--batch",
    "bench cells": "--cells",
    "export sudoku": "--format",
    "page": "--port",
    "import a": "--recipe",
    "data fetch sudoku-extreme": "--out",
    "data info sudoku-4x4": "--json",
    "data check sudoku-4x4": "--json",
    "data show sudoku-4x4": "--split",
    "data export sudoku-4x4": "--out",
    "data generate sudoku-4x4": "--num",
}
"""Verbs with what they need first -> an option of theirs."""


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_tells_it_so(
    verb: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for args in (["--colour"], [f"{VERBS[verb]}z", "nonsense"], [f"{VERBS[verb]}=", "--runtime"]):
        assert main([*verb.split(), *args]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert re.fullmatch(r"hrm: .*--.*\n", told.err), told.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "args",
    [
        "eval sudoku --max-segments",
        "compare sudoku maze --max-segments",
        "export sudoku out --format onnx --max-segments",
        "analyze states sudoku --segments",
        "analyze gradients sudoku-4x4 --segments",
        "eval sudoku --compare --rounds",
        "bench solve --rounds",
        "bench train sudoku-4x4 --rounds",
        "bench data sudoku-4x4 --rounds",
        "bench cells --rounds",
        "bench scaling sudoku-4x4 --rounds",
    ],
)
def test_what_would_run_for_ever_is_refused(
    args: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*args.split(), "1000000000"]) == 2
    flag = args.split()[-1]
    most = "10,000" if flag == "--rounds" else "100,000"
    assert capsys.readouterr().err == f"hrm: {flag} is 1000000000: it must be at most {most}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "args",
    [
        "eval {} --out {}/config.json",
        "eval {} --samples {}/metrics.jsonl",
        "analyze gradients {} --out {}/config.json",
        "data info {} --names {}/metrics.jsonl",
        "solve --model {} --out {}/metrics.jsonl 1...............",
    ],
)
def test_no_result_takes_the_place_of_a_file_of_the_run(
    args: str, run_4x4: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {file: file.stat().st_mtime_ns for file in run_4x4.rglob("*")}
    assert main(args.replace("{}", str(run_4x4)).split()) == 2
    assert re.fullmatch(r"hrm: .* belongs to the run or model in .*: choose another place.*\n", capsys.readouterr().err)
    assert {file: file.stat().st_mtime_ns for file in run_4x4.rglob("*")} == before

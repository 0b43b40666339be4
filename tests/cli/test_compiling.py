"""Machines on which something to compile with is there and does not work. Every cache is empty: a full one hides it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hrm.cli.bench import Common, make_variants
from hrm.compiling import CompileError
from hrm.errors import InputError
from hrm.runtime import RuntimeConfig, resolve

WITHOUT_HEADERS = """#!/bin/bash
a=(); for x in "$@"; do case "$x" in -I*/include/python3*) ;; *) a+=("$x");; esac; done
exec g++ "${a[@]}"
"""
FEW = "--training.steps 4 --training.report-every 2 --training.batch-size 8 --task.num-train 20 --task.num-test 4"
TRAIN = f"train sudoku-4x4 --out run {FEW}"
EVAL = "eval sudoku --limit 3 --max-segments 2 --out results.json"
SOLVE = "solve 53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"

MACHINES = {
    "no compiler works": {"CXX": "/bin/false"},
    "a cache that cannot be made": {"TORCHINDUCTOR_CACHE_DIR": "/dev/null/cache"},
    "a cache in a path with a space": {"TORCHINDUCTOR_CACHE_DIR": "{here}/a b/cache"},
    "temporary files in a path with a space": {"TMPDIR": "{here}/a b"},
    "no Python headers": {"CXX": "{here}/g++-without-headers"},
}
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in list(MACHINES)[2:]]


def hrm(command: str, machine: str, here: Path, ready: list[str]) -> tuple[int, list[str], str]:
    """The exit status, the program's own lines on standard error, and all of it."""
    # What compiles reads most of the environment when it is imported, which a process that is ready has done.
    begun = ready if machine == "a cache that cannot be made" else [sys.executable, "-m", "hrm"]
    (here / "a b").mkdir()
    (here / "g++-without-headers").write_text(WITHOUT_HEADERS)
    (here / "g++-without-headers").chmod(0o755)
    given = {name: value.format(here=here) for name, value in MACHINES[machine].items()}
    environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": str(here / "cache"), **given}
    if "TMPDIR" in given:
        del environment["TORCHINDUCTOR_CACHE_DIR"]
    done = subprocess.run(
        [*begun, *command.split()],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.splitlines(), done.stdout


@pytest.mark.parametrize("machine", [*list(MACHINES)[:2], *SLOW])
@pytest.mark.parametrize("command", [TRAIN, pytest.param(EVAL, marks=pytest.mark.slow)], ids=["train", "eval"])
def test_auto_says_so_in_a_line_and_goes_on(command: str, machine: str, tmp_path: Path, ready: list[str]) -> None:
    status, said, out = hrm(f"{command} --runtime.compile auto", machine, tmp_path, ready)
    assert (status, len(said)) == (0, 1), said
    assert said[0].startswith("hrm: torch.compile does not work here (")
    assert len(said[0]) < 400
    assert "going on without it" in said[0]
    if command == EVAL:
        assert ", compiled" not in (tmp_path / "results.json").read_text()
    else:
        assert "finished" in out


@pytest.mark.parametrize("machine", [*list(MACHINES)[:1], *SLOW])
@pytest.mark.parametrize("command", [SOLVE, pytest.param(TRAIN, marks=pytest.mark.slow)], ids=["solve", "train"])
def test_yes_says_so_in_a_line_and_begins_nothing(command: str, machine: str, tmp_path: Path, ready: list[str]) -> None:
    status, said, _ = hrm(f"{command} --runtime.compile yes", machine, tmp_path, ready)
    assert (status, len(said)) == (2, 1), said
    assert said[0].startswith("hrm: compile yes: torch.compile does not work here (")
    assert not (tmp_path / "run").exists()


def test_a_benchmark_measures_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(config: RuntimeConfig) -> object:
        if config.compile == "yes":
            raise CompileError("no compiler")
        return resolve(config)

    monkeypatch.setattr("hrm.cli.bench.resolve", refusing)
    with pytest.warns(UserWarning, match=r"does not work here \(no compiler\): eager alone is measured"):
        assert list(make_variants(Common(device="cpu"))) == ["eager"]
    with pytest.raises(InputError, match="compile yes"):
        make_variants(Common(device="cpu", variants=("compiled",)))

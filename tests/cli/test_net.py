"""Whatever happens, one line: as a person meets it, so mostly in processes of their own."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from hrm.cli import main
from hrm.cli.net import at_home, guarded, in_one_line, notices
from hrm.errors import InputError, StoppedError, notify

QUIET = {name: value for name, value in os.environ.items() if name != "HRM_TRACEBACK"}


def hrm(command: str, cwd: Path, ready: list[str] | None = None, **environment: str) -> tuple[int, str, str]:
    """The exit status, output and errors of a line in a shell in which ``hrm`` is this program: from the beginning, or
    in a process that has torch already."""
    line = f'hrm() {{ {shlex.join(ready or [sys.executable, "-m", "hrm"])} "$@"; }}; {command}'
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, cwd=cwd, env={**QUIET, **environment}, check=False
    )
    return done.returncode, done.stdout, done.stderr


def told(error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    def fail() -> int:
        raise error

    monkeypatch.delenv("HRM_TRACEBACK", raising=False)
    return guarded(fail), capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (InputError("no such puzzle"), 2, "hrm: no such puzzle\n"),
        (StoppedError("stopped: go on", signal.SIGTERM), 143, "hrm: stopped: go on\n"),
        (ZeroDivisionError("division by zero"), 2, "hrm: unexpected ZeroDivisionError in net.py, line "),
        (KeyError("a\nb"), 2, "please report it as an issue of hrm"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 2, "hrm: No space left on device\n"),
        (PermissionError(errno.EACCES, "Permission denied", "x.json"), 2, "hrm: x.json: Permission denied\n"),
        (RuntimeError("Could not determine home directory."), 2, "hrm: there is no home folder: set HOME to"),
        (MemoryError(), 2, "hrm: out of memory (MemoryError): fewer puzzles at a time"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), 2, "hrm: out of memory (CUDA out of"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), 2, "hrm: out of memory"),
    ],
)
def test_every_exception_is_one_line_and_a_status(
    error: Exception,
    status: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    got, said = told(error, capsys, monkeypatch)
    assert got == status
    assert message in said
    assert said.count("\n") == 1


def test_a_fault_of_ours_names_its_place_and_can_be_shown_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("hrm.cli.look_up", lambda table, name, kind: [][1])
    monkeypatch.delenv("HRM_TRACEBACK", raising=False)
    assert main(["list"]) == 2
    assert "unexpected IndexError in __init__.py, line " in capsys.readouterr().err
    monkeypatch.setenv("HRM_TRACEBACK", "1")
    with pytest.raises(IndexError):
        main(["list"])
    assert main(["--help"]) == 0
    assert "HRM_TRACEBACK=1" in capsys.readouterr().out


def test_a_torch_that_runs_out_of_memory_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**50)
    assert in_one_line(raised.value).startswith("out of memory")


def test_a_notice_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with notices():
        notify("something to know")
        notify("something to know")
    assert capsys.readouterr().err == "hrm: something to know\n" * 2


@pytest.mark.parametrize("arg", ["--out=~/x", "~/x", "--task.train=~/x"])
def test_the_home_folder(arg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert at_home([arg]) == [arg.replace("~", "/home/me")]
    assert at_home(["--halt=q", "a~b", "--x", ".~1", "~nobody-of-that-name/x"])[1:] == [
        "a~b", "--x", ".~1", "~nobody-of-that-name/x"
    ]  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["hrm --help", "hrm list", "hrm data show sudoku --num 1", "hrm solve --help"])
def test_an_output_that_is_full(command: str, tmp_path: Path, ready: list[str]) -> None:
    status, _, said = hrm(f"{command} > /dev/full", tmp_path, ready if "data" in command else None)
    assert (status, said) == (2, "hrm: cannot write the output: No space left on device\n")


@pytest.mark.parametrize("command", ["hrm --help", "hrm list", "hrm data show sudoku --num 9"])
def test_a_reader_that_has_seen_enough(command: str, tmp_path: Path, ready: list[str]) -> None:
    status, _, said = hrm(f"{command} | true; exit ${{PIPESTATUS[0]}}", tmp_path, ready if "list" in command else None)
    assert (status, said) == (0, "")


@pytest.mark.parametrize(
    ("command", "status", "message"),
    [
        ("hrm solve <&-", 2, "standard input"),
        ("hrm --version >&-", 2, "cannot write the output: Bad file descriptor"),
        ("hrm data show sudoku --num 1 >&-", 2, "cannot write the output: Bad file descriptor"),
        ("hrm sovle 2>&-", 2, ""),
        ("hrm list <&- >&- 2>&-", 2, ""),
    ],
)
def test_streams_that_are_closed(command: str, status: int, message: str, tmp_path: Path) -> None:
    got, _, said = hrm(command, tmp_path)
    assert got == status
    assert message in said
    assert said.count("\n") <= 1


@pytest.mark.parametrize(
    "args",
    [
        ["data", "generate", "sudoku", "--num", "200000", "--out", "x.csv"],
        # Not compiled: where that does not work, it is told.
        ["eval", "sudoku", "--max-segments", "64", "--out", "x.json", "--runtime.compile", "no"],
    ],
)
@pytest.mark.parametrize("after_s", [0.3, 1.5, 5.0])
def test_ctrl_c_is_left_without_a_word(args: list[str], after_s: float, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "hrm", *args], cwd=tmp_path, env=QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    words = [
        line for line in said.splitlines() if not line.startswith(b"hrm: generating ")
    ]  # of the work, not of its end
    # Where the exception came through an exec() of a text, Python ends by the signal itself: a shell says 130, too.
    assert process.returncode in (130, -signal.SIGINT)
    assert words == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_is_killed_leaves_nothing_unfinished(number: signal.Signals, tmp_path: Path, ready: list[str]) -> None:
    puzzle = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4.."
    (tmp_path / "hard.txt").write_text(f"{puzzle}\n" * 500)
    hrm = [sys.executable, "-m", "hrm"] if number == signal.SIGTERM else ready
    args = [*hrm, "solve", "hard.txt", "--out", "a.csv"]
    process = subprocess.Popen(args, cwd=tmp_path, env=QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) == 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (128 + number, -signal.SIGINT)
    assert said == b""
    assert [path.name for path in tmp_path.iterdir()] == ["hard.txt"]


def test_a_refusal_that_nobody_reads_is_still_one(tmp_path: Path, ready: list[str]) -> None:
    for command in ("hrm solve nofile.csv", "hrm solve 12", "hrm solve --halt Q 12", "hrm sovle"):
        begun = ready if command != "hrm solve 12" else None
        status, _, _ = hrm(f"{command} 2>&1 | true; exit ${{PIPESTATUS[0]}}", tmp_path, begun)
        assert status == 2, command


@pytest.mark.parametrize("columns", ["0", "1"])
def test_no_width_is_no_reason_to_say_nothing(columns: str, tmp_path: Path, ready: list[str]) -> None:
    status, said, _ = hrm(
        f"hrm solve {'53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79'}",
        tmp_path,
        ready,
        COLUMNS=columns,
    )
    assert status == 0
    assert "solved after" in " ".join(said.split())


def test_a_narrow_terminal_is_no_reason_for_columns_of_a_letter(tmp_path: Path, ready: list[str]) -> None:
    status, said, _ = hrm("hrm solve --help", tmp_path, ready, COLUMNS="20", TERM="dumb")
    assert status == 0
    assert max(map(len, said.splitlines())) > 20
    assert len(said.splitlines()) < 400


def test_threads_that_wait_soon_sleep_unless_a_person_says_otherwise(tmp_path: Path) -> None:
    names = "[os.environ.get(name, '-') for name in ('OMP_WAIT_POLICY', 'GOMP_SPINCOUNT')]"
    show = f"import os, hrm.cli; hrm.cli.main(['--version']); print(*{names})"
    free = {name: value for name, value in QUIET.items() if not name.startswith(("OMP_W", "GOMP", "KMP"))}

    def policy(**given: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", show], env={**free, **given}, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()[-1]

    assert policy() == "passive 1000"
    assert policy(OMP_WAIT_POLICY="active") == "active -"
    assert policy(GOMP_SPINCOUNT="100") == "- 100"


def test_an_interruption_that_is_raised_where_nobody_can_catch_it_comes_again(tmp_path: Path) -> None:
    script = """
import signal, sys, time, weakref
from hrm.cli.net import guarded

class Thing: pass

def work():
    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
    del thing  # the callback raises, and Python lets nobody have it
    time.sleep(20)
    return 0

sys.exit(guarded(work))
"""
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script], env=QUIET, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
    assert time.monotonic() - start < 15


def test_a_package_that_is_not_there_is_no_fault_of_the_program(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, said = told(ModuleNotFoundError("No module named 'torch'", name="torch.nn"), capsys, monkeypatch)
    assert status == 2
    assert said == f"hrm: torch.nn is not installed for {sys.executable}: take the Python that hrm was installed for\n"
    assert "report it" in told(ModuleNotFoundError("No module named 'x'", name="x"), capsys, monkeypatch)[1]

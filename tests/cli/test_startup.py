"""What the program imports before it answers. A second is no time for training, and long for a typing error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SOLVED = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
TWICE = "55" + SOLVED[2:]
HEAVY = {"torch", "numpy", "rich", "tyro", "cattrs"}

SCRIPT = """
import json, sys
from hrm.cli import main
try:
    status = main(sys.argv[1:])
except SystemExit as left:
    status = left.code
print(json.dumps([status, sorted(name for name in sys.modules if "." not in name)]), file=sys.stderr)
"""


def imported(*args: str, stdin: bytes = b"", cwd: Path | None = None) -> tuple[int, set[str], str]:
    """The exit status of ``hrm ARGS``, which heavy packages it has imported, and what it said."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, *args], input=stdin, capture_output=True, cwd=cwd, check=True)
    *said, last = done.stderr.decode().splitlines()
    status, modules = json.loads(last)
    return int(status or 0), HEAVY & set(modules), "\n".join([*said, done.stdout.decode()])


TOGETHER = """
import contextlib, io, json, sys
from hrm.cli import main
found = []
for args in json.loads(sys.argv[1]):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            status = main(args)
        except SystemExit as left:
            status = left.code
    found.append([int(status or 0), said.getvalue()])
print(json.dumps([found, sorted(name for name in sys.modules if "." not in name)]))
"""


def imported_by_all(commands: list[list[str]], cwd: Path | None = None) -> tuple[list[tuple[int, str]], set[str]]:
    """Exit status and words of several commands in one process, and which heavy packages they have imported: what is
    not among them, none of them needs."""
    command = [sys.executable, "-c", TOGETHER, json.dumps(commands)]
    found, modules = json.loads(subprocess.run(command, capture_output=True, cwd=cwd, check=True).stdout)
    return [tuple(one) for one in found], HEAVY & set(modules)


def test_the_overviews_import_nothing_heavy() -> None:
    overviews = [["--help"], ["--version"], ["data", "--help"], ["analyze", "--help"], ["sovle"]]
    found, modules = imported_by_all(overviews)
    assert [status for status, _ in found] == [0, 0, 0, 0, 2]
    assert modules == set()


def test_help_needs_no_torch() -> None:
    found, modules = imported_by_all([["solve", "--help"], ["data", "show", "sudoku", "--help"], ["data", "fetch"]])
    assert [status for status, _ in found][:2] == [0, 0]
    assert "torch" not in modules


def test_a_puzzle_that_is_none_is_refused_without_torch(tmp_path: Path) -> None:
    refused = {
        "53..7": "5 cells found, but a 9x9 board has 81",
        TWICE: "digit 5 stands 2 times in row 1",
        "missing.txt": "there is no file missing.txt",
        "missing.csv": "there is no file missing.csv",
        ".": "is a folder",
    }
    found, modules = imported_by_all([["solve", puzzle] for puzzle in refused], cwd=tmp_path)
    for (status, said), message in zip(found, refused.values(), strict=True):
        assert status == 2
        assert message in said
    assert modules <= {"numpy", "tyro", "cattrs"}


def test_a_file_of_puzzles_is_read_before_torch_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text(f"# only bad ones\r\n{TWICE}\r\n", encoding="utf-16")
    status, modules, said = imported("solve", "mine.txt", cwd=tmp_path)
    assert (status, "torch" in modules) == (2, False)
    assert "mine.txt: line 2: digit 5 stands 2 times in row 1" in said
    status, modules, said = imported("solve", "-", stdin=b"\xef\xbb\xbf" + TWICE.encode())
    assert (status, "torch" in modules) == (2, False)
    assert "standard input: line 1: digit 5" in said


def test_a_model_that_is_not_there_is_told_without_torch() -> None:
    status, modules, said = imported("solve", SOLVED, "--model", "runs/none")
    assert (status, "torch" in modules) == (2, False)
    assert "there is no model at runs/none" in said


def test_data_are_looked_at_without_torch(tmp_path: Path) -> None:
    task = {"name": "sudoku", "size": 4, "num_train": 3, "num_test": 3}
    (tmp_path / "config.json").write_text(json.dumps({"format": 1, "task": task, "model": {}}))
    few = ["--task.size", "4", "--task.num-train", "3", "--task.num-test", "3"]
    few += ["--task.train", "None", "--task.test", "None", "--task.givens", "None", "--task.train-givens", "None"]
    sources = ["sudoku", "sudoku-hrm", str(tmp_path)]
    commands = [["data", "check", source, *few] for source in sources]
    commands += [["data", "info", source, "--json", *few] for source in sources]
    found, modules = imported_by_all(commands)
    for status, said in found:
        assert status == 0, said
    assert "torch" not in modules


def test_a_recipe_needs_torch_and_is_found() -> None:
    status, modules, _ = imported("data", "info", "sudoku-4x4", "--json")
    assert (status, "torch" in modules) == (0, True)


def test_the_verbs_of_data_know_the_names_of_things_before_they_import_them() -> None:
    status, modules, said = imported("data", "fetch", "sudoku")
    assert (status, modules & {"torch", "numpy"}) == (2, set())
    assert "did you mean 'sudoku-extreme'" in said


def test_one_typed_puzzle_does_not_wait_for_the_compiler() -> None:
    show = "import sys, hrm.cli; hrm.cli.main(sys.argv[1:]); print('torch._dynamo' in sys.modules)"
    args = [sys.executable, "-c", show, "solve", SOLVED, "--json"]
    done = subprocess.run(args, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False", "three quarters of a second"

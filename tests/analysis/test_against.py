from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hrm.analysis.against import Paired, checkout, compare
from hrm.errors import InputError

BENCH = """
import json, sys
assert sys.argv[1:] == ["bench", "train", "x", "--rounds", "1", "--json"], sys.argv
print("some words first")
print(json.dumps({"variants": [{"name": "eager", "seconds_per_step": SECONDS}]}))
"""


def git(folder: Path, *args: str) -> None:
    name = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *name, *args], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A stand-in for the package, twice as fast in its second commit."""
    root = tmp_path / "re pository"
    (root / "hrm").mkdir(parents=True)
    (root / "hrm/__init__.py").touch()
    git(root, "init")
    for seconds in ("0.5", "0.25"):
        (root / "hrm/__main__.py").write_text(BENCH.replace("SECONDS", seconds))
        git(root, "add", ".")
        git(root, "commit", "-m", seconds)
    return root


def test_two_revisions_in_turn(repository: Path) -> None:
    (pair,) = compare(["train", "x"], "HEAD~1", 3, repository)
    assert pair == Paired("eager", (0.25,) * 3, (0.5,) * 3)
    assert (pair.ratios, pair.median) == ([2.0] * 3, 2.0)


def test_nothing_stays_of_the_other_checkout(repository: Path) -> None:
    with checkout(repository, "HEAD~1") as folder:
        assert "0.5" in (folder / "hrm/__main__.py").read_text()
    assert not folder.exists()
    listed = subprocess.run(["git", "-C", str(repository), "worktree", "list"], capture_output=True, check=True)
    assert len(listed.stdout.splitlines()) == 1


def test_what_cannot_be_compared_is_told(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--against nowhere: .* has no such revision"):
        compare(["train", "x"], "nowhere", 1, repository)
    with pytest.raises(InputError, match=r"--against needs git, and hrm from its repository"):
        compare(["train", "x"], "HEAD", 1, tmp_path)
    with pytest.raises(InputError, match=r"the benchmark fails here: .*AssertionError"):
        compare(["solve"], "HEAD~1", 1, repository)

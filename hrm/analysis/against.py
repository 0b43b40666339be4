"""A benchmark of this checkout against another revision of it, in turn: the machine may change its mind between."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrm.errors import InputError
from hrm.files import parse_json

HERE = Path(__file__).parents[2]
"""The folder that this package is imported from: a checkout, or ``site-packages``."""


@dataclass(frozen=True)
class Paired:
    """One variant in both checkouts, round by round."""

    name: str
    seconds: tuple[float, ...]  # a step here
    seconds_before: tuple[float, ...]  # a step of the other revision, right after

    @property
    def ratios(self) -> list[float]:
        """Times as fast as the other revision, by round."""
        return [before / now for now, before in zip(self.seconds, self.seconds_before, strict=True)]

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)


def compare(args: Sequence[str], revision: str, rounds: int, root: Path = HERE) -> list[Paired]:
    """``hrm bench ARGS`` here and at ``revision``, each in processes of its own, ``rounds`` times in turn.

    Raises ``InputError`` where there is no such revision, or the benchmark fails in one of the two.
    """
    here: dict[str, list[float]] = {}
    there: dict[str, list[float]] = {}
    with checkout(root, revision) as other:
        for _ in range(rounds):
            for folder, found, name in ((root, here, "here"), (other, there, f"at {revision}")):
                for line in _bench(folder, args, name)["variants"]:
                    found.setdefault(line["name"], []).append(line["seconds_per_step"])
    return [Paired(name, tuple(here[name]), tuple(there[name])) for name in here if name in there]


def _bench(folder: Path, args: Sequence[str], name: str) -> dict[str, Any]:
    # Python looks for hrm in the working folder first.
    command = [sys.executable, "-m", "hrm", "bench", *args, "--rounds", "1", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise InputError(f"the benchmark fails {name}: {said[-300:]}")
    figures = parse_json(done.stdout.strip().splitlines()[-1], "the benchmark")
    assert isinstance(figures, dict)
    return figures


@contextmanager
def checkout(root: Path, revision: str) -> Iterator[Path]:
    """A folder with the files of ``revision`` of the repository ``root``, for a time. Raises ``InputError`` where
    ``root`` is none, or has none of that name."""
    with tempfile.TemporaryDirectory(prefix="hrm-against-") as place:
        folder = Path(place, "checkout")
        try:
            _git(root, "rev-parse", "--is-inside-work-tree")
        except (OSError, InputError) as error:
            raise InputError(f"--against needs git, and hrm from its repository: {root} is none ({error})") from error
        try:
            commit = _git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        except InputError as error:
            raise InputError(f"--against {revision}: {root} has no such revision") from error
        _git(root, "worktree", "add", "--detach", str(folder), commit)
        try:
            yield folder
        finally:
            _git(root, "worktree", "remove", "--force", str(folder))


def _git(root: Path, *args: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *args], capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"git {args[0]}: {' '.join(done.stderr.split())[-200:]}")
    return done.stdout.strip()

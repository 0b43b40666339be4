"""Entries of a data set of the library, made in a process of its own.

Some generators go through sets of texts, whose order is another in every process of Python unless it is told which
(``PYTHONHASHSEED``): the same seed gave other questions the next day. So ``child.py`` makes them, under one hash seed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hrm.errors import InputError
from hrm.files import parse_json


class Entry(NamedTuple):
    """A question of the library."""

    question: str
    answer: str
    metadata: str  # what the scorer needs, as a Python literal


def make(name: str, options: dict[str, Any], seed: int, num: int) -> list[Entry]:
    """``num`` entries; fewer where the generator fails at some. Raises ``InputError`` where it gives none."""
    asked = json.dumps({"name": name, "options": options, "seed": seed, "num": num})
    root = str(Path(__file__).parents[3])
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "hrm.puzzles.gym.child"],
        input=asked,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason is given"]
        raise InputError(f"reasoning-gym makes no questions of {name}: {said[-1]}")
    given = parse_json(done.stdout, f"the questions of {name}")
    if not given["entries"]:
        raise InputError(f"reasoning-gym makes no questions of {name} that have an answer: {given['reason']}")
    return [Entry(*entry) for entry in given["entries"]]


def packed(entries: Sequence[Entry]) -> NDArray[np.uint8]:
    """Entries as bytes, to be kept on disk."""
    return np.frombuffer(json.dumps(entries, ensure_ascii=False).encode("utf-8", "surrogatepass"), dtype=np.uint8)


def unpacked(content: NDArray[np.uint8]) -> list[Entry]:
    """Entries out of ``packed``."""
    text = content.tobytes().decode("utf-8", "surrogatepass")
    return [Entry(*entry) for entry in parse_json(text, "kept questions")]

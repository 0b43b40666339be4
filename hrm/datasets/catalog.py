"""The public data sets that can be fetched. ``DATASETS`` is the one table that a name is looked up in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Files:
    """Files of a data set on the hub."""

    about: str
    repository: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A folder of JSON files out of a repository on GitHub."""

    about: str
    url: str
    folder: str
    """Which folder of the repository; it keeps its name."""


DATASETS: dict[str, Files | Archive] = {
    "sudoku-extreme": Files(
        about="3,831,994 + 422,786 Sudokus with ratings (about 0.8 GB)",
        repository="sapientinc/sudoku-extreme",
        names=("train.csv", "test.csv"),
    ),
    "maze-hard": Files(
        about="1,000 + 1,000 mazes of 30 x 30 with paths longer than 110",
        repository="sapientinc/maze-30x30-hard-1k",
        names=("train.csv", "test.csv"),
    ),
    "arc-agi-1": Archive(
        about="400 + 400 tasks of ARC-AGI-1",
        url="https://github.com/fchollet/ARC-AGI/archive/refs/heads/master.zip",
        folder="data",
    ),
    "arc-agi-2": Archive(
        about="1,000 + 120 tasks of ARC-AGI-2",
        url="https://github.com/arcprize/ARC-AGI-2/archive/refs/heads/main.zip",
        folder="data",
    ),
    "concept-arc": Archive(
        about="160 tasks of ConceptARC, ten for each of 16 concepts",
        url="https://github.com/victorvikram/ConceptARC/archive/refs/heads/main.zip",
        folder="corpus",
    ),
}

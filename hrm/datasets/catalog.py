"""The public data sets that can be fetched. ``DATASETS`` is the one table that a name is looked up in.

No checksums of these are published. So what is pinned is the commit of a repository, by which git names its content,
and, where a copy was at hand, a digest of the content itself. What is not known is None.
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_PINNED = "not pinned: no public digest is known; the first copy is trusted and recorded"
"""On the files of the hub."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """Files of a data set on the hub."""

    about: str
    repository: str
    names: tuple[str, ...]
    revision: str | None = None
    """Commit of the repository; None: ``NOT_PINNED``."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A folder of JSON files out of a repository on GitHub."""

    about: str
    repository: str
    """Its address."""
    commit: str
    """The commit that is fetched: the one at which several public projects pin this repository."""
    branch: str
    """The newest is here."""
    folder: str
    """Which folder of the repository; it keeps its name."""
    digest: str | None = None
    """``archive.content_digest`` of that folder; None where it is not known: the commit alone says what it holds."""

    def url(self, *, newest: bool = False) -> str:
        """Address of the archive of the commit, or of what is newest."""
        return f"{self.repository}/archive/{f'refs/heads/{self.branch}' if newest else self.commit}.zip"


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
    # The digests of the two ARC-AGI sets were computed from a copy of their folders that has the latest corrections of
    # single tasks; that it is of these very commits could not be checked. --unpinned leaves the check out.
    "arc-agi-1": Archive(
        about="400 + 400 tasks of ARC-AGI-1",
        repository="https://github.com/fchollet/ARC-AGI",
        commit="399030444e0ab0cc8b4e199870fb20b863846f34",
        branch="master",
        folder="data",
        digest="9dc1d91bbd776f4122650888f8041922390b285ed7c6d9946ab674d6d77bed43",
    ),
    "arc-agi-2": Archive(
        about="1,000 + 120 tasks of ARC-AGI-2",
        repository="https://github.com/arcprize/ARC-AGI-2",
        commit="f3283f727488ad98fe575ea6a5ac981e4a188e49",
        branch="main",
        folder="data",
        digest="9c6f44239f216e31bc36aa72c47e1b925642218557add645e3e1df39912708bb",
    ),
    "concept-arc": Archive(
        about="160 tasks of ConceptARC, ten for each of 16 concepts",
        repository="https://github.com/victorvikram/ConceptARC",
        commit="0e67da6af879e4bad3d7cd3c196e8d551b445725",
        branch="main",
        folder="corpus",
    ),
}

"""Folders in the published on-disk format as a task: Sudoku, mazes, and ARC of either flavour, as they are.

Nothing is augmented here: the builders have written their augmentations into the folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from hrm.errors import MOST_PUZZLES, InputError, require_from
from hrm.puzzles.arc.files import checked_name
from hrm.puzzles.arc.report import report
from hrm.puzzles.arc.variants import read_variant_name
from hrm.puzzles.base import PuzzleText, Render, Rules, Scores, Symmetries
from hrm.puzzles.drawing import draw_cells
from hrm.puzzles.grid.text import GridText
from hrm.tasks.base import Split, StoredPuzzle
from hrm.tasks.published.folder import DATASET, IDENTIFIERS, StoredSplit, read_json, read_metadata
from hrm.tasks.published.kinds import KNOWN_BOARDS, PublishedKind, detect, make_spec
from hrm.tasks.published.sampling import Epochs
from hrm.tasks.published.votes import poll
from hrm.types import Batch


@dataclass(frozen=True, kw_only=True)
class PublishedConfig:
    """A folder in the published format, and what is known of it. What is None is found in the folder."""

    name: ClassVar[str] = "published"
    data_field: ClassVar[str | None] = "folder"

    folder: Path | None = None
    """The folder that holds train/ and test/."""
    kind: Literal["auto", "sudoku", "maze", "arc", "grid"] = "auto"
    """The kind of its puzzles. auto: told by the number of tokens and cells."""
    test: Path | None = None
    """Another folder for the held-out puzzles: its test/, or a split itself."""
    vocab_size: int | None = None
    """Tokens V."""
    seq_len: int | None = None
    """Cells S."""
    num_puzzles: int | None = None
    """Rows of the puzzle embedding."""

    def build(self) -> Published:
        """The task. Reads no puzzle yet. Raises ``InputError`` for a folder that is none."""
        return Published(self)


class Published:
    """The task. Rules, symmetries and text are those of the kind, where it has them; otherwise only labels tell."""

    def __init__(self, config: PublishedConfig) -> None:
        self.config, kind = _completed(config)
        vocab_size, seq_len, num_puzzles = self.config.vocab_size, self.config.seq_len, self.config.num_puzzles
        assert vocab_size is not None
        assert seq_len is not None
        assert num_puzzles is not None
        self.kind = kind
        self.spec = make_spec(kind, vocab_size, seq_len, num_puzzles)
        self._known = KNOWN_BOARDS[kind](self.spec.grid_shape[0]) if kind in KNOWN_BOARDS else None
        self.render: Render = partial(draw_cells, self.spec) if self._known is None else self._known.render

    @property
    def statement(self) -> str | None:
        return None if self._known is None else self._known.statement

    @property
    def rules(self) -> Rules | None:
        return None if self._known is None else self._known.rules

    @property
    def symmetries(self) -> Symmetries | None:
        """The symmetries whose augmentations the folder may hold."""
        return None if self._known is None else self._known.symmetries

    @cached_property
    def text(self) -> PuzzleText | None:
        """Boards as their kind is typed, or grids of symbols; none for ARC, whose grids do not say of which task."""
        if self._known is not None:
            return self._known.text
        return None if self.kind == "arc" else GridText(self.spec)

    def with_test(self, path: Path) -> Published:
        """The same task with the test puzzles of another folder. Puzzle ids keep their numbers, not their names."""
        return replace(self.config, test=path).build()

    def split_validation(self, num: int) -> tuple[Published, Published]:
        """``InputError``: the folder is trained on as it is."""
        raise InputError(
            "training.validate_every: a folder in the published format is trained on whole. Train on the puzzles that "
            "it was made from (hrm train sudoku-extreme, maze-hard), or measure checkpoints on a folder that is no "
            "test set: hrm eval RUN --checkpoint step_N --data FOLDER"
        )

    @cached_property
    def train_set(self) -> StoredSplit:
        return self._open(self._folder / "train")

    @cached_property
    def test_set(self) -> StoredSplit:
        folder = self._folder if self.config.test is None else self.config.test
        return self._open(folder if (folder / DATASET).exists() else folder / "test")

    @cached_property
    def names(self) -> list[str]:
        """Puzzle id -> name."""
        path = self._folder / IDENTIFIERS
        names = read_json(path)
        if not isinstance(names, list) or len(names) < self.spec.num_puzzles:
            raise InputError(f"{path}: it must list a name for each of {self.spec.num_puzzles} puzzle ids")
        return [str(name) for name in names]

    @cached_property
    def _names_of_tests(self) -> list[str]:
        """Puzzle id -> name. Raises ``InputError`` where the ids of another folder's tests mean other puzzles, and for
        a name that no task may have: names become those of files."""
        where = self._folder / IDENTIFIERS if self.config.test is None else self._same_names()
        for puzzle_id in np.unique(self.test_set.puzzle_ids).tolist():
            checked_name(read_variant_name(self.names[puzzle_id])[0], str(where))
        return self.names

    def _same_names(self) -> Path:
        """The names of another folder's tests, which must be the model's own. Raises ``InputError``."""
        assert self.config.test is not None
        folder = self.config.test if (self.config.test / IDENTIFIERS).exists() else self.config.test.parent
        theirs = read_json(folder / IDENTIFIERS)
        used = self.test_set.puzzle_ids
        if not isinstance(theirs, list) or any(theirs[i : i + 1] != self.names[i : i + 1] for i in used.tolist()):
            raise InputError(
                f"{folder / IDENTIFIERS}: its puzzle ids mean other tasks than those the model has learned"
            )
        return folder / IDENTIFIERS

    def train_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Batch number ``step`` (B, S): ``sampling.py`` says which rows, and what is as published."""
        return _batch(self.train_set, self._epochs.rows(step, batch_size, seed))

    def eval_batches(self, batch_size: int) -> Iterator[Batch]:
        """All rows of the test split in the order in which they are stored, as published."""
        if self.kind == "arc":
            _ = self._names_of_tests  # the votes will need them: what is wrong with them is told before any work
        for start in range(0, self.test_set.num_rows, batch_size):
            yield _batch(self.test_set, np.arange(start, min(start + batch_size, self.test_set.num_rows)))

    def groups(self, split: Split) -> Iterator[list[StoredPuzzle]]:
        """The groups of the folder."""
        stored = self.train_set if split == "train" else self.test_set
        for first, last in zip(stored.group_starts[:-1], stored.group_starts[1:], strict=True):
            yield [self._puzzle(stored, puzzle) for puzzle in range(first, last)]

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """Votes over augmented ARC tasks; what a task of the kind makes of mazes and the like is not repeated here."""
        if self.kind != "arc":
            return Scores()
        return report(poll(self.test_set, self._names_of_tests, answers, certainty), {})

    @cached_property
    def _epochs(self) -> Epochs:
        return Epochs(self.train_set.puzzle_starts, self.train_set.group_starts)

    @property
    def _folder(self) -> Path:
        return _named(self.config)

    def _open(self, path: Path) -> StoredSplit:
        stored = StoredSplit(path)
        for name, of_data, of_task in (
            ("vocab_size", stored.metadata.vocab_size, self.spec.vocab_size),
            ("seq_len", stored.metadata.seq_len, self.spec.seq_len),
        ):
            if of_data != of_task:
                raise InputError(f"{path / DATASET}: {name} is {of_data}, this task has {of_task}")
        if stored.puzzle_ids.max() >= self.spec.num_puzzles:
            raise InputError(f"{path}: puzzle id {stored.puzzle_ids.max()}, this task has {self.spec.num_puzzles}")
        return stored

    def _puzzle(self, stored: StoredSplit, puzzle: int) -> StoredPuzzle:
        puzzle_id = int(stored.puzzle_ids[puzzle])
        rows = stored.read(np.arange(stored.puzzle_starts[puzzle], stored.puzzle_starts[puzzle + 1]))
        return StoredPuzzle(puzzle_id, self.names[puzzle_id], rows.inputs, rows.labels)


def _named(config: PublishedConfig) -> Path:
    if config.folder is None:
        raise InputError("there is no data: name a folder in the published format with --data FOLDER")
    return config.folder


def _completed(config: PublishedConfig) -> tuple[PublishedConfig, PublishedKind]:
    """The configuration with what the folder says, so that a trained model can be used without it; and its kind."""
    vocab_size, seq_len, num_puzzles = config.vocab_size, config.seq_len, config.num_puzzles
    if vocab_size is None or seq_len is None or num_puzzles is None:
        found = read_metadata(_named(config) / "train")
        vocab_size = found.vocab_size if vocab_size is None else vocab_size
        seq_len = found.seq_len if seq_len is None else seq_len
        num_puzzles = found.num_puzzle_identifiers if num_puzzles is None else num_puzzles
    require_from(1, MOST_PUZZLES, vocab_size=vocab_size, seq_len=seq_len, num_puzzles=num_puzzles)
    kind = detect(vocab_size, seq_len) if config.kind == "auto" else config.kind
    return replace(config, kind=kind, vocab_size=vocab_size, seq_len=seq_len, num_puzzles=num_puzzles), kind


def _batch(stored: StoredSplit, rows: NDArray[np.int64]) -> Batch:
    read = stored.read(rows)
    return Batch.of(read.inputs, read.labels, stored.ids_of(rows))

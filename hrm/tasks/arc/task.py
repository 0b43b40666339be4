"""ARC-AGI-1, ARC-AGI-2 and ConceptARC: tasks from files, encoded, augmented as tasks, answered by vote.

The model sees one pair at a time; which task it belongs to is told by the puzzle id alone. Every augmented task has an
id of its own (0 is no task), so the demonstrations of an evaluation task must be trained on before its test inputs can
be answered. Test outputs of evaluation tasks are never part of what training reads.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from hrm.errors import MOST_PUZZLES, InputError, require_from, require_seed
from hrm.puzzles.arc.board import draw_board
from hrm.puzzles.arc.canvas import FIRST_COLOUR, VOCAB_SIZE, answer_shapes
from hrm.puzzles.arc.files import ArcTask, Pair
from hrm.puzzles.arc.grids import MAX_SIDE
from hrm.puzzles.arc.report import Polled, report
from hrm.puzzles.arc.variants import ArcSymmetries, Variants, draw_variants, undo, variant_name
from hrm.puzzles.arc.votes import Ballot
from hrm.puzzles.base import Render, Scores
from hrm.tasks.arc.pool import Pool, Rows
from hrm.tasks.arc.split import ArcSplit, known_tasks, longest_side, make_split, seen_answers
from hrm.tasks.arc.visits import visited
from hrm.tasks.base import Split, StoredPuzzle
from hrm.tasks.seeds import Stream, rng
from hrm.types import Batch, TaskSpec

CHUNK = 64
"""Variants of one task that are encoded together: some MB of work space. Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class ArcConfig:
    """Tasks to train and evaluate on, and how they are shown."""

    name: ClassVar[str] = "arc"
    data_field: ClassVar[str | None] = "test"  # tasks to be answered: those of one's own

    train: tuple[Path, ...] = ()
    """Training tasks, all pairs of them: folders of task files, or Kaggle's X_challenges.json."""
    test: tuple[Path, ...] = ()
    """Evaluation tasks, in the same layouts: demonstrations are trained on, test inputs are answered."""
    tasks: tuple[str, ...] = ()
    """Only these tasks, by name. Empty: all tasks of the files."""
    canvas: int | None = MAX_SIDE
    """Rows and columns of the square that a model sees; no grid may be larger. None: the longest side of any grid, the
    answers of evaluation tasks apart."""
    too_large: Literal["refuse", "skip"] = "refuse"
    """The fate of tasks that have a grid larger than the canvas; skipped ones are counted in the results."""
    num_augmentations: int = 1000
    """Variants of every task beside itself, all different; tasks of few colours may have fewer."""
    train_on_demonstrations: bool = True
    """True where training sees the demonstrations of evaluation tasks, as in the paper; without them their ids mean
    nothing."""
    data_seed: int = 0
    """Seed of the variants, so of what puzzle ids mean. The order of training follows the seed of the run."""
    num_tasks: int | None = None
    """Number of tasks that the files hold. Found by itself and kept with a model, so that it loads without them."""

    def build(self) -> Arc:
        """The task. Reads nothing yet. Raises ``InputError`` for settings that cannot work."""
        return Arc(self)


class Arc:
    """The task. Files are read when first asked for, which asking for ``spec`` does unless ``num_tasks`` is known.

    There are no rules: only the label knows. A grid cannot be typed in: it does not say which task it belongs to.
    """

    statement = None
    rules = None
    text = None

    def __init__(self, config: ArcConfig, held_out: Path | None = None) -> None:
        self._given = config
        self._held_out = held_out
        if not config.train + config.test:
            raise InputError(
                "no data: name folders of task files, or *_challenges.json files, in task.train, task.test"
            )
        if config.canvas is not None and not 1 <= config.canvas <= MAX_SIDE:
            raise InputError(f"canvas is {config.canvas}: it must be from 1 to {MAX_SIDE}")
        require_from(0, MOST_PUZZLES, num_augmentations=config.num_augmentations)
        require_from(1, MOST_PUZZLES, num_tasks=config.num_tasks)
        require_seed("data_seed", config.data_seed)

    @cached_property
    def config(self) -> ArcConfig:
        """The configuration that it was built from, with the number of tasks and the canvas."""
        if self._given.num_tasks and self._given.canvas is not None:
            return self._given
        return replace(self._given, num_tasks=len(self.split.tasks), canvas=self.canvas)

    @cached_property
    def canvas(self) -> int:
        """Rows and columns of the square that a model sees."""
        return self._given.canvas or longest_side(self.split)

    @cached_property
    def spec(self) -> TaskSpec:
        canvas = self.canvas
        return TaskSpec(
            vocab_size=VOCAB_SIZE,
            seq_len=canvas**2,
            num_puzzles=1 + (self.config.num_tasks or 0) * (1 + self.config.num_augmentations),
            grid_shape=(canvas, canvas),
            symbols=(" ", "|", *"0123456789"),
            interchangeable=tuple(range(3, VOCAB_SIZE)),  # colours 1 to 9; 0 is the background
        )

    @cached_property
    def symmetries(self) -> ArcSymmetries:
        """Symmetries of a pair. A model knows variants by their ids, so attempts are votes over them: ``hrm eval``."""
        return ArcSymmetries(self.canvas)

    def with_test(self, path: Path) -> Arc:
        """The same task, to be evaluated on the tasks of a file or folder, each of which the model must know."""
        return Arc(self.config, held_out=path)

    def split_validation(self, num: int) -> tuple[Arc, Arc]:
        """``InputError``: a task's pairs belong together, and which tasks to hold out is for a person to say."""
        raise InputError(
            "training.validate_every: no ARC tasks are held out by themselves. Put some training tasks into a folder "
            "of their own, name it in --task.test in place of the evaluation tasks, and measure checkpoints with "
            "hrm eval RUN --checkpoint step_N"
        )

    @cached_property
    def split(self) -> ArcSplit:
        """All tasks, in the order of their puzzle ids."""
        config = self._given
        split = make_split(
            config.train, config.test, config.tasks, config.canvas or MAX_SIDE, skips_large=config.too_large == "skip"
        )
        if config.num_tasks not in (None, len(split.tasks)):
            raise InputError(
                f"the files hold {len(split.tasks)} tasks where the model knows {config.num_tasks}: its puzzle ids "
                "would mean other tasks. Give the files that it was trained on"
            )
        return split

    @cached_property
    def evaluated(self) -> tuple[ArcTask, ...]:
        """The tasks whose test inputs are answered."""
        return self.split.evaluation if self._held_out is None else known_tasks(self.split, self._held_out)

    @cached_property
    def variants(self) -> tuple[Variants, ...]:
        """The variants of every task of ``split``."""
        seed = self.config.data_seed
        return tuple(
            draw_variants(t, self.config.num_augmentations, rng(Stream.VARIANTS, seed, zlib.crc32(t.name.encode())))
            for t in self.split.tasks
        )

    def puzzle_ids(self, tasks: NDArray[np.integer], which: NDArray[np.integer]) -> Rows:
        """Id of variant ``which`` of each task of ``split`` (both by index): a pure function, on any machine."""
        return tasks.astype(np.int64) * (1 + self.config.num_augmentations) + which + 1

    @cached_property
    def _training(self) -> Pool:
        """All that training can reach. Made of the pairs it may see: no test output of an evaluation task is in it."""
        visible = [
            self.split.visible_pairs(index, demonstrations=self.config.train_on_demonstrations)
            for index in range(len(self.split.tasks))
        ]
        if not any(visible):
            raise InputError("nothing to train on: no training tasks, and task.train_on_demonstrations is off")
        return Pool(visible, self.variants, self.canvas)

    def _on_canvas(self, pair: Pair) -> Pair:
        """The pair without an output that the canvas cannot hold: no answer can be right, and none is a label."""
        fits = pair.output is None or max(pair.output.shape) <= self.canvas
        return pair if fits else pair._replace(output=None)

    @cached_property
    def _evaluation(self) -> Pool:
        """The test pairs of the evaluated tasks."""
        tests = [tuple(self._on_canvas(pair) for pair in task.tests) for task in self.evaluated]
        if not tests:
            raise InputError(
                "no evaluation tasks: name folders of task files, or *_challenges.json files, in task.test"
            )
        return Pool(tests, [self.variants[index] for index in self._evaluated_indices], self.canvas)

    @cached_property
    def _evaluated_indices(self) -> Rows:
        """The places of the evaluated tasks in ``split``."""
        index = {task.name: i for i, task in enumerate(self.split.tasks)}
        return np.array([index[task.name] for task in self.evaluated], dtype=np.int64)

    @cached_property
    def _eval_rows(self) -> tuple[Rows, Rows, Rows]:
        """Evaluated task, test pair and variant of every row of the evaluation: all test inputs as they are, then all
        under their first augmentation, and so on. So the first rows are fewer votes on every task, not fewer tasks."""
        pool = self._evaluation
        tasks = np.repeat(np.arange(len(pool.sizes)), pool.sizes)
        pairs = np.concatenate([np.arange(size) for size in pool.sizes])
        num_variants = pool.num_variants[tasks]
        which, inputs = np.nonzero(np.arange(num_variants.max())[:, None] < num_variants)
        return tasks[inputs], pairs[inputs], which

    def train_batch(self, step: int, batch_size: int, seed: int) -> Batch:
        """Batch number ``step`` (B, S). A pure function: equal arguments give equal rows on any machine.

        Of the pairs of a visit all but one stand at a random offset, as in the published data sets.
        """
        pool = self._training
        visits = visited(step, batch_size, pool.sizes, seed)
        which = (visits.draws * pool.num_variants[visits.tasks]).astype(np.int64)
        draws = rng(Stream.OFFSETS, seed, step).random((batch_size, 2))
        inputs, labels = pool.show(visits.tasks, visits.pairs, which, draws * ~visits.is_first[:, None])
        return Batch.of(inputs, labels, self.puzzle_ids(visits.tasks, which))

    def eval_batches(self, batch_size: int) -> Iterator[Batch]:
        """The test inputs of the evaluated tasks under every variant, in the corner of the canvas."""
        tasks, pairs, which = self._eval_rows
        for start in range(0, len(tasks), batch_size):
            rows = slice(start, start + batch_size)
            inputs, labels = self._evaluation.show(tasks[rows], pairs[rows], which[rows])
            yield Batch.of(inputs, labels, self.puzzle_ids(self._evaluated_indices[tasks[rows]], which[rows]))

    def groups(self, split: Split) -> Iterator[list[StoredPuzzle]]:
        """A task and its variants at a time, named as in the published data sets; training pairs at offsets that
        follow from the data seed."""
        pool = self._training if split == "train" else self._evaluation
        indices = np.arange(len(pool.sizes)) if split == "train" else self._evaluated_indices
        for local, (index, size) in enumerate(zip(indices, pool.sizes, strict=True)):
            if size:
                yield list(self._stored_puzzles(pool, local, int(index), has_offsets=split == "train"))

    def _stored_puzzles(self, pool: Pool, local: int, index: int, *, has_offsets: bool) -> Iterator[StoredPuzzle]:
        """The variants of one task: number ``local`` of the pool, ``index`` of the split."""
        name, variants, size = self.split.tasks[index].name, self.variants[index], pool.sizes[local]
        offsets = rng(Stream.STORED_OFFSETS, self.config.data_seed, index)
        for start in range(0, len(variants.moves), CHUNK):
            which = np.arange(start, min(start + CHUNK, len(variants.moves)))
            draws = None
            if has_offsets:
                draws = offsets.random((len(which), size, 2))
                draws[np.arange(len(which)), offsets.integers(0, size, len(which))] = 0
            pairs, repeated = np.tile(np.arange(size), len(which)), np.repeat(which, size)
            shown = pool.show(
                np.full(len(pairs), local), pairs, repeated, None if draws is None else draws.reshape(-1, 2)
            )
            inputs, labels = (part.reshape(len(which), size, -1) for part in shown)
            ids = self.puzzle_ids(np.full(len(which), index), which)
            for row, k in enumerate(which):
                variant = variant_name(name, int(variants.moves[k]), variants.colours[k]) if k else name
                yield StoredPuzzle(int(ids[row]), variant, inputs[row], labels[row])

    def scores(self, answers: NDArray[np.integer], certainty: NDArray[np.float64]) -> Scores:
        """Votes over the variants: pass@k in both scorings, the submission, a picture per task.

        Counts the tasks whose test inputs all have an answer among the N rows.
        """
        tasks, pairs, which = (rows[: len(answers)] for rows in self._eval_rows)
        ballots = [[Ballot() for _ in task.tests] for task in self.evaluated]
        canvas = self.canvas
        shapes = answer_shapes(answers, canvas) if len(answers) else np.zeros((0, 2), dtype=np.int64)
        for row, (height, width) in enumerate(shapes):
            grid = (answers[row].reshape(canvas, canvas)[:height, :width] - FIRST_COLOUR).astype(np.uint8)
            variants = self.variants[self._evaluated_indices[tasks[row]]]
            back = undo(grid, int(variants.moves[which[row]]), variants.colours[which[row]])
            ballots[tasks[row]][pairs[row]].add(back, float(certainty[row]))
        polled = [Polled(task, votes) for task, votes in zip(self.evaluated, ballots, strict=True) if all(votes)]
        notes = {
            "too_large": list(self.split.left_out),
            "answers_in_training": list(seen_answers(self.split, (p.task for p in polled))),
        }
        return report(polled, notes)

    @cached_property
    def render(self) -> Render:
        """The grids as they are on the canvas."""
        return partial(draw_board, self.canvas)

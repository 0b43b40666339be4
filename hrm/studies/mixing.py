"""The studies of how cells see each other: attention, a mixer, a recurrence, or a recurrence and attention by turns."""

from __future__ import annotations

from dataclasses import replace

from hrm.models.transformer import UniversalConfig
from hrm.studies.catalog import question, small_sudoku
from hrm.studies.study import Change, Study, at_equal_operations, at_equal_parameters, both, model, task, training
from hrm.tasks.maze import MazeConfig
from hrm.training.config import RunConfig

BASE = UniversalConfig(
    hidden_size=64, H_layers=2, H_cycles=3, positions="learned", puzzle_embedding_size=0, has_q_continue=False
)
"""The model that is changed, with attention: two blocks, run three times a segment, which learned most of the models of
``hrm ablate architecture``. Positions are learned, for attention and the recurrence alike: from turns along the row
neither knows at the start which cells stand above each other. A mixer has its own weights for each."""


def mixing() -> Study:
    """Attention, mixer, recurrence, or by turns: which learns 6 x 6 Sudokus, at equal weights and arithmetic?"""
    # More givens than in the other studies, and twice the steps: with 10 to 14, attention solved none after 300.
    return of(task(givens=(14, 22))(small_sudoku()), question(mixing))


def mixing_mazes() -> Study:
    """Attention, mixer, recurrence, or by turns: which learns 6 x 6 mazes, at equal weights and arithmetic?"""
    # At 9 x 9 (perfect) and 8 x 8 a mixer solved 0 and 6 %, attention none, after as much time as these take.
    mazes = MazeConfig(size=6, kind="hard", longer_than=2, num_train=5000, num_test=400)
    return of(replace(small_sudoku(), task=mazes), question(mixing_mazes))


def of(recipe: RunConfig, asked: str) -> Study:
    """The study of a recipe with attention, and what stands in for it. Each has as many weights, by the one size that
    is left to it: a mixer, whose weights grow with the cells, and a recurrence of a large state are narrower."""

    def equal(setting: str, values: range, **changes: object) -> Change:
        return at_equal_operations(at_equal_parameters(model(**changes), setting, values))

    sizes = range(1, 257)
    ways = {
        "attention": model(),
        "mixer": equal("hidden_size", sizes, mixing="mlp", positions="none"),
        "recurrence": equal("state_size", sizes, mixing="state_space"),
        "recurrence, state of 64": equal("hidden_size", range(8, 257, 8), mixing="state_space", state_size=64),
        "recurrence and attention by turns": equal("state_size", sizes, mixing="hybrid"),
    }
    recipe = both(training(steps=600), lambda config: replace(config, model=BASE))(recipe)
    return Study(question=asked, recipe=recipe, axes={"mixing": ways})

"""The studies of how cells see each other: attention, a mixer, a recurrence, or attention and a recurrence by turns."""

from __future__ import annotations

from dataclasses import replace

from hrm.models.transformer import UniversalConfig
from hrm.recipes.maze import maze_demo
from hrm.studies.catalog import question, small_sudoku
from hrm.studies.study import Change, Study, at_equal_operations, at_equal_parameters, both, model, task, training

BASE = UniversalConfig(
    hidden_size=64, H_layers=2, H_cycles=3, positions="learned", puzzle_embedding_size=0, has_q_continue=False
)
"""The model that is changed, with attention: two blocks, run three times a segment, which learned most of the models of
``hrm ablate architecture``. Positions are learned, for attention and the recurrence alike: turned by rotary positions
along the row, neither knows at the start which cells stand above each other. A mixer has its own weights for each."""


def mixing() -> Study:
    """Attention, mixer, recurrence, or by turns: which learns 6 x 6 Sudokus, at equal weights and arithmetic?"""
    recipe = replace(small_sudoku(), model=BASE)
    return Study(question=question(mixing), recipe=recipe, axes={"mixing": ways()})


def mixing_mazes() -> Study:
    """Attention, mixer, recurrence, or by turns: which learns 9 x 9 mazes, at equal weights and arithmetic?"""
    recipe = both(task(num_test=400), training(steps=300))(replace(small_sudoku(), task=maze_demo().task))
    recipe = replace(recipe, model=replace(BASE, hidden_size=96))
    return Study(question=question(mixing_mazes), recipe=recipe, axes={"mixing": ways()})


def ways() -> dict[str, Change]:
    """The places of the axis: attention as it is, and what stands in for it. A mixer's weights grow with the cells, so
    its width makes the number equal; a recurrence has the size of its state for that."""

    def equal(setting: str, values: range, change: Change) -> Change:
        return at_equal_operations(at_equal_parameters(change, setting, values))

    return {
        "attention": model(),
        "mixer": equal("hidden_size", range(16, 257), model(mixing="mlp", positions="none")),
        "recurrence": equal("state_size", range(1, 257), model(mixing="state_space")),
        "recurrence, no positions": equal("state_size", range(1, 257), model(mixing="state_space", positions="none")),
        "recurrence and attention by turns": equal("state_size", range(1, 257), model(mixing="hybrid")),
    }

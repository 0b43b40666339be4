from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import hrm
from hrm.inference.solver import Solver
from hrm.training.folder import RunConfig, RunFolder
from hrm.training.run import prepare, run
from hrm.types import InputError


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that solves most 4x4 boards, after a few seconds."""
    from hrm.recipes import RECIPES

    config = RECIPES["sudoku-4x4"]()
    config = replace(config, training=replace(config.training, steps=60, batch_size=64))
    folder = RunFolder.create(tmp_path_factory.mktemp("runs") / "run", config)
    run(folder, prepare(folder.config))
    return folder.path


def puzzles(solver: Solver, num: int) -> list[str]:
    batch = next(iter(solver.task.eval_batches(num)))
    return [solver.text(row) for row in batch.inputs[:num].numpy()]


def test_the_queue_gives_each_puzzle_the_answer_it_gets_alone(trained: Path) -> None:
    model = hrm.load(trained)
    for halt in ("rules", "q", "fixed"):
        texts = puzzles(model.solver(), 30)
        together = model.solver(halt=halt, num_slots=7).solve(texts)
        assert [s.puzzle for s in together] == texts
        alone = [model.solver(halt=halt).solve(text)[0] for text in texts]
        assert [(s.solution, s.segments) for s in together] == [(s.solution, s.segments) for s in alone]


def test_solved_is_by_the_rules_and_halting_obeys_its_policy(trained: Path) -> None:
    model = hrm.load(trained)
    texts = puzzles(model.solver(), 50)
    for solution in model.solver(halt="rules", max_segments=6).solve(texts):
        assert solution.solved == model.loaded.task.is_solved(solution.inputs, solution.answer)
        assert solution.solved or solution.segments == 6
        assert set(solution.to_dict()) == {"puzzle", "solution", "solved", "segments", "q_halt", "seconds"}
        assert 0 <= solution.q_halt <= 1
        assert solution.seconds > 0
    assert {s.segments for s in model.solver(halt="fixed", max_segments=3).solve(texts)} == {3}
    solver = model.solver(halt="q", max_segments=8)
    for bias, segments in (([99.0, 0.0], 1), ([0.0, 99.0], 8)):  # stopping, or going on, is worth everything
        with torch.no_grad():
            solver.model.q_head.bias.copy_(torch.tensor(bias))
        assert {s.segments for s in solver.solve(texts)} == {segments}


def test_every_segment_is_shown(trained: Path) -> None:
    solver = hrm.load(trained).solver(halt="fixed", max_segments=3, num_slots=2)
    examples = [solver.task.parse(text) for text in puzzles(solver, 5)]
    seen = [(t.index, t.segment, t.halted) for t in solver.think(examples)]
    assert sorted(seen) == [(i, m, m == 3) for i in range(5) for m in (1, 2, 3)]


def test_no_puzzles_no_answers(trained: Path) -> None:
    assert hrm.load(trained).solver().solve([]) == []


def test_bad_input(trained: Path) -> None:
    model = hrm.load(trained)
    with pytest.raises(InputError, match="max_segments is 0"):
        model.solver(max_segments=0)
    with pytest.raises(InputError, match="16"):
        model.solve("12")


def test_a_new_model_of_a_tiny_run_answers_too(tiny_run: RunConfig, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny_run)
    folder.save(prepare(folder.config).state)
    (solution,) = hrm.load(folder.path).solve("1234341221434321")
    assert solution.segments <= tiny_run.training.max_segments

"""The page thinks as Python does: same graph, same answers, segment by segment."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from in_browser import thought, train_as_told, verdict
from known import CPU

from hrm.cli import main
from hrm.export.session import OnnxReasoner
from hrm.inference.options import AttemptsConfig, HaltPolicy
from hrm.inference.solver import Solver
from hrm.inference.trace import Step
from hrm.models.lattice import MODULUS
from hrm.puzzles.sudoku.known import HARD, PUBLISHED
from hrm.store.folder import load_model
from hrm.tasks.base import required_text
from hrm.types import Batch

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
CLOSE = 1e-3


def steps_of(shown: Any, inputs: list[int], rule: Any = "rules", max_segments: int = 64) -> list[Step]:
    """Python's own steps, with the graph of the page."""
    reasoner = OnnxReasoner(shown.loaded.model, shown.site / "segment.onnx")
    policy = HaltPolicy(rule=rule, max_segments=max_segments)
    solver = Solver(shown.loaded._replace(model=reasoner), policy, AttemptsConfig(attempts=1), runtime=CPU)
    example = required_text(shown.loaded.task).parse(solver.text(np.array(inputs)))
    return list(solver.trace(example))


def assert_equal(frames: list[dict[str, Any]], steps: list[Step]) -> None:
    assert [frame["segment"] for frame in frames] == [step.segment for step in steps]
    for frame, step in zip(frames, steps, strict=True):
        assert frame["answer"] == step.answer.tolist()
        assert frame["certainty"] == pytest.approx(step.certainty, abs=CLOSE)
        assert frame["drift"] == pytest.approx(step.residual, abs=CLOSE)


def inputs_of(shown: Any, num: int) -> list[list[int]]:
    return [row.tolist() for row in next(iter(shown.loaded.task.eval_batches(num))).inputs[:num]]


def test_sudokus(page: Any, sudoku: Any) -> None:
    page.goto(sudoku.address)
    text = required_text(sudoku.loaded.task)
    for puzzle in PUBLISHED.values():
        inputs = text.parse(puzzle).inputs.tolist()
        said = thought(page, inputs)
        assert said["best"]["solved"]
        assert_equal(said["frames"], steps_of(sudoku, inputs))
    for inputs in inputs_of(sudoku, 4):
        said = thought(page, inputs, halt="certainty", segments=16)
        assert_equal(said["frames"], steps_of(sudoku, inputs, "q", 16))


def test_mazes(page: Any, maze: Any) -> None:
    page.goto(maze.address)
    for inputs in inputs_of(maze, 5):
        said = thought(page, inputs, segments=8)
        assert_equal(said["frames"], steps_of(maze, inputs, max_segments=8))
        said = thought(page, inputs, halt="certainty", segments=8)
        assert_equal(said["frames"], steps_of(maze, inputs, "q", 8))


def test_a_recurrence_and_attention_by_turns(page: Any, hybrid: Any) -> None:
    page.goto(hybrid.address)
    for inputs in inputs_of(hybrid, 3):
        said = thought(page, inputs, segments=2)
        assert_equal(said["frames"], steps_of(hybrid, inputs, max_segments=2))


def test_grids_of_ones_own(page: Any, grid: Any) -> None:
    page.goto(grid.address)
    assert verdict(page).startswith("Answered (no rules here to check it by) after ")
    for inputs in inputs_of(grid, 5):
        said = thought(page, inputs, halt="certainty", segments=4)  # hardly trained: it soon amplifies rounding
        assert {frame["solved"] for frame in said["frames"]} == {None}
        assert_equal(said["frames"], steps_of(grid, inputs, "q", 4))
    said = thought(page, inputs, halt="certainty", segments=4, attempts=5)
    assert said["attempts"] == 2, "its file names one symmetry"


@torch.inference_mode()
def test_attempts_are_under_symmetries_that_are_undone(page: Any, sudoku: Any) -> None:
    page.goto(sudoku.address)
    inputs = required_text(sudoku.loaded.task).parse(HARD["Arto Inkala, 2012"]).inputs
    said = thought(page, inputs.tolist(), segments=3, attempts=3)
    assert said["attempts"] == 3
    assert not said["best"]["solved"]
    ends = [frame for frame in said["frames"] if frame["segment"] == 3]
    assert said["best"]["certainty"] == max(frame["certainty"] for frame in ends)
    model = OnnxReasoner(sudoku.loaded.model, sudoku.site / "segment.onnx")
    for attempt, symmetry in enumerate(sudoku.model["symmetries"][:2], start=1):
        cells, tokens = np.array(symmetry["cells"]), np.array(symmetry["tokens"])
        seen = torch.from_numpy(tokens[inputs][cells][None])
        carry = model.initial_carry(1)
        for segment in range(1, 4):
            carry, prediction = model(carry, Batch(seen, seen, torch.zeros(1, dtype=torch.int64)))
            answer = np.empty(81, dtype=np.int64)
            answer[cells] = np.argsort(tokens)[prediction.logits.argmax(-1)[0].numpy()]
            (frame,) = (f for f in said["frames"] if (f["attempt"], f["segment"]) == (attempt, segment))
            assert frame["answer"] == answer.tolist()


@pytest.mark.slow
def test_the_tutorial_keeps_its_promise(tmp_path: Path) -> None:
    train_as_told(tmp_path)
    with contextlib.chdir(tmp_path):
        assert main(["eval", "runs/mine"]) == 0
    results = json.loads((tmp_path / "runs" / "mine" / "results.json").read_text())
    assert results["halting"]["exact"] > 0.9


@torch.inference_mode()
def test_what_it_does_not_solve_goes_on_to_the_stronger_model(page: Any, sudoku: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto(sudoku.address)
    assert verdict(page).startswith("Solved after ")
    assert "stronger.onnx" not in asked, "it is fetched when it is needed"
    loaded = load_model("sudoku-hard")
    model = OnnxReasoner(loaded.model, sudoku.site / "stronger.onnx")
    policy = HaltPolicy(rule="rules", max_segments=20)
    solver = Solver(loaded._replace(model=model), policy, AttemptsConfig(attempts=1), runtime=CPU)
    example = required_text(loaded.task).parse(PUBLISHED["Project Euler 96, grid 02"])
    said = thought(page, example.inputs.tolist(), {"segments": 20, "attempts": 1}, segments=1)
    assert "stronger.onnx" in asked
    assert said["best"]["solved"]
    assert [frame["by"] for frame in said["frames"][:2]] == [0, 1]
    assert_equal([frame for frame in said["frames"] if frame["by"]], list(solver.trace(example)))


@torch.inference_mode()
def test_a_lattice_shows_its_candidates_and_draws_its_luck(page: Any, lattice: Any) -> None:
    """Without luck as Python does; with luck that the page draws, under a symmetry, as the graph does."""
    page.goto(lattice.address)
    example = required_text(lattice.loaded.task).parse(PUBLISHED["Project Euler 96, grid 02"])
    assert_equal(thought(page, example.inputs.tolist())["frames"], steps_of(lattice, example.inputs.tolist()))

    inputs = required_text(lattice.loaded.task).parse(HARD["Golden Nugget"]).inputs
    said = thought(page, inputs.tolist(), segments=3, attempts=2)
    frames = [frame for frame in said["frames"] if frame["attempt"] == 1]
    model = OnnxReasoner(lattice.loaded.model, lattice.site / "segment.onnx")
    symmetry = lattice.model["symmetries"][0]
    cells, tokens = np.array(symmetry["cells"]), np.array(symmetry["tokens"])
    seen = torch.from_numpy(tokens[inputs][cells][None])
    luck = [1009]
    for _ in range(81 * 11):
        luck.append(16807 * luck[-1] % MODULUS)
    carry = model.initial_carry(1)
    carry = carry._replace(luck=torch.tensor(luck[1:]).view_as(carry.luck))
    for frame in frames:
        carry, prediction = model(carry, Batch(seen, seen, torch.zeros(1, dtype=torch.int64)))
        back = np.argsort(cells)
        named = np.argsort(tokens)
        assert frame["answer"] == named[prediction.logits.argmax(-1)[0].numpy()[back]].tolist()
        alive = carry.alive[0].numpy()[back] > 0
        assert frame["alive"] == [sorted(named[np.flatnonzero(row)].tolist()) for row in alive]
    assert frames


def test_another_request_ends_the_one_before(page: Any, sudoku: Any) -> None:
    page.goto(f"{sudoku.address}#puzzle={HARD['Golden Nugget']}&attempts=32&segments=1000")
    page.wait_for_function("document.getElementById('caption').textContent.includes('segment')")
    page.select_option("#known", PUBLISHED["Wikipedia, 'Sudoku'"])
    page.wait_for_function("document.getElementById('verdict').textContent.startsWith('Solved')", timeout=10_000)

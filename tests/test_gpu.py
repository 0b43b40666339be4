"""The same results on an accelerator as on the CPU. ``pytest -m gpu``; HRM_TEST_DEVICE names another device."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hrm.api import PuzzleModel
from hrm.errors import Notice
from hrm.evaluation.table import concatenate, evaluate
from hrm.inference.ready import ready
from hrm.puzzles.base import Example
from hrm.recipes import RECIPES
from hrm.runtime import RuntimeConfig, resolve
from hrm.store.folder import load_model
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.loop import train, train_step
from hrm.training.run import prepare, run

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def device() -> str:
    if name := os.environ.get("HRM_TEST_DEVICE"):
        return name
    if not torch.accelerator.is_available():
        pytest.skip("no accelerator here")
    return str(torch.accelerator.current_accelerator())


def losses(config: RunConfig, runtime: RuntimeConfig, steps: int) -> list[float]:
    """The token losses of the first training steps."""
    config = replace(config, runtime=runtime, training=replace(config.training, batch_size=8))
    state, task, there, _ = prepare(config)
    batches = [task.train_batch(step, 8, 0).to(there.device) for step in range(steps)]
    return [float(train_step(state, batch, config.training)["token_loss"]) for batch in batches]


def small_attention() -> RunConfig:
    """The paper's kinds of layers (attention, rope, puzzle embedding) at a small width."""
    run = RECIPES["sudoku-4x4"]()
    model = replace(
        run.model, hidden_size=64, num_heads=4, mixing="attention", positions="rope", puzzle_embedding_size=64
    )
    return replace(run, model=model, task=replace(run.task, num_train=32))


@pytest.mark.parametrize("config", [RECIPES["sudoku-4x4"](), small_attention()], ids=["mixer", "attention"])
def test_training_in_float32_follows_the_cpu(config: RunConfig, device: str) -> None:
    torch.backends.cuda.matmul.allow_tf32 = False
    there = losses(config, RuntimeConfig(device=device, precision="float32"), 6)
    assert there == pytest.approx(losses(config, RuntimeConfig(device="cpu", precision="float32"), 6), rel=1e-3)


@pytest.mark.filterwarnings("ignore")  # the compiler has warnings of its own
def test_compiled_bfloat16_follows_eager_float32(device: str) -> None:
    compiled = losses(small_attention(), RuntimeConfig(device=device, precision="bfloat16", compile="yes"), 4)
    eager = losses(small_attention(), RuntimeConfig(device=device, precision="float32"), 4)
    assert compiled == pytest.approx(eager, rel=0.05)


@pytest.mark.parametrize("embedding", [0, 64])
def test_training_as_one_graph_follows_training_as_it_is(device: str, embedding: int) -> None:
    config = small_attention()
    config = replace(config, model=replace(config.model, puzzle_embedding_size=embedding))
    with warnings.catch_warnings():
        warnings.simplefilter("error", Notice)  # going on without a graph would be told
        runtime = RuntimeConfig(device=device, precision="float32", capture="auto")
        graph = losses(config, runtime, 8)
    assert graph == pytest.approx(losses(config, replace(runtime, capture="no"), 8), rel=1e-4)
    assert resolve(runtime).capture == device.startswith("cuda")


def test_a_step_never_waits_for_the_device(device: str) -> None:
    config = small_attention()
    config = replace(config, training=replace(config.training, batch_size=8, ema_decay=0.9))
    state, task, runtime, _ = prepare(replace(config, runtime=RuntimeConfig(device=device)))
    made = [task.train_batch(step, 8, 0) for step in range(4)]
    made = [batch.pinned() if device.startswith("cuda") else batch for batch in made]
    train_step(state, made[0].to(runtime.device), config.training)  # the first one makes what an optimizer keeps
    if device.startswith("cuda"):
        torch.cuda.set_sync_debug_mode("error")
    try:
        for batch in made[1:]:
            train_step(state, batch.to(runtime.device), config.training)
    finally:
        if device.startswith("cuda"):
            torch.cuda.set_sync_debug_mode("default")
    assert state.step == 4


def test_solving_as_one_graph_gives_the_same_answers(device: str) -> None:
    loaded = load_model("sudoku")
    puzzle = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
    examples: list[Example] = [loaded.task.text.parse(puzzle)] * 64
    plain = resolve(RuntimeConfig(device=device, precision="float32"))
    graph = resolve(RuntimeConfig(device=device, precision="float32", capture="auto"))
    model = PuzzleModel(loaded)
    answers = [model.solver(runtime=how, num_slots=16).solve_examples(examples) for how in (plain, graph)]
    assert [s.solution for s in answers[0]] == [s.solution for s in answers[1]]
    assert [s.segments for s in answers[0]] == [s.segments for s in answers[1]]


def test_a_run_saves_resumes_and_evaluates(device: str, tiny_run: RunConfig, tmp_path: Path) -> None:
    config = replace(tiny_run, runtime=RuntimeConfig(device=device, precision="float32"))
    folder = RunFolder.create(tmp_path / "run", config)
    state, task, runtime, _ = prepare(config)
    list(train(state, task, config.training, config.seed, runtime, until=lambda: state.step == 6))
    folder.save(state)
    prepared = prepare(config)
    folder.restore(prepared.state)
    assert prepared.state.step == 6
    assert run(folder, prepared).is_finished
    loaded = load_model(tmp_path / "run")
    tables = []
    for where in ("cpu", device):
        there = resolve(RuntimeConfig(device=where, precision="float32"))
        tables.append(concatenate(list(evaluate(loaded.model.to(where), loaded.task, there, max_segments=4))))
    assert (tables[0].answers == tables[1].answers).mean() > 0.99


def test_the_shipped_model_solves_there(device: str) -> None:
    runtime = resolve(RuntimeConfig(device=device, precision="float32"))
    loaded = load_model("sudoku")
    puzzle = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
    examples: list[Example] = [loaded.task.text.parse(puzzle)] * 5
    assert all(solution.solved for solution in PuzzleModel(loaded).solver(runtime=runtime).solve_examples(examples))


def test_a_model_on_the_cpu_has_one_twin_there_and_stays(device: str) -> None:
    config = small_attention()
    model = config.model.build(config.task.build().spec)
    runtime = resolve(RuntimeConfig(device=device, precision="float32"))
    made = ready(model, runtime)
    assert ready(model, runtime) is made
    assert {tensor.device.type for tensor in (*made.parameters(), *made.buffers())} == {torch.device(device).type}
    assert {tensor.device.type for tensor in (*model.parameters(), *model.buffers())} == {"cpu"}
    with torch.no_grad():
        next(model.parameters()).add_(1)
    assert (ready(model, runtime) is made) == (device == "cpu"), "a copy is made anew, shared weights are the same"

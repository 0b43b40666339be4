from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import hrm
from hrm.errors import InputError
from hrm.inference.attempts import Attempts
from hrm.inference.making import make_solver
from hrm.inference.solver import Solver
from hrm.models.lattice import LatticeConfig
from hrm.puzzles.base import Example, is_solved
from hrm.recipes import RECIPES
from hrm.runtime import RuntimeConfig, resolve
from hrm.store.folder import load_model
from hrm.store.locate import list_checkpoints
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.run import begun, prepare, run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that solves most 4x4 boards, after a few seconds."""
    config = RECIPES["sudoku-4x4"]()
    config = replace(config, training=replace(config.training, steps=150, batch_size=64))
    folder = RunFolder.create(tmp_path_factory.mktemp("runs") / "run", config)
    run(folder, prepare(folder.config))
    return folder.path


def puzzles(solver: Solver, num: int) -> list[str]:
    batch = next(iter(solver.task.eval_batches(num)))
    return [solver.text(row) for row in batch.inputs[:num].numpy()]


def test_the_queue_gives_each_puzzle_the_answer_it_gets_alone(trained: Path) -> None:
    model = hrm.load(trained)
    texts = puzzles(model.solver(), 12)
    for options in (
        {"halt": "rules", "attempts": 1},
        {"halt": "q", "attempts": 1},
        {"halt": "fixed", "attempts": 1},
        {"halt": "unchanged", "attempts": 1},
        {"halt": "rest", "attempts": 1, "tolerance": 0.2},
        {"halt": "q", "attempts": 3, "choose": "vote"},
        {"halt": "rules", "attempts": 4, "choose": "verify"},
        {"halt": "fixed", "attempts": 9, "choose": "q", "budget": 10},
        {"halt": "q", "attempts": 2, "choose": "q", "vary": "noise"},
        {"halt": "q", "attempts": 2, "choose": "vote", "vary": "starts"},
    ):
        solver = model.solver(num_slots=7, max_segments=8, **options)
        together = solver.solve(texts)
        assert [s.puzzle for s in together] == texts
        backwards = solver.solve(texts[::-1])[::-1]
        alone = [solver.solve(text)[0] for text in texts]
        for other in (backwards, alone):
            assert [(s.solution, s.segments, s.spent) for s in together] == [
                (s.solution, s.segments, s.spent) for s in other
            ], options


def test_solved_is_by_the_rules_and_halting_obeys_its_policy(trained: Path) -> None:
    model = hrm.load(trained)
    texts = puzzles(model.solver(), 50)
    for solution in model.solver(halt="rules", max_segments=6, attempts=1).solve(texts):
        assert solution.solved == is_solved(model.loaded.task.rules, solution.inputs, solution.answer)
        assert solution.solved or solution.segments == 6
        assert {"puzzle", "solution", "solved", "segments", "certainty", "q_halt", "seconds"} <= set(solution.to_dict())
        assert 0 <= solution.certainty <= 1
        assert solution.seconds > 0
        assert (solution.attempts, solution.spent) == (1, solution.segments)
    fixed = model.solver(halt="fixed", max_segments=3, attempts=1)
    assert {s.segments for s in fixed.solve(texts)} == {3}
    solver = model.solver(halt="q", max_segments=8, attempts=1)
    for bias, segments in (([99.0, 0.0], 1), ([0.0, 99.0], 8)):  # stopping, or going on, is worth everything
        with torch.no_grad():
            solver.models[0].q_head.bias.copy_(torch.tensor(bias))
        assert {s.segments for s in solver.solve(texts)} == {segments}


def test_more_attempts_solve_more_and_say_what_they_spent(trained: Path) -> None:
    model = hrm.load(trained)
    texts = puzzles(model.solver(), 100)
    once, often = (model.solver(max_segments=6, attempts=n).solve(texts) for n in (1, 8))
    assert sum(bool(s.solved) for s in often) > 70, "of 100: the recipe learns; 91 on an AMD EPYC"
    assert sum(bool(s.solved) for s in once) < sum(bool(s.solved) for s in often)
    for one, many in zip(once, often, strict=True):
        assert many.solved or not one.solved
        assert many.attempts == 8 or many.solved
        assert many.spent >= many.segments


def test_answers_stream_as_they_are_ready(trained: Path) -> None:
    solver = hrm.load(trained).solver(halt="fixed", attempts=1, max_segments=2, num_slots=2)
    seen = [s.index for s in solver.stream(puzzles(solver, 5))]
    assert sorted(seen) == list(range(5))
    stream = solver.stream(puzzles(solver, 5))
    next(stream)
    stream.close()  # lets go of the model
    assert len(solver.solve(puzzles(solver, 2))) == 2


def test_a_deadline_gives_the_best_answer_so_far_and_says_so(trained: Path) -> None:
    solver = hrm.load(trained).solver(halt="fixed", attempts=1, max_segments=10_000, num_slots=2)
    answers = solver.solve(puzzles(solver, 4), deadline=0.2)
    assert all(s.is_timed_out for s in answers)
    assert [s.segments > 0 for s in answers] == [True, True, False, False]
    assert answers[2].solution == answers[2].puzzle


def test_checkpoints_of_a_run_are_attempts(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "run")
    saved = list_checkpoints(tmp_path / "run")[-1]
    shutil.copytree(saved, saved.with_name("step_00000001"))
    solver = hrm.load(tmp_path / "run").solver(vary="checkpoints", attempts=2, choose="vote")
    texts = puzzles(solver, 10)
    assert all(s.attempts == 2 for s in solver.solve(texts))
    often = hrm.load(tmp_path / "run").solver(vary="checkpoints", attempts=9, choose="vote")
    assert all(s.attempts == 2 for s in often.solve(texts)), "each checkpoint once"
    with pytest.raises(InputError, match="several checkpoints"):
        hrm.load(trained).solver(vary="checkpoints", attempts=2)


def test_threads_take_turns(trained: Path) -> None:
    solver = hrm.load(trained).solver(max_segments=4, attempts=2)
    texts = puzzles(solver, 20)
    expected = [s.solution for s in solver.solve(texts)]
    with ThreadPoolExecutor(4) as pool:
        for answers in pool.map(lambda _: [s.solution for s in solver.solve(texts)], range(8)):
            assert answers == expected


def test_a_deadline_holds_beside_another_thread(trained: Path) -> None:
    model = hrm.load(trained)
    solver = model.solver(halt="fixed", attempts=1, max_segments=10_000)
    (text,) = puzzles(solver, 1)
    stream = solver.trace(text)
    next(stream)  # holds the model
    with ThreadPoolExecutor(1) as pool:
        (late,) = pool.submit(model.solver().solve, text, deadline=0.1).result(timeout=20)
    assert late.is_timed_out
    assert late.solution == late.puzzle
    with pytest.raises(RuntimeError, match="close it, first"):
        solver.solve(text)
    stream.close()
    assert not model.solver().solve(text)[0].is_timed_out


def test_residuals_of_a_model_without_random_starts_are_warned_about(trained: Path) -> None:
    with pytest.warns(UserWarning, match="random starts"):
        hrm.load(trained).solver(choose="residual", attempts=2)


def test_a_model_with_random_starts_is_started_anew_and_chosen_by_its_residual(tmp_path: Path) -> None:
    recipe = RECIPES["sudoku-4x4"]()
    model = replace(recipe.model, random_start=True, damping=0.05, noise=0.01)
    config = replace(recipe, model=model, training=replace(recipe.training, steps=2, batch_size=8))
    folder = RunFolder.create(tmp_path / "run", config)
    run(folder, prepare(config))
    solver = hrm.load(folder.path).solver(choose="residual", vary="starts", attempts=3, halt="fixed", max_segments=2)
    solutions = solver.solve(puzzles(solver, 4))
    assert [s.attempts for s in solutions] == [3] * 4
    assert [s.spent for s in solutions] == [6] * 4


def test_no_puzzles_no_answers(trained: Path) -> None:
    assert hrm.load(trained).solver().solve([]) == []


def test_puzzles_as_lists_and_arrays(trained: Path) -> None:
    """The task is 4x4; a 0 is a blank."""
    solver = hrm.load(trained).solver(max_segments=1, attempts=1)
    rows = [[1, 0, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]]
    array, text = np.array(rows), "1.34341221434321"
    one: list[Any] = [text, rows, array, array.reshape(16), array.tolist(), array.astype(float), torch.tensor(rows)]
    one += [tuple(map(tuple, rows)), ["1.34", "3412", "2143", "4321"], [text], [rows], array[None], list(text)]
    for value in one:
        assert [solution.puzzle for solution in solver.solve(value)] == [text], value
    for value in ([rows, array], np.stack([array, array]), np.stack([array, array]).reshape(2, 16), [text, rows]):
        assert [solution.puzzle for solution in solver.solve(value)] == [text] * 2
    assert [solution.index for solution in solver.stream(np.stack([array, array]))] == [0, 1]
    assert next(solver.trace(text)).segment == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1034341221434321, r"\(int\) is no puzzle: give a text, 4 rows of 4 cells, all 16 cells"),
        (None, "is no puzzle"),
        (3.5, "is no puzzle"),
        (b"1.34341221434321", "is no puzzle"),
        (len, "is no puzzle"),
        ([["1.34341221434321"]], "is no puzzle"),
        ([1, 2, 3], "puzzle 1: 1 .int. is no puzzle"),
        (np.zeros((3, 3), dtype=int), "puzzle 1: a list of 3 values is no puzzle"),
        (np.full((4, 4), 5), "r1c1 is 5: a cell is a digit from 1 to 4, or 0 for a blank"),
        (np.full((4, 4), -1), "r1c1 is -1"),
        (np.full((4, 4), 0.5), "is no puzzle"),
        ([["x"] * 4] * 4, "r1c1 is 'x'"),
        (["1.34341221434321", "12"], "puzzle 2: 2 cells found"),
        ({"name": 1}, "no 'puzzle' among the keys"),
    ],
    ids=str,
)
def test_values_that_are_no_puzzle(trained: Path, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        hrm.load(trained).solve(value)


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
    assert solution.segments <= 4 * tiny_run.training.max_segments


def test_a_solver_leaves_its_model_as_it_is(trained: Path) -> None:
    loaded = hrm.load(trained).loaded
    model = loaded.model.train()
    runtime = resolve(RuntimeConfig(device="cpu", precision="float32"))
    before = {name: (id(weight), weight._version) for name, weight in model.state_dict(keep_vars=True).items()}
    compiled = make_solver(loaded, runtime=runtime._replace(compile=True))  # at its first segment, not here
    assert all(module.training and module._compiled_call_impl is None for module in model.modules())
    assert compiled.models[0].H_level._compiled_call_impl is not None
    eager = make_solver(loaded, runtime=runtime)
    assert eager.models[0].H_level._compiled_call_impl is None
    text = puzzles(eager, 1)[0]
    eager.solve(text)
    list(eager.trace(text, inner=True))
    assert all(module.training and not module._forward_hooks for module in model.modules())
    assert {name: (id(w), w._version) for name, w in model.state_dict(keep_vars=True).items()} == before
    assert make_solver(loaded, runtime=runtime).models[0] is eager.models[0], "one twin for all its solvers"


def test_a_solution_is_shown_in_a_line(trained: Path) -> None:
    solution = hrm.load(trained).solve("1234341221434321")[0]
    assert repr(solution).startswith("Solution('1234341221434321', solved=")
    large = replace(solution, solution="o" * 900, certainty=0.12345, segments=99_999, attempts=9_999, is_timed_out=True)
    assert len(repr(large)) < 200
    assert "\n" not in repr(large)


@pytest.mark.parametrize("deadline", [float("inf"), float("nan"), 1e10, 0, -1.0, "5", True])
def test_seconds_that_nobody_can_wait_are_refused_at_once(trained: Path, deadline: float) -> None:
    solver = hrm.load(trained).solver()
    with pytest.raises(InputError, match=f"deadline is {deadline!r}: give"):
        solver.stream(["1234341221434321"], deadline=deadline)  # before the first answer is asked for


def test_the_seconds_of_a_puzzle_are_its_own(trained: Path) -> None:
    solver = hrm.load(trained).solver(halt="fixed", attempts=1, max_segments=2, num_slots=1)
    start = time.perf_counter()
    seconds = []
    for solution in solver.stream(puzzles(solver, 20)):
        time.sleep(0.01)  # what the reader does meanwhile is not the puzzle's
        seconds.append(solution.seconds)
    assert 0 < sum(seconds) < time.perf_counter() - start - 0.2 + 0.05
    assert max(seconds[1:]) < 0.5 * sum(seconds), "not since the call began"


def test_what_is_answered_is_let_go_of(trained: Path) -> None:
    solver = hrm.load(trained).solver(attempts=3, num_slots=16)
    tries = Attempts(solver.task, solver.attempts, solver.parse(puzzles(solver, 40)))
    tries.begin()
    num_cells = solver.task.spec.seq_len
    for thoughts in solver._queue(solver.models[0], solver.plain[0], 40).think(tries, num_cells):
        for thought in thoughts:
            tries.take(thought)
        for attempts in tries.ended:
            assert all(attempt.answer.base is None for attempt in attempts), "a row would keep its whole batch"
    assert all(tries.is_done(puzzle) for puzzle in range(40))
    tries.close(0)
    assert (tries.ended[0], tries.running[0], tries.next_job()) == ([], {}, None)


def lattice(tmp_path: Path) -> Path:
    """A lattice of candidates that has seen next to nothing."""
    recipe = RECIPES["sudoku-4x4"]()
    model = LatticeConfig(hidden_size=16, H_layers=1, H_cycles=2, expansion=1.0, equivariant=True)
    training = replace(recipe.training, steps=2, batch_size=8, optimizer="adamw")
    run_config = replace(recipe, model=model, task=replace(recipe.task, num_train=20, num_test=30), training=training)
    with begun(tmp_path / "lattice", run_config) as (folder, prepared):
        run(folder, prepared)
    return tmp_path / "lattice"


def test_a_lattice_gives_up_and_tries_again_with_other_guesses(tmp_path: Path) -> None:
    loaded = load_model(lattice(tmp_path))
    boards = [example for batch in loaded.task.eval_batches(30) for example in zip(*batch[:2], strict=True)]
    examples = [Example(inputs.numpy(), labels.numpy()) for inputs, labels in boards]
    for vary in ("symmetry", "decisions"):
        solver = make_solver(loaded, max_segments=20, attempts=4, vary=vary)
        solutions = solver.solve_examples(examples)
        again = solver.solve_examples(examples)
        assert [(one.solution, one.attempts, one.spent) for one in solutions] == [
            (one.solution, one.attempts, one.spent) for one in again
        ], "guesses are those of the seed"
        for one, example in zip(solutions, examples, strict=True):
            assert one.solved == bool(loaded.task.rules.are_solved(example.inputs[None], one.answer[None])[0])
            given = example.inputs > 1
            assert (one.answer[given] == example.inputs[given]).all(), "no given is ever changed"
        assert max(one.spent for one in solutions) < 80, "an attempt that is stuck is over"
        assert any(one.attempts > 1 for one in solutions)


@pytest.mark.parametrize("vary", ["noise", "starts"])
def test_a_lattice_has_no_state_to_disturb(tmp_path: Path, vary: str) -> None:
    with pytest.raises(InputError, match="no latent state"):
        make_solver(load_model(lattice(tmp_path)), attempts=2, vary=vary)


def test_a_model_that_guesses_nothing_has_no_decisions(trained: Path) -> None:
    with pytest.raises(InputError, match="makes no guesses"):
        make_solver(load_model(trained), attempts=2, vary="decisions")

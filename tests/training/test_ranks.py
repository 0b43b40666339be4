"""Several ranks train as one: the same numbers, the same folder, whatever their number, and whoever goes on with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import tiny_config
from ranks import in_ranks

from hrm.models import same_size_as, with_cycles
from hrm.models.lattice import LatticeConfig
from hrm.nn.embedding import sharded_tables
from hrm.runtime import Runtime
from hrm.segments.slots import joined
from hrm.store.folder import read_tensors
from hrm.store.locate import list_checkpoints
from hrm.training import run as run_module
from hrm.training.checkpoint import STATE
from hrm.training.config import RunConfig
from hrm.training.folder import RunFolder
from hrm.training.loop import TrainState, initial_state, train_step
from hrm.training.metrics import read_metrics
from hrm.training.run import begun, run
from hrm.training.shards import shard_tables, spec_to_build
from hrm.world import ALONE, World

STEPS = 20


def setting(name: str) -> RunConfig:
    config = tiny_config()
    training = replace(config.training, steps=STEPS, corrupted_share=0.5, continue_share=0.5)
    models = {
        "hrm": config.model,  # with a puzzle embedding: sparse gradients
        "trm": with_cycles(same_size_as(config.model, "trm"), 1, 2),  # longer rounds amplify rounding
    }
    return replace(config, model=models[name], training=training)


NUM_PUZZLES = 30


def numbers(world: World, folder: Path, dtype: torch.dtype = torch.float64) -> dict[str, Any]:
    """Reports of 20 steps and the state after them, of the models of ``setting``, of HRM with its table of puzzle
    embeddings sharded, too; the table is whole in what is returned."""
    found = {}
    for name, is_sharded in (("hrm", False), ("hrm", True), ("trm", False)):
        config = setting(name)
        runtime = Runtime(torch.device("cpu"), dtype, False)
        task = config.task.build()
        spec = replace(task.spec, num_puzzles=NUM_PUZZLES)
        config = replace(config, training=replace(config.training, shard_puzzle_table=is_sharded))
        torch.manual_seed(3)
        model = config.model.build(spec_to_build(spec, config)).to(dtype)
        shard_tables(model, spec, config, world)
        state = initial_state(model, spec, config.training, 3, runtime, world)
        # The gradient itself: Adam and its like make whole steps of the rounding of gradients that are zero.
        embeddings = state.optimizers[-1]
        rest = [p for group in state.optimizers[0].param_groups for p in group["params"]]
        state.optimizers = [torch.optim.SGD(rest, lr=0.01), embeddings]
        state.optimizers[0].param_groups[0]["peak_lr"] = 0.01
        reports, norms = [], []
        for step in range(STEPS):
            ids = torch.randint(NUM_PUZZLES, (8,), generator=torch.Generator().manual_seed(step))
            sums = train_step(state, task.train_batch(step, 8, 3)._replace(puzzle_ids=ids), config.training)
            norm = sums.pop("grad_norm", torch.tensor(0.0))  # of the whole gradient on every rank: not to be added up
            values = [value.double() for value in sums.values()]
            world.add(values)
            reports.append([float(value) for value in values])
            norms.append(float(norm))
        slots = joined(world.all(state.slots))
        weights = state.model.state_dict()
        for key, rows in sharded_tables(model).items():
            weights[key] = torch.zeros(rows.num, rows.own.shape[1], dtype=dtype)
            for rank, own in enumerate(world.all(rows.own.detach())):
                weights[key][rank :: world.size] = own
        found[name, is_sharded] = {"reports": reports, "norms": norms, "model": weights, "slots": slots}
    return found


def in_float32(world: World, folder: Path) -> dict[str, Any]:
    return numbers(world, folder, torch.float32)


@pytest.mark.parametrize(
    ("size", "bound"),
    [
        (2, 1e-6),
        (4, 1e-12),
        pytest.param(2, 1e-12, marks=pytest.mark.slow),
        pytest.param(4, 1e-6, marks=pytest.mark.slow),
    ],
)
def test_ranks_give_the_numbers_of_one(tmp_path: Path, size: int, bound: float) -> None:
    """Of one that has the whole table of puzzle embeddings, wherever they have its rows."""
    work = numbers if bound < 1e-9 else in_float32
    alone = work(ALONE, tmp_path)
    assert alone["hrm", False]["model"]["embedding.puzzles.weight"].any(1).sum() > 20, "puzzles that were learned"
    for found in [alone, *in_ranks(size, work, tmp_path)]:
        for (name, is_sharded), other in found.items():
            expected = alone[name, False]
            for a, b in zip(expected["reports"], other["reports"], strict=True):
                assert b == pytest.approx(a, rel=bound, abs=bound)
            assert other["norms"] == pytest.approx(expected["norms"], rel=10 * bound, abs=bound)
            assert expected["model"].keys() == other["model"].keys()
            for key, tensor in expected["model"].items():
                assert torch.allclose(tensor, other["model"][key], rtol=0, atol=10 * bound), (key, is_sharded)
            assert torch.equal(expected["slots"].steps, other["slots"].steps)
            assert torch.equal(expected["slots"].batch.inputs, other["slots"].batch.inputs)


def whole_run(world: World, folder: Path) -> list[float]:
    """A run that validates and saves, or goes on: the losses that are shown, on the first rank alone."""
    config = tiny_config()
    training = replace(config.training, validate_every=6, num_validation=5)
    config = replace(config, training=training)
    shown: list[float] = []
    until = 6 if not (folder / "run").exists() else 12
    with begun(folder / "run", config, resume=True, world=world) as (opened, prepared):
        opened.config = replace(opened.config, training=replace(training, steps=until))
        run(opened, prepared, on_report=lambda report, rate: shown.append(report.loss))
    return shown


@pytest.mark.parametrize("sizes", [(2, 1), pytest.param((1, 4), marks=pytest.mark.slow)])
def test_a_run_goes_on_with_another_number_of_ranks(tmp_path: Path, sizes: tuple[int, int]) -> None:
    shown = []
    for size in sizes:
        found = [whole_run(ALONE, tmp_path)] if size == 1 else in_ranks(size, whole_run, tmp_path)
        assert all(not other for other in found[1:]), "one rank alone shows reports"
        shown += found[0]
    assert len(shown) == 4
    folder = tmp_path / "run"
    checkpoints = list_checkpoints(folder)
    assert [p.name for p in checkpoints] == ["step_00000006", "step_00000012"]
    assert len(list((folder / "checkpoints").glob("best_*"))) == 1
    tensors = read_tensors(checkpoints[-1] / STATE)
    assert len(tensors["slots.steps"]) == 8, "the slots of all ranks"
    alone = whole_run(ALONE, tmp_path / "alone") + whole_run(ALONE, tmp_path / "alone")
    assert shown == pytest.approx(alone, abs=1e-3)


def by_the_clock(world: World, folder: Path) -> list[int]:
    """Two runs, the second of which the clock of the last rank alone wants to save after every step; it goes on from a
    checkpoint between two reports. The steps that were saved."""
    config, saved = tiny_config(), []
    with begun(folder / "whole", config, world=world) as (opened, prepared):
        run(opened, prepared)
    for until in (8, 12):
        with begun(folder / "often", config, resume=until == 12, world=world) as (opened, prepared):
            saved.append(prepared.state.step)
            impatient = world.rank == world.size - 1
            training = replace(config.training, save_minutes=1e-9 if impatient else 0.0)
            opened.config = replace(config, training=training)
            if until == 8:
                lose_after(opened, until)
                with pytest.raises(LostError):
                    run(opened, prepared)
            else:
                run(opened, prepared)
    return saved


class LostError(Exception):
    pass


def lose_after(folder: RunFolder, step: int) -> None:
    save = folder.save

    def lose(state: TrainState, **how: bool) -> None:
        save(state, **how)
        if state.step == step:
            raise LostError

    folder.save = lose  # type: ignore[method-assign]


def test_ranks_save_when_the_clock_of_one_says_so_and_lose_nothing_of_a_report(tmp_path: Path) -> None:
    assert in_ranks(2, by_the_clock, tmp_path) == [[0, 8]] * 2
    one, other = (list_checkpoints(tmp_path / name)[-1] / STATE for name in ("whole", "often"))
    assert one.read_bytes() == other.read_bytes()
    lines = [[{**line, "steps_per_s": 0} for line in read_metrics(tmp_path / name)] for name in ("whole", "often")]
    assert lines[0] == lines[1]
    assert len(lines[0]) == 4


def uneven(world: World, folder: Path) -> str:
    config = tiny_config()
    config = replace(config, training=replace(config.training, batch_size=9))
    try:
        with begun(folder / "run", config, world=world):
            return "begun"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def test_a_batch_that_cannot_be_shared_is_told_by_one_and_leaves_nothing(tmp_path: Path) -> None:
    first, second = in_ranks(2, uneven, tmp_path)
    assert first == "InputError: training.batch_size is 9: 2 ranks cannot have equally many of them"
    assert second == "ToldError: rank 0 has told why"
    assert not (tmp_path / "run").exists()


def on_other_machines(world: World, folder: Path) -> str:
    """A restart by torchrun of ranks on machines of their own: only the first one's name stands in the folder."""
    config = tiny_config()
    path = folder / "run"
    if world.is_first:
        RunFolder.create(path, config)
    world.any(False)
    run_module.is_of_this_launch = lambda path: world.is_first  # a process of its own
    try:
        with begun(path, config, world=world) as (_, prepared):
            return f"at step {prepared.state.step}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def test_a_restart_on_several_machines_is_the_first_ones_to_know(tmp_path: Path) -> None:
    assert in_ranks(2, on_other_machines, tmp_path) == ["at step 0"] * 2


def random_numbers(world: World, folder: Path) -> torch.Tensor:
    config = tiny_config()
    model = LatticeConfig(hidden_size=16, H_layers=1, H_cycles=2, expansion=1.0, equivariant=True)
    runtime = Runtime(torch.device("cpu"), torch.float32, False)
    task = config.task.build()
    torch.manual_seed(3)
    state = initial_state(model.build(task.spec), task.spec, config.training, 3, runtime, world)
    train_step(state, task.train_batch(0, 8, 3), config.training)
    return state.slots.carry.luck


def test_ranks_of_a_model_with_luck_draw_their_own(tmp_path: Path) -> None:
    one, other = in_ranks(2, random_numbers, tmp_path)
    assert one.shape == other.shape
    assert (one == other).float().mean() < 0.1

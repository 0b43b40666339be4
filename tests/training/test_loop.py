from __future__ import annotations

import math
from dataclasses import replace

import graphs
import pytest
import torch
from torch import Tensor

from hrm.errors import InputError
from hrm.models import same_size_as, with_cycles
from hrm.models.lattice import LatticeConfig
from hrm.runtime import Runtime
from hrm.tasks.base import Task
from hrm.training.config import RunConfig
from hrm.training.loop import TrainState, continue_rows, initial_state, learn, train, train_step
from hrm.training.optim import learning_rate_factor
from hrm.training.report import TrainingDivergedError

CPU = Runtime(torch.device("cpu"), torch.float32, False)


def fresh(run: RunConfig) -> tuple[TrainState, Task]:
    torch.manual_seed(run.seed)
    task = run.task.build()
    return initial_state(run.model.build(task.spec), task.spec, run.training, run.seed, CPU), task


def test_puzzles_stay_until_they_halt_and_rows_that_meet_a_busy_slot_are_dropped(tiny_run: RunConfig) -> None:
    state, task = fresh(tiny_run)
    left, stayed = 0, 0
    for step in range(40):
        before = state.slots
        batch = task.train_batch(step, 8, 3)
        train_step(state, batch, tiny_run.training)
        after = state.slots
        taken = before.halted
        assert torch.equal(after.batch.inputs[taken], batch.inputs[taken])
        assert torch.equal(after.batch.inputs[~taken], before.batch.inputs[~taken])
        assert (after.steps[taken] == 1).all()
        assert torch.equal(after.steps[~taken], before.steps[~taken] + 1)
        assert (after.halted | (after.steps < 4)).all()  # always by max_segments
        left, stayed = left + int(taken.sum()), stayed + int((~taken).sum())
    assert left > 20
    assert stayed > 20


def test_learns_and_reports(tiny_run: RunConfig) -> None:
    config = replace(tiny_run.training, steps=60, report_every=20, save_every=30)
    state, task = fresh(replace(tiny_run, training=config))
    reports, dues = zip(*train(state, task, config, 3, CPU), strict=True)
    assert [r.step for r in reports] == [20, 30, 40, 60]
    assert [due.save for due in dues] == [False, True, False, True]
    assert reports[-1].token_loss < 0.9 * reports[0].token_loss
    assert reports[-1].cell_accuracy > reports[0].cell_accuracy
    assert all(1 <= r.segments <= 4 for r in reports)


def test_rate_and_norm_are_reported_and_the_norm_is_had_only_where_it_is(tiny_run: RunConfig) -> None:
    config = replace(tiny_run.training, lr_min_ratio=0.1)  # 12 steps, a report after every third
    state, task = fresh(replace(tiny_run, training=config))
    numbers = [train_step(state, task.train_batch(step, 8, 3), config) for step in range(12)]
    assert [step + 1 for step in range(12) if "grad_norm" in numbers[step]] == [3, 6, 9, 12]
    state, task = fresh(replace(tiny_run, training=config))
    reports = [report for report, _ in train(state, task, config, 3, CPU)]
    assert [report.grad_norm for report in reports] == [float(numbers[step]["grad_norm"]) for step in (2, 5, 8, 11)]
    assert all(report.grad_norm > 0 for report in reports)
    assert config.lr == reports[0].lr / learning_rate_factor(3, 2, 12, 0.1) > reports[-1].lr == 0.1 * config.lr
    state, task = fresh(tiny_run)
    stopped = [report for report, _ in train(state, task, config, 3, CPU, until=lambda: state.step == 4)][-1]
    assert (stopped.step, math.isnan(stopped.grad_norm)) == (4, True)


def test_without_act_every_puzzle_stays_to_the_end(tiny_run: RunConfig) -> None:
    config = replace(tiny_run.training, act=False)
    state, task = fresh(tiny_run)
    with torch.no_grad():
        state.model.q_head.bias.copy_(torch.tensor([99.0, 0.0]))  # stopping is worth everything
    for step in range(8):
        train_step(state, task.train_batch(step, 8, 3), config)
        assert (state.slots.steps == step % 4 + 1).all()
        assert torch.equal(state.slots.halted, state.slots.steps == 4)


def test_short_loops_first(tiny_run: RunConfig) -> None:
    config = replace(tiny_run.training, steps=32, act=False, early_max_segments=(1, 1, 2), max_segments=4)
    assert [config.max_segments_at(step) for step in range(32)] == [1] * 16 + [2] * 8 + [4] * 8
    state, task = fresh(replace(tiny_run, training=config))
    longest = []
    for step in range(32):
        train_step(state, task.train_batch(step, 8, 3), config)
        longest.append(int(state.slots.steps.max()))
    assert longest == [1] * 16 + [1, 2] * 4 + [1, 2, 3, 4] * 2


def test_no_puzzle_left_is_not_a_number_and_not_a_zero(tiny_run: RunConfig) -> None:
    config = replace(tiny_run.training, steps=1, report_every=1, exploration_prob=0.0)
    state, task = fresh(replace(tiny_run, training=config))
    with torch.no_grad():
        state.model.q_head.bias.copy_(torch.tensor([-9.0, 9.0]))  # going on is worth everything
    ((report, _),) = train(state, task, config, 3, CPU)
    assert math.isnan(report.exact_accuracy)


def test_the_step_of_a_loss_that_is_not_a_number_is_named(tiny_run: RunConfig) -> None:
    state, task = fresh(tiny_run)
    reports = train(state, task, tiny_run.training, 3, CPU)
    assert next(reports)[0].step == 3
    with torch.no_grad():
        state.model.lm_head.weight.fill_(math.nan)
    with pytest.raises(TrainingDivergedError, match="at step 4") as raised:
        next(reports)
    assert raised.value.step == 4


def test_asked_to_stop_it_reports_and_stops(tiny_run: RunConfig) -> None:
    state, task = fresh(tiny_run)
    reports = list(train(state, task, tiny_run.training, 3, CPU, until=lambda: state.step == 5))
    assert [(report.step, due.save) for report, due in reports] == [(3, False), (5, True)]
    assert state.step == 5


def test_every_slot_has_its_turn_at_the_continue_target() -> None:
    assert continue_rows(7, 8, 1.0).tolist() == list(range(8))
    turns = torch.cat([continue_rows(step, 8, 0.25) for step in range(4)])
    assert sorted(turns.tolist()) == list(range(8))
    assert len(continue_rows(0, 8, 0.01)) == 1
    assert len(continue_rows(0, 8, 0.0)) == 0


def test_without_continue_targets_no_step_thinks_ahead_and_q_continue_learns_nothing(tiny_run: RunConfig) -> None:
    config = replace(tiny_run.training, continue_share=0.0, weight_decay=0.0, ema_decay=0.0)
    state, task = fresh(replace(tiny_run, training=config))
    seen: list[int] = []
    state.model.register_forward_hook(lambda module, args, output: seen.append(len(args[1].inputs)))
    for step in range(3):
        train_step(state, task.train_batch(step, 8, 3), config)
    assert seen == [8] * 3
    assert state.model.q_head.bias[1] == -5
    assert state.model.q_head.bias[0] != -5


def test_a_share_of_continue_targets_thinks_ahead_for_these_rows_alone(tiny_run: RunConfig) -> None:
    config = replace(tiny_run.training, continue_share=0.25)
    state, task = fresh(replace(tiny_run, training=config))
    seen: list[int] = []
    state.model.register_forward_hook(lambda module, args, output: seen.append(len(args[1].inputs)))
    for step in range(3):
        train_step(state, task.train_batch(step, 8, 3), config)
    assert seen == [8, 2] * 3


@pytest.mark.parametrize("architecture", ["hrm", "trm", "lattice"])
@pytest.mark.parametrize("share", [1.0, 0.25, 0.0])
@pytest.mark.parametrize("size", [4, 1])
def test_parts_of_the_batch_give_the_numbers_of_the_whole(
    tiny_run: RunConfig, architecture: str, share: float, size: int
) -> None:
    config = replace(tiny_run.training, continue_share=share)
    model = {
        "hrm": tiny_run.model,
        "trm": with_cycles(same_size_as(tiny_run.model, "trm"), 1, 2),  # longer rounds amplify rounding
        "lattice": LatticeConfig(hidden_size=16, H_layers=1, H_cycles=2, expansion=1.0, equivariant=True),
    }[architecture]
    double = Runtime(torch.device("cpu"), torch.float64, False)
    task = tiny_run.task.build()
    found: list[list[dict[str, Tensor]]] = []
    states: list[TrainState] = []
    for device_batch_size in (None, size):
        torch.manual_seed(3)
        state = initial_state(model.build(task.spec).double(), task.spec, config, 3, double)
        # The gradient itself: Adam and its like make whole steps of the rounding of gradients that are zero.
        state.optimizers = [torch.optim.SGD(state.model.parameters(), lr=0.01)]
        state.optimizers[0].param_groups[0]["peak_lr"] = 0.01
        own = replace(config, device_batch_size=device_batch_size)
        found.append([train_step(state, task.train_batch(step, 8, 3), own) for step in range(6)])
        states.append(state)
    for whole, part in zip(*found, strict=True):
        for key in whole:
            assert float(part[key]) == pytest.approx(float(whole[key]), rel=0, abs=1e-12), key
    for (name, whole), (_, part) in zip(*(s.model.state_dict().items() for s in states), strict=True):
        assert torch.allclose(whole, part, rtol=0, atol=1e-12), name
    for whole, part in zip(states[0].slots.carry, states[1].slots.carry, strict=True):
        assert torch.allclose(whole, part, rtol=0, atol=1e-12)
    assert torch.equal(states[0].slots.halted, states[1].slots.halted)
    assert torch.equal(states[0].slots.steps, states[1].slots.steps)


def test_the_device_sees_so_many_slots_at_once_and_no_more(tiny_run: RunConfig) -> None:
    sizes: list[int] = []
    state, task = fresh(tiny_run)
    state.model.register_forward_pre_hook(lambda module, args: sizes.append(len(args[1].inputs)))
    train_step(state, task.train_batch(0, 8, 3), replace(tiny_run.training, device_batch_size=2))
    assert max(sizes) == 2
    with pytest.raises(InputError, match=r"device_batch_size is 3: it must divide training.batch_size, 8"):
        replace(tiny_run.training, device_batch_size=3)


def test_a_board_of_a_lattice_leaves_when_the_model_is_right_about_it(tiny_run: RunConfig) -> None:
    model = LatticeConfig(hidden_size=16, H_layers=1, H_cycles=2, expansion=1.0, equivariant=True)
    config = replace(tiny_run.training, max_segments=20, exploration_prob=0.0)
    state, task = fresh(replace(tiny_run, model=model, training=config))
    leaving = 0
    for step in range(12):
        before = state.slots
        numbers = train_step(state, task.train_batch(step, 8, 3), config)
        after = state.slots
        known = torch.nn.functional.one_hot(after.batch.labels, 6).bool()
        is_dead = ~(known & (after.carry.alive > 0)).any(-1).all(-1)
        is_solved = ((after.carry.alive > 0) == known).all(-1).all(-1)
        assert (is_dead | is_solved | (after.steps >= 20))[after.halted].all()
        stayed = ~before.halted
        assert torch.equal(after.batch.inputs[stayed], before.batch.inputs[stayed])
        assert (after.carry.alive[stayed] <= before.carry.alive[stayed]).all(), "training goes on from what it reached"
        assert int(numbers["halted"]) == int(after.halted.sum())
        leaving += int(after.halted.sum())
    assert leaving > 0


@pytest.mark.parametrize("device_batch_size", [None, 2])
@pytest.mark.parametrize("embedding", [0, 16])
def test_a_step_as_one_graph_is_the_same_step(
    tiny_run: RunConfig, monkeypatch: pytest.MonkeyPatch, embedding: int, device_batch_size: int | None
) -> None:
    monkeypatch.setattr("hrm.capture.record_on_gpu", graphs.record)
    graphs.calls.clear()
    training = replace(tiny_run.training, device_batch_size=device_batch_size, early_max_segments=(2,), steps=12)
    run = replace(tiny_run, training=training, model=replace(tiny_run.model, puzzle_embedding_size=embedding))
    ends = []
    for runtime in (CPU, CPU._replace(capture=True)):
        torch.manual_seed(0)
        task = run.task.build()
        state = initial_state(run.model.build(task.spec), task.spec, run.training, run.seed, runtime)
        losses = [train_step(state, task.train_batch(step, 8, 0), training)["loss"] for step in range(12)]
        ends.append((torch.stack(losses), *state.model.state_dict().values(), *state.slots.carry))
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))
    assert len(graphs.calls) == 2, "M_max 2, then 4"


def test_a_model_that_draws_numbers_is_no_graph(tiny_run: RunConfig) -> None:
    task = tiny_run.task.build()
    model = replace(tiny_run.model, noise=0.1).build(task.spec)
    there = CPU._replace(capture=True)
    assert initial_state(model, task.spec, tiny_run.training, 0, there).learn is learn
    with pytest.raises(InputError, match="capture yes: this model draws random numbers"):
        initial_state(model, task.spec, tiny_run.training, 0, there._replace(must_capture=True))


@pytest.mark.parametrize("optimizer", ["adam_atan2", "muon"])
@pytest.mark.parametrize("name", ["hrm", "trm", "equivariant", "urm", "lattice"])
def test_the_processor_never_waits_for_the_device(tiny_run: RunConfig, name: str, optimizer: str) -> None:
    """On tensors without data, whatever asks for a value fails."""
    meta = Runtime(torch.device("meta"), torch.bfloat16, False)
    task = tiny_run.task.build()
    config = LatticeConfig() if name == "lattice" else same_size_as(tiny_run.model, name)
    training = replace(tiny_run.training, optimizer=optimizer, ema_decay=0.9)
    state = initial_state(config.build(task.spec).to("meta"), task.spec, training, 0, meta)
    for step in range(2):  # the second has what the first leaves: a carry, moments, an average
        numbers = train_step(state, task.train_batch(step, 8, 0).to(meta.device), training)
    assert all(value.is_meta for value in numbers.values())
    with pytest.raises(RuntimeError, match="meta"):
        numbers["loss"].item()

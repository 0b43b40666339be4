from __future__ import annotations

import math

import pytest
import torch

from hrm.nn.embedding import PuzzleEmbedding
from hrm.nn.linear import Linear
from hrm.nn.state_space import StateSpace
from hrm.runtime import RuntimeConfig, resolve
from hrm.training.optim import (
    AdamAtan2,
    SignSGD,
    gradient_norm,
    learning_rate_factor,
    make_optimizers,
    set_learning_rate,
    summed_by_id,
)


def test_adam_atan2_equals_its_formula_over_many_steps() -> None:
    torch.manual_seed(0)
    p = torch.nn.Parameter(torch.randn(5, 3, dtype=torch.float64))
    expected, m, v = p.detach().clone(), torch.zeros(5, 3).double(), torch.zeros(5, 3).double()
    lr, wd, b1, b2 = 0.01, 0.3, 0.9, 0.95
    optimizer = AdamAtan2([p], lr=lr, betas=(b1, b2), weight_decay=wd)
    for t in range(1, 30):
        g = torch.randn(5, 3, dtype=torch.float64)
        p.grad = g.clone()
        optimizer.step()
        expected *= 1 - lr * wd
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        expected -= lr / (1 - b1**t) * torch.atan2(m, v.sqrt() / math.sqrt(1 - b2**t))
    torch.testing.assert_close(p.detach(), expected)


def test_adam_atan2_does_not_care_for_the_scale_of_the_loss() -> None:
    def trained(scale: float) -> torch.Tensor:
        p = torch.nn.Parameter(torch.ones(4))
        optimizer = AdamAtan2([p], lr=0.1)
        for _ in range(3):
            p.grad = scale * torch.tensor([1.0, -2.0, 3.0, 0.0])
            optimizer.step()
        return p.detach()

    torch.testing.assert_close(trained(1e-12), trained(1e6))


def test_sign_sgd_sums_a_puzzle_over_the_batch_and_leaves_the_absent_alone() -> None:
    table = PuzzleEmbedding(4, 3)
    torch.nn.init.ones_(table.weight)
    optimizer = SignSGD(table.parameters(), lr=0.1, weight_decay=0.5)
    rows = table(torch.tensor([2, 0, 2]))
    # Puzzle 2 is there twice, with gradients 3 and -1, -1 and 1, 1 and -2: sums 2, 0, -1.
    (rows * torch.tensor([[3.0, -1, 1], [1, 1, 1], [-1, 1, -2]])).sum().backward()
    optimizer.step()
    kept = 1 - 0.1 * 0.5
    expected = torch.tensor([[kept - 0.1] * 3, [1.0] * 3, [kept - 0.1, kept, kept + 0.1], [1.0] * 3])
    torch.testing.assert_close(table.weight.detach(), expected)


def optimizers(name: str) -> list[torch.optim.Optimizer]:
    model = torch.nn.ModuleDict({"puzzles": PuzzleEmbedding(4, 3), "level": Linear(64, 64), "head": Linear(64, 5)})
    return make_optimizers(model, name, lr=0.1, weight_decay=0.2, puzzle_lr=0.3, puzzle_weight_decay=0.4)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("adam_atan2", [[(64, 64), (5, 64)], [(4, 3)]]),
        ("adamw", [[(64, 64), (5, 64)], [(4, 3)]]),
        ("muon", [[(64, 64)], [(5, 64)], [(4, 3)]]),
    ],
)
def test_who_updates_what(name: str, shapes: list[list[tuple[int, int]]]) -> None:
    made = optimizers(name)
    assert [[tuple(p.shape) for p in optimizer.param_groups[0]["params"]] for optimizer in made] == shapes
    assert isinstance(made[-1], SignSGD)
    assert [optimizer.param_groups[0]["weight_decay"] for optimizer in made] == [0.2] * (len(made) - 1) + [0.4]


@pytest.mark.parametrize("name", ["adam_atan2", "adamw", "muon"])
def test_decays_of_a_recurrence_do_not_decay_themselves(name: str) -> None:
    model = torch.nn.ModuleDict({"level": StateSpace(64, 4, 16), "head": Linear(64, 5)})
    made = make_optimizers(model, name, lr=0.1, weight_decay=0.2, puzzle_lr=0.3, puzzle_weight_decay=0.4)
    decay_of = {p: group["weight_decay"] for one in made for group in one.param_groups for p in group["params"]}
    assert {name: decay_of[p] for name, p in model.named_parameters()} == {
        "level.in_proj.weight": 0.2,
        "level.o_proj.weight": 0.2,
        "head.weight": 0.2,
        "level.dt_bias": 0.0,
        "level.A_log": 0.0,
    }
    assert all(group["peak_lr"] == 0.1 for one in made for group in one.param_groups)


def test_the_schedule_multiplies_the_rate_of_each() -> None:
    made = optimizers("muon")
    for optimizer in made:
        set_learning_rate(optimizer, 0.9)
        set_learning_rate(optimizer, 0.5)
    assert [optimizer.param_groups[0]["lr"] for optimizer in made] == pytest.approx([0.05, 0.05, 0.15])


def test_a_compiled_update_is_the_same_update_and_is_not_compiled_for_each_shape() -> None:
    shapes = [(7, 5), (5, 7), (3,), (2, 3, 4), (2, 3, 4, 5), (11,), (13, 2), (2, 2, 2, 2, 2), (9, 8), (6,)]

    def trained(compile: bool) -> list[torch.Tensor]:
        torch.manual_seed(0)
        weights = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
        optimizer = AdamAtan2(weights, lr=0.1, weight_decay=0.1, runtime=runtime if compile else None)
        for _ in range(3):
            for p in weights:
                p.grad = torch.randn(p.shape)
            optimizer.step()
        return [p.detach() for p in weights]

    runtime = resolve(RuntimeConfig(device="cpu", compile="auto"))
    if not runtime.compile:
        pytest.skip("no C++ compiler here")
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    torch.testing.assert_close(trained(True), trained(False))
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] <= 2  # of 10 shapes, 5 ranks


@pytest.mark.parametrize(("step", "expected"), [(1, 0.1), (5, 0.5), (10, 1.0), (55, 0.55), (100, 0.1), (1000, 0.1)])
def test_warm_up_then_half_a_cosine(step: int, expected: float) -> None:
    assert learning_rate_factor(step, warmup=10, total=100, min_ratio=0.1) == pytest.approx(expected)


def test_constant_after_the_warm_up_by_default() -> None:
    assert {learning_rate_factor(step, 10, 100, 1.0) for step in (10, 50, 100)} == {1.0}
    assert learning_rate_factor(1, 0, 100, 1.0) == 1.0


def test_rows_of_one_puzzle_are_added_up_in_their_order() -> None:
    ids = torch.tensor([3, 1, 3, 0, 1, 3, 7])
    rows = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    gradient = torch.sparse_coo_tensor(ids[None], rows, (9, 5), check_invariants=True)
    found, sums = summed_by_id(gradient)
    once = gradient.coalesce()
    wanted = dict(zip(once.indices()[0].tolist(), once.values(), strict=True))
    assert found.tolist() == sorted(ids.tolist())
    for puzzle, total in zip(found.tolist(), sums, strict=True):
        assert torch.equal(total, wanted[puzzle]), puzzle


def test_the_norm_is_that_of_all_gradients_with_the_rows_of_equal_puzzles_summed() -> None:
    model = torch.nn.Sequential(PuzzleEmbedding(5, 2), torch.nn.Linear(2, 1), torch.nn.Linear(2, 1))
    table, used, unused = model[0].weight, model[1], model[2]
    table.grad = torch.sparse_coo_tensor([[3, 3]], [[1.0, 0.0], [2.0, 4.0]], table.shape, check_invariants=True)
    used.weight.grad, used.bias.grad = torch.tensor([[0.0, 12.0]]), torch.zeros(1)
    assert unused.weight.grad is None
    assert float(gradient_norm(model)) == 13.0  # (1 + 2, 4) and 12
    assert table.grad._nnz() == 2, "the gradient itself is as it was"

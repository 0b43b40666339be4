"""A segment equals the calls written out by hand, and its gradient is that of the last step alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hrm.models.hrm import HRM, HRMConfig
from hrm.models.recursion import TwoStates
from hrm.types import Batch, TaskSpec

SPEC = TaskSpec(vocab_size=6, seq_len=16, num_puzzles=3, grid_shape=(4, 4), symbols=tuple(" .1234"))


def make(**settings: object) -> tuple[HRM, Batch, TwoStates]:
    torch.manual_seed(0)
    small = {"hidden_size": 32, "num_heads": 2, "H_layers": 1, "L_layers": 2, "puzzle_embedding_size": 32}
    model = HRMConfig(**{**small, **settings}).build(SPEC)
    torch.nn.init.normal_(model.embedding.puzzles.weight)
    torch.nn.init.normal_(model.q_head.weight)
    batch = Batch(torch.randint(0, 6, (4, 16)), torch.randint(1, 6, (4, 16)), torch.tensor([0, 1, 2, 2]))
    return model, batch, model.initial_carry(4)


def by_hand(model: HRM, batch: Batch, carry: TwoStates, N: int, T: int, one_step: bool) -> tuple[Tensor, ...]:
    """The paper's equations, cycle by cycle; with ``one_step`` every state but the last of each level is detached."""
    z_H, z_L = carry
    e = model.embedding(batch)
    for n in range(N):
        for t in range(T):
            is_last = n == N - 1 and t == T - 1
            if one_step:
                z_H, z_L = z_H.detach(), z_L.detach()
            z_L = model.L_level(z_L, z_H + (e if is_last or not one_step else e.detach()))
        z_H = model.H_level(z_H, z_L if n == N - 1 or not one_step else z_L.detach())
    q = z_H[:, 0] @ model.q_head.weight.T + model.q_head.bias
    return z_H, z_L, model.lm_head(z_H[:, 1:]), q[:, 0], q[:, 1]


@pytest.mark.parametrize(("N", "T"), [(1, 1), (2, 2), (3, 1), (2, 3)])
@pytest.mark.parametrize("mixing", ["attention", "mlp"])
def test_a_segment_equals_the_calls_written_out(N: int, T: int, mixing: str) -> None:
    model, batch, carry = make(H_cycles=N, L_cycles=T, mixing=mixing)
    for _ in range(2):  # the second segment starts where the first ended
        z_H, z_L, logits, q_halt, q_continue = by_hand(model, batch, carry, N, T, False)
        carry, prediction = model(carry, batch)
        for ours, expected in zip((*carry, *prediction[:3]), (z_H, z_L, logits, q_halt, q_continue), strict=True):
            torch.testing.assert_close(ours, expected)


def test_the_gradient_is_that_of_the_last_step_alone() -> None:
    model, batch, carry = make(H_cycles=2, L_cycles=2)
    probe = torch.randn(4, 16, 6)

    def gradients(logits: Tensor, q_halt: Tensor) -> dict[str, Tensor]:
        model.zero_grad()
        ((logits * probe).sum() + q_halt.sum()).backward()
        return {name: p.grad.to_dense().clone() for name, p in model.named_parameters()}

    _, prediction = model(carry, batch)
    ours = gradients(prediction.logits, prediction.q_halt)
    _, _, logits, q_halt, _ = by_hand(model, batch, carry, 2, 2, True)
    one_step = gradients(logits, q_halt)
    _, _, logits, q_halt, _ = by_hand(model, batch, carry, 2, 2, False)
    through_time = gradients(logits, q_halt)
    for name, grad in ours.items():
        torch.testing.assert_close(grad, one_step[name])
    level = "L_level.blocks.0.swiglu.down_proj.weight"
    assert not torch.allclose(ours[level], through_time[level], rtol=1e-2)


def test_the_carry_is_detached() -> None:
    model, batch, carry = make()
    carry, _ = model(carry, batch)
    assert not any(z.requires_grad for z in carry)


@pytest.mark.parametrize(("N", "T"), [(1, 2), (4, 8)])
def test_what_backward_keeps_does_not_grow_with_the_cycles(N: int, T: int) -> None:
    model, batch, carry = make(H_cycles=N, L_cycles=T)
    reference, _, _ = make(H_cycles=1, L_cycles=1)

    def kept(m: HRM) -> int:
        sizes: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x: sizes.append(x.nbytes) or x, lambda x: x):
            m(carry, batch)
        return sum(sizes)

    assert kept(model) == kept(reference)


def test_the_carry_decides_the_precision() -> None:
    model, batch, _ = make()
    carry, prediction = model(model.initial_carry(4, torch.bfloat16), batch)
    assert {z.dtype for z in carry} == {torch.bfloat16}
    assert prediction.q_halt.dtype == torch.float32
    exact_carry, exact = model(model.initial_carry(4), batch)
    assert (prediction.logits.float() - exact.logits).abs().max() < 0.15
    assert exact_carry.z_H.dtype == torch.float32


def test_at_the_start_stopping_and_going_on_are_worth_nothing() -> None:
    model = HRMConfig(hidden_size=32, num_heads=2, H_layers=1, L_layers=1, puzzle_embedding_size=0).build(SPEC)
    batch = Batch(torch.ones(2, 16).long(), torch.ones(2, 16).long(), torch.zeros(2).long())
    _, prediction = model(model.initial_carry(2), batch)
    assert (prediction.q_halt == -5).all()
    assert (prediction.q_continue == -5).all()


def test_the_papers_model_has_the_papers_size() -> None:
    spec = TaskSpec(vocab_size=11, seq_len=81, num_puzzles=1, grid_shape=(9, 9), symbols=tuple(" .123456789"))
    model = HRMConfig().build(spec)
    trained = sum(p.numel() for p in model.parameters())
    puzzle_table = model.embedding.puzzles.weight.numel()  # a buffer, not a parameter, in the published code
    assert trained - puzzle_table == 27_275_266

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from hrm.nn.state_space import A_RANGE, CHUNK, DT_RANGE, StateSpace, chunked_scan, decays, step_by_step, turned

LENGTHS = [1, 7, 36, CHUNK, CHUNK + 1, 81, 81 + 16, 2 * CHUNK + 3, 200]
"""One chunk, whole and not, and several that do not divide the row; 81 cells alone and behind a prefix."""


def drawn(L: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    """q, k, v and decays from nearly none to all of it, in one row."""
    generator = torch.Generator().manual_seed(L)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, dtype=dtype, generator=generator)

    B, G, H, N, P = 2, 2, 3, 8, 5
    log_a = -torch.nn.functional.softplus(4 * normal(B, L, G, H) - 1)
    return normal(B, L, G, N), normal(B, L, G, N), normal(B, L, G, H, P), log_a


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
@pytest.mark.parametrize("L", LENGTHS)
def test_chunks_give_what_the_recurrence_gives_step_by_step_and_so_do_their_gradients(
    L: int, dtype: torch.dtype, tolerance: float
) -> None:
    inputs = [part.requires_grad_() for part in drawn(L, dtype)]
    results = []
    for scan in (chunked_scan, step_by_step):
        y = scan(*inputs)
        weights = torch.linspace(-1, 1, y.numel(), dtype=dtype).view_as(y)
        results.append([y.detach(), *torch.autograd.grad((y * weights).sum(), inputs)])
    for chunked, stepwise in zip(*results, strict=True):
        assert chunked.dtype == dtype
        assert (chunked - stepwise).abs().max() <= tolerance * stepwise.abs().max()


def test_a_large_decay_hides_no_small_one_behind_it() -> None:
    log_a = torch.full((1, 40), -0.001)
    log_a[0, 3] = -3000.0
    after = decays(log_a)[0]
    torch.testing.assert_close(after[39, 4], torch.tensor(math.exp(-0.035)), rtol=1e-6, atol=0)
    assert after[39, 2] == 0
    assert after[4, 39] == 0


def test_products_in_bfloat16_lose_what_bfloat16_loses_and_decays_nothing() -> None:
    q, k, v, log_a = drawn(200, torch.float32)
    log_a = log_a / 50  # long memories: what is carried from chunk to chunk counts
    exact = step_by_step(q.bfloat16().float(), k.bfloat16().float(), v.bfloat16().float(), log_a)
    rounded = chunked_scan(q.bfloat16(), k.bfloat16(), v.bfloat16(), log_a)
    assert rounded.dtype == torch.bfloat16
    assert ((rounded.float() - exact).norm() / exact.norm()).item() < 0.01


def test_the_layer_is_the_recurrence_written_out() -> None:
    torch.manual_seed(0)
    layer, x = StateSpace(16, 4, 6).double(), torch.randn(2, 81, 16, dtype=torch.float64)
    gate, each_way = layer.in_proj(x).split((16, 2 * (6 + 6 + 8 + 2)), dim=-1)
    A, silu = layer.A_log.exp().view(2, 2), torch.nn.functional.silu
    found = torch.zeros(2, 81, 4, 4, dtype=torch.float64)
    for way in (0, 1):  # the second reads the row from its end
        q, k, v, dt = each_way.chunk(2, dim=-1)[way].split((6, 6, 8, 2), dim=-1)
        q, k, v = silu(q), silu(k), silu(v).view(2, 81, 2, 4)
        dt = torch.nn.functional.softplus(dt + layer.dt_bias.view(2, 2)[way])
        state = torch.zeros(2, 2, 6, 4, dtype=torch.float64)
        for t in range(81) if way == 0 else reversed(range(81)):
            written = torch.einsum("bn,bhp->bhnp", k[:, t], v[:, t])
            state = torch.exp(-dt[:, t] * A[way])[..., None, None] * state + written
            found[:, t, 2 * way : 2 * way + 2] = torch.einsum("bn,bhnp->bhp", q[:, t], state)
    gated = found.view(2, 81, 16) * silu(gate)
    normed = gated / (gated.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(layer(x), normed @ layer.o_proj.weight.T, rtol=1e-10, atol=1e-12)


def test_every_cell_sees_every_other_and_half_of_the_heads_only_one_side() -> None:
    torch.manual_seed(0)
    layer, x = StateSpace(16, 4, 6), torch.randn(1, 70, 16, requires_grad=True)
    assert (torch.autograd.grad(layer(x)[0, 30].sum(), x)[0][0].abs().sum(-1) > 0).all()
    ways = turned(torch.arange(6).view(1, 3, 2))
    assert ways[0].tolist() == [[0, 5], [2, 3], [4, 1]]
    assert torch.equal(turned(ways), torch.arange(6).view(1, 3, 2))


def test_weights_begin_as_those_of_mamba_2_do() -> None:
    torch.manual_seed(0)
    layer = StateSpace(1024, 512, 4)
    dt, A = torch.nn.functional.softplus(layer.dt_bias), layer.A_log.exp()
    assert DT_RANGE[0] * 0.99 <= dt.min() <= 1.2 * DT_RANGE[0]
    assert 0.8 * DT_RANGE[1] <= dt.max() <= DT_RANGE[1] * 1.01
    assert dt.log().mean().item() == pytest.approx(math.log(0.01), abs=0.2)
    assert A_RANGE[0] <= A.min() < A.max() <= A_RANGE[1]
    assert A.mean().item() == pytest.approx(8.5, abs=0.5)


@pytest.mark.parametrize(("hidden_size", "num_heads"), [(15, 3), (16, 6)])
def test_heads_that_cannot_be_halved_are_refused(hidden_size: int, num_heads: int) -> None:
    with pytest.raises(ValueError, match="even"):
        StateSpace(hidden_size, num_heads, 4)


def test_a_compiled_layer_gives_the_same() -> None:
    torch.manual_seed(0)
    layer, x = StateSpace(16, 4, 6), torch.randn(2, 97, 16)
    torch.testing.assert_close(torch.compile(layer)(x), layer(x), rtol=1e-4, atol=1e-5)

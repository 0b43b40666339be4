"""A recurrence along the row of cells, the third way to mix them: its cost grows with their number, not its square.

Linear attention with decays, the recurrence of Mamba-2 (arXiv 2405.21060, section 5), in both directions. Every
head keeps a matrix and lets it fade::

    S_t = a_t S_(t-1) + k_t v_t^T      # a_t = exp(-A softplus(dt_t)), from 0 to 1: what is kept when cell t comes
    y_t = S_t^T q_t                    # q, k, v, dt: of cell t; A > 0: of the head

Half of the heads read the row from its beginning, half from its end; their results meet in the matrix that follows. So
each direction has its own weights, as in Hydra (arXiv 2407.09941), at the cost of one: a cell's past and its future
need not be told alike. Order is told by what has faded, so no position has to be. Decays begin as Mamba-2's do. Left
out of it are the factor dt on what is written and the skip beside it (Gated DeltaNet, arXiv 2412.06464, has neither; in
short runs what a dt of 0.01 scales is hardly heard: docs/log.md, 2026-11-26), the short convolution before
(neighbours in the row are not all of a board's neighbours) and the twofold width.

Here the recurrence is the *chunked* one of that paper, section 6: matrix products within chunks of the row, and one
matrix a head passed from chunk to chunk. It is not an approximation (tests/nn/test_state_space.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hrm.nn.linear import Linear
from hrm.nn.norm import rms_norm
from hrm.nn.precision import at_least_float32

CHUNK = 64
"""Most cells in a chunk (the kernels of Mamba-2 and of flash-linear-attention: 64 to 256)."""

DT_RANGE, A_RANGE = (1e-3, 0.1), (1.0, 16.0)
"""Ranges of the first dt (evenly in its logarithm) and of A (evenly), as in the published code of Mamba-2."""

Scan = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""q, k (B, L, G, N), v (B, L, G, H, P), log a (B, L, G, H) -> y (B, L, G, H, P), each of G groups of H heads."""


class StateSpace(nn.Module):
    """Gated linear recurrence over the cells, both ways, then a gate, a norm, and a matrix (Mamba-2's order).

    ``num_heads`` is even, and divides ``hidden_size``. The heads of a direction share q and k of width ``state_size``.
    """

    def __init__(self, hidden_size: int, num_heads: int, state_size: int) -> None:
        super().__init__()
        if hidden_size % num_heads or num_heads % 2:
            raise ValueError(f"hidden_size {hidden_size} must be a multiple of num_heads {num_heads}, which is even")
        self.num_heads, self.state_size, self.head_size = num_heads, state_size, hidden_size // num_heads
        # Each direction: q, k, v of half of the heads, dt of half of the heads.
        self.widths = [state_size, state_size, hidden_size // 2, num_heads // 2]
        self.in_proj = Linear(hidden_size, hidden_size + 2 * sum(self.widths))
        low, high = map(math.log, DT_RANGE)
        dt = torch.empty(num_heads).uniform_(low, high).exp()
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))  # softplus of it is dt
        self.A_log = nn.Parameter(torch.empty(num_heads).uniform_(*A_RANGE).log())
        self.o_proj = Linear(hidden_size, hidden_size)
        self.scan: Scan = chunked_scan

    def undecayed(self) -> list[nn.Parameter]:
        """Weights that weight decay would pull to no meaningful place (published code: ``_no_weight_decay``)."""
        return [self.dt_bias, self.A_log]

    def forward(self, x: Tensor) -> Tensor:  # (B, L, D) -> (B, L, D)
        B, L, D = x.shape
        gate, each_way = torch.split(self.in_proj(x), [D, 2 * sum(self.widths)], dim=-1)
        q, k, v, dt = torch.split(turned(each_way.view(B, L, 2, -1)), self.widths, dim=-1)
        q, k, v = F.silu(q), F.silu(k), F.silu(v).view(B, L, 2, -1, self.head_size)
        dt = at_least_float32(dt)
        bias, A_log = (p.to(dt.dtype).view(2, -1) for p in (self.dt_bias, self.A_log))
        log_a = -F.softplus(dt + bias) * A_log.exp()  # (B, L, 2, H)
        y = turned(self.scan(q, k, v, log_a)).reshape(B, L, D)
        return self.o_proj(rms_norm(y * F.silu(gate)))


def turned(x: Tensor) -> Tensor:
    """(B, L, 2, ...) with the row of the second of two directions turned round; twice is not at all."""
    forward, backward = x.unbind(2)
    return torch.stack((forward, backward.flip(1)), dim=2)


def chunked_scan(q: Tensor, k: Tensor, v: Tensor, log_a: Tensor) -> Tensor:
    """``y_t = (sum over s <= t of a_(s+1) ... a_t k_s v_s^T)^T q_t``, in chunks; shapes: see ``Scan``.

    Products are in the precision of v, decays and the state that is passed on in that of log_a.
    """
    B, L, G, H, P = v.shape
    num = -(-L // CHUNK)
    size = -(-L // num)  # as even as can be: 81 cells are 41 and 40, not 64 and 17
    q, k, v, log_a = (_in_chunks(x, num, size) for x in (q, k, v, log_a))  # (B, G, chunks, size, ...)
    after = decays(log_a.transpose(-1, -2))  # (B, G, chunks, H, size, size): what is left in t of what came in s
    scores = at_least_float32(q @ k.mT)[..., None, :, :]  # (B, G, chunks, 1, size, size)
    y = (scores * after).to(v.dtype) @ v.transpose(-2, -3)  # (B, G, chunks, H, size, P)
    if num > 1:
        # What each chunk adds to the state, as if it began with none: (B, G, chunks, N, H P).
        kept = v * after[..., -1, :].mT[..., None].to(v.dtype)
        added = at_least_float32(k.mT @ kept.flatten(-2))
        since = log_a.cumsum(-2).exp()  # (B, G, chunks, size, H): what is left of the state before the chunk
        before = _before_each(torch.unflatten(added, -1, (H, P)), since[..., -1, :])  # (B, G, chunks, N, H, P)
        from_before = torch.unflatten(q @ before.to(v.dtype).flatten(-2), -1, (H, P)) * since[..., None].to(v.dtype)
        y = y + from_before.transpose(-2, -3)
    return y.permute(0, 2, 4, 1, 3, 5).reshape(B, num * size, G, H, P)[:, :L]


def _in_chunks(x: Tensor, num: int, size: int) -> Tensor:
    """(B, L, G, ...) -> (B, G, num, size, ...); zeros at the end write nothing and forget nothing."""
    rest = num * size - x.shape[1]
    if rest:
        x = F.pad(x, (0, 0) * (x.ndim - 2) + (0, rest))
    return torch.unflatten(x, 1, (num, size)).movedim(3, 1)


def decays(log_a: Tensor) -> Tensor:
    """(..., c) -> (..., c, c): in row t, column s, ``a_(s+1) ... a_t``; 0 where s > t.

    Each sum is made of its own terms alone. As the difference of two sums over all before, it would lose in float32
    what is small beside one large decay further up.
    """
    c = log_a.shape[-1]
    lower = torch.ones(c, c, dtype=torch.bool, device=log_a.device).tril()
    terms = log_a[..., None].expand(*log_a.shape, c).masked_fill(~lower.tril(-1), 0)  # row t: term t, of every s < t
    return terms.cumsum(-2).masked_fill(~lower, -math.inf).exp()


def _before_each(added: Tensor, kept: Tensor) -> Tensor:
    """The state before each chunk, of what each adds (B, G, chunks, N, H, P) and keeps (B, G, chunks, H)."""
    state = torch.zeros_like(added[:, :, 0])
    states = [state]
    for chunk in range(added.shape[2] - 1):
        state = kept[:, :, chunk, None, :, None] * state + added[:, :, chunk]
        states.append(state)
    return torch.stack(states, dim=2)


def step_by_step(q: Tensor, k: Tensor, v: Tensor, log_a: Tensor) -> Tensor:
    """The same as ``chunked_scan``, cell by cell: what the recurrence means. Slow; shapes: see ``Scan``."""
    state = torch.zeros(*v.shape[:1], *v.shape[2:4], k.shape[-1], v.shape[-1], dtype=log_a.dtype, device=v.device)
    ys = []
    for t in range(v.shape[1]):
        written = k[:, t, :, None, :, None] * v[:, t, :, :, None, :]
        state = log_a[:, t, ..., None, None].exp() * state + written  # (B, G, H, N, P)
        ys.append((q[:, t, :, None, :, None] * state).sum(-2))
    return torch.stack(ys, dim=1).to(v.dtype)

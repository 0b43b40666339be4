"""The optimizers of the family: Adam-atan2 for the network, SignSGD for puzzle embeddings, and their schedule."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from hrm.compiling import Compiled
from hrm.errors import notify
from hrm.nn.embedding import PuzzleEmbedding, sharded_tables
from hrm.nn.linear import Linear
from hrm.nn.state_space import StateSpace
from hrm.runtime import Runtime

OptimizerName = Literal["adam_atan2", "adamw", "muon"]
BETAS = (0.9, 0.95)
"""Decays of the two moments of Adam and Adam-atan2 (published code)."""
SMALLEST_MUON_SIDE = 32
"""Matrices with a side this short (the head over a vocabulary) have nothing to orthogonalise. Any number above
the vocabularies of the published tasks (6 to 12) and below the widths; chosen by hand."""

Scalar = float | Tensor


def adam_atan2_(
    p: Tensor, g: Tensor, m: Tensor, v: Tensor, b1: float, b2: float, decay: Scalar, scale: Scalar, debias: Scalar
) -> None:
    """Update one weight, in place.

    decay is ``1 - lr wd``, scale ``lr / (1 - b1^t)``, debias ``1 / sqrt(1 - b2^t)``.
    """
    p.mul_(decay)
    m.lerp_(g, 1 - b1)
    v.mul_(b2).addcmul_(g, g, value=1 - b2)
    p.sub_(torch.atan2(m, v.sqrt() * debias) * scale)


class AdamAtan2(torch.optim.Optimizer):
    """Adam with ``atan2(m, sqrt(v))`` in place of ``m / (sqrt(v) + eps)`` (arXiv 2407.05872) and decoupled decay.

    No epsilon and, as in the published HRM runs, no extra constants. Weight by weight: on a CPU that is faster than
    PyTorch's multi-tensor operations, for a weight stays in the cache; a ``runtime`` that compiles makes it one pass
    over memory.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float,
        betas: tuple[float, float] = BETAS,
        weight_decay: float = 0.0,
        runtime: Runtime | None = None,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})
        compile = runtime is not None and runtime.compile
        self.is_compiled = compile
        self.update: Callable[..., Any] = adam_atan2_
        if runtime is not None and runtime.compile:
            self.update = Compiled(adam_atan2_, must=runtime.must_compile, dynamic=True)
        # A number would be compiled into the code, a tensor is passed to it.
        self.scalar: Callable[[float], Scalar] = torch.tensor if compile else float

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            lr, (b1, b2) = group["lr"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(step=torch.zeros(()), m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["step"] += 1
                t = state["step"].item()
                decay, scale, debias = 1 - lr * group["weight_decay"], lr / (1 - b1**t), 1 / math.sqrt(1 - b2**t)
                scalars = (self.scalar(x) for x in (decay, scale, debias))
                tensors = (p, p.grad, state["m"], state["v"])
                if self.is_compiled and all(tensor.is_contiguous() for tensor in tensors):
                    tensors = tuple(tensor.view(-1) for tensor in tensors)  # not compiled anew for every shape
                self.update(*tensors, b1, b2, *scalars)


class SignSGD(torch.optim.Optimizer):
    """The sign of the gradient, for the puzzles that were in the batch and no others (published code).

    Takes sparse gradients: the rows of one puzzle are summed first, then ``row *= 1 - lr wd; row -= lr sign(sum)``.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Update the rows that appear in the gradient."""
        for group in self.param_groups:
            for table in group["params"]:
                if table.grad is None:
                    continue
                ids, sums = summed_by_id(table.grad)
                rows = table[ids] * (1 - group["lr"] * group["weight_decay"])
                table[ids] = rows - group["lr"] * sums.sign()


def summed_by_id(gradient: Tensor) -> tuple[Tensor, Tensor]:
    """The ids (n,) of a sparse gradient, sorted, and with each the sum (n, E) of all its rows: what comes twice has its
    sum twice. ``coalesce`` would name each once; how many those are, a GPU would have to be asked and waited for."""
    ids, group, sums = _sums(gradient)
    return ids, sums[group]


def _sums(gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The ids (n,), sorted; which of the different ones each is (n,); and the sums of those, then zeros (n, E)."""
    ids, order = torch.sort(gradient._indices()[0], stable=True)
    is_first = torch.ones_like(ids, dtype=torch.bool)
    is_first[1:] = ids[1:] != ids[:-1]
    group = is_first.cumsum(0) - 1
    rows = gradient._values()
    return ids, group, torch.zeros_like(rows).index_add_(0, group, rows[order])


def learning_rate_factor(step: int, warmup: int, total: int, min_ratio: float) -> float:
    """The factor of the learning rate at ``step`` (from 1): linear warm-up, then half a cosine to ``min_ratio``.

    ``min_ratio`` 1 means constant after the warm-up.
    """
    if step < warmup:
        return step / warmup
    progress = (step - warmup) / max(1, total - warmup)
    return min_ratio + (1 - min_ratio) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def make_optimizers(
    model: nn.Module,
    name: OptimizerName,
    *,
    lr: float,
    weight_decay: float,
    puzzle_lr: float,
    puzzle_weight_decay: float,
    runtime: Runtime | None = None,
) -> list[torch.optim.Optimizer]:
    """The optimizers of a run: for the network, and SignSGD where the model has puzzle embeddings.

    Muon takes the matrices of the levels and leaves the rest (embeddings, heads) to Adam-atan2. The decays of a
    recurrence do not decay themselves (``StateSpace.undecayed``). ``peak_lr`` of a group is what the schedule
    multiplies (``set_learning_rate``).
    """
    tables = puzzle_tables(model)
    params = [p for p in model.parameters() if not any(p is table for table in tables)]
    optimizers: list[torch.optim.Optimizer] = []
    if name == "muon":
        matrices = [module.weight for module in model.modules() if isinstance(module, Linear)]
        hidden = [p for p in matrices if min(p.shape) > SMALLEST_MUON_SIDE]
        params = [p for p in params if not any(p is matrix for matrix in hidden)]
        if hidden:
            # Its step is scaled to the size of Adam's (arXiv 2502.16982), so that lr means the same for both.
            muon = torch.optim.Muon(hidden, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
            optimizers.append(muon)
        else:
            notify(
                f"training.optimizer muon: no matrix of this model has both sides above {SMALLEST_MUON_SIDE}, so "
                "Adam-atan2 trains all of it"
            )
    kept = [p for module in model.modules() if isinstance(module, StateSpace) for p in module.undecayed()]
    groups: list[dict[str, Any]] = [{"params": [p for p in params if not any(p is one for one in kept)]}]
    groups += [{"params": kept, "weight_decay": 0.0}] if kept else []
    if name == "adamw":
        optimizers.append(torch.optim.AdamW(groups, lr=lr, betas=BETAS, weight_decay=weight_decay))
    else:
        adam = AdamAtan2(groups, lr=lr, betas=BETAS, weight_decay=weight_decay, runtime=runtime)
        optimizers.append(adam)
    if tables:
        optimizers.append(SignSGD(tables, lr=puzzle_lr, weight_decay=puzzle_weight_decay))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return optimizers


def set_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set the rate of every group to its peak rate times ``factor``."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak_lr"] * factor


def gradient_norm(model: nn.Module) -> Tensor:
    """The Euclidean norm of the gradients of all weights together (), after they were added up: the same on every rank.
    Of a puzzle embedding's, which is sparse, rows of equal ids are summed first; of a sharded one each row is on one
    rank alone, so every rank calls this. Nothing waits for the device."""
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    norms = [nn.utils.get_total_norm([_sums(grad)[2] if grad.is_sparse else grad for grad in grads])]
    for rows in sharded_tables(model).values():
        assert rows.own.grad is not None, "the gradient has not been given back"
        of_ranks = norms[0].new_zeros(rows.world.size)
        of_ranks[rows.world.rank] = torch.linalg.vector_norm(_sums(rows.own.grad)[2])
        rows.world.add([of_ranks])
        norms.append(of_ranks)
    return nn.utils.get_total_norm(norms)


def puzzle_tables(model: nn.Module) -> list[Tensor]:
    """The tables of puzzle embeddings: sparse gradients, possibly a million rows, no part in averages."""
    return [module.table for module in model.modules() if isinstance(module, PuzzleEmbedding)]

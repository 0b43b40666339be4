"""The mixing of cells against the rules: do cells that a rule speaks of together look at each other more?

Of a mixer the L x L matrix of its two layers, first weights times second; of attention the mean weights over puzzles.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hrm.analysis.subject import Finding, Subject, watched
from hrm.errors import InputError
from hrm.models.base import Reasoner
from hrm.nn.attention import Attention
from hrm.nn.mixer import Mixer
from hrm.nn.precision import at_least_float32
from hrm.puzzles.base import related_cells
from hrm.types import Batch

ROUNDS = 500
"""Random relabellings of cells that the ratio is compared with; chosen by hand."""


def mixing_matrices(model: Reasoner, batch: Batch, dtype: torch.dtype) -> dict[str, NDArray[np.float64]]:
    """Module -> how strongly each cell (row) takes from each other (column), (S, S), prefix positions left out."""
    S = batch.inputs.shape[1]
    found = {
        name: mixer_matrix(module)[-S:, -S:] for name, module in model.named_modules() if isinstance(module, Mixer)
    }
    attentions = {name: module for name, module in model.named_modules() if isinstance(module, Attention)}
    weights: dict[str, list[NDArray[np.float64]]] = {name: [] for name in attentions}
    with ExitStack() as hooks:
        for name, module in attentions.items():
            handle = module.register_forward_pre_hook(
                lambda module, args, name=name: weights[name].append(attention_matrix(module, args[0])[-S:, -S:])
            )
            hooks.enter_context(handle)
        for _ in watched(model, batch, 2 if attentions else 0, dtype):
            pass
    return found | {name: np.mean(matrices, axis=0) for name, matrices in weights.items()}


def mixer_matrix(mixer: Mixer) -> NDArray[np.float64]:
    """``|W_down W_up|`` (L, L): what a cell takes from another through the linear branch of its SwiGLU."""
    up = mixer.swiglu.gate_up_proj.weight.detach().double().chunk(2)[1]  # (width, L)
    return np.asarray((mixer.swiglu.down_proj.weight.detach().double() @ up).abs().cpu().numpy())


def attention_matrix(attention: Attention, x: torch.Tensor) -> NDArray[np.float64]:
    """Attention weights (L, L) of inputs (B, L, D), the mean over puzzles and heads."""
    B, L, D = x.shape
    qkv = attention.qkv_proj(x).view(B, L, 3, attention.num_heads, D // attention.num_heads).permute(2, 0, 3, 1, 4)
    q, k = qkv[0], qkv[1]
    if attention.rotary is not None:
        q, k = attention.rotary(q), attention.rotary(k)
    scores = at_least_float32((q * q.shape[-1] ** -0.5) @ k.mT)
    return np.asarray(scores.softmax(-1).mean((0, 1)).double().cpu().numpy())


def contrast(matrix: NDArray[np.float64], related: NDArray[np.bool_]) -> float:
    """The mean weight between related cells over that between others; the diagonal is left out."""
    others = ~related & ~np.eye(len(related), dtype=bool)
    return float(matrix[related].mean() / matrix[others].mean())


def look_at_mixing(subject: Subject) -> Finding:
    """For every mixer or attention: the contrast with its interval, against cells relabelled at random."""
    S = subject.batch.inputs.shape[1]
    related = related_cells(subject.task.rules, S)
    if related is None:
        raise InputError("mixer: these puzzles have no rules that name pairs of cells")
    batch = Batch(*(part[: subject.batch_size] for part in subject.batch))
    matrices = mixing_matrices(subject.model, batch, subject.runtime.dtype)
    if not matrices:
        raise InputError(f"mixer: {subject.name} has neither mixers nor attention")
    fresh = mixing_matrices(subject.fresh, batch, subject.runtime.dtype)
    rng = np.random.default_rng(subject.seed)
    rows = []
    for name, matrix in matrices.items():
        chance = []
        for _ in range(ROUNDS):
            order = rng.permutation(S)
            chance.append(contrast(matrix, related[np.ix_(order, order)]))
        low, high = np.quantile(chance, (0.025, 0.975))
        rows.append(
            {
                "module": name,
                "contrast": contrast(matrix, related),
                "by_chance_95": [float(low), float(high)],
                "fresh": contrast(fresh[name], related),
            }
        )
    figures = {"related_pairs": int(related.sum()), "modules": rows}

    def draw(figure: Any) -> None:
        shown = list(matrices.items())[:4]
        panels = figure.subplots(1, len(shown) + 1, squeeze=False)[0]
        panels[0].imshow(related, cmap="Greys")
        panels[0].set_title("rules", fontsize="small")
        for axes, (name, matrix) in zip(panels[1:], shown, strict=True):
            axes.imshow(matrix, cmap="viridis", vmax=float(np.quantile(matrix, 0.99)))
            axes.set_title(name, fontsize="x-small")
        for axes in panels:
            axes.set(xlabel="cell", ylabel="cell")

    return Finding("mixer", "Mixing of cells against the rules", figures, _sentence(rows), draw)


def _sentence(rows: list[dict[str, Any]]) -> str:
    follow = [row for row in rows if row["contrast"] > row["by_chance_95"][1]]
    told = [f"{len(follow)} of {len(rows)} modules mix cells of one rule more than others"]
    strongest = max(rows, key=lambda row: float(row["contrast"]))
    told.append(
        f"most of all {strongest['module']}: {strongest['contrast']:.2f} times as much (by chance "
        f"{strongest['by_chance_95'][0]:.2f} to {strongest['by_chance_95'][1]:.2f}, untrained {strongest['fresh']:.2f})"
    )
    return "; ".join(told) + "."

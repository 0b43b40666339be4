"""The cost of each gradient rule, and how far its gradient points where that of bptt does.

The rules (models/gradient.py) differ in what they keep, in time, and in direction, and all of it depends on how many
updates a segment has. Here they are measured on the same weights, states and puzzles: the loss of one segment that
begins where some segments of thinking ended, in evaluation mode, so without the noise of training.
"""

from __future__ import annotations

import copy
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from hrm.errors import InputError
from hrm.inference.ready import ready
from hrm.intervals import mean_interval
from hrm.models import ModelConfig, with_cycles
from hrm.models.base import Carry, Reasoner
from hrm.models.gradient import GradientRule, num_seen
from hrm.models.recursion import Recursion
from hrm.nn.embedding import PuzzleEmbedding
from hrm.runtime import Runtime, seconds
from hrm.segments.halting import continue_target, is_exact
from hrm.segments.losses import LossKind, segment_loss
from hrm.tasks.base import Task
from hrm.types import Batch


class Rule(NamedTuple):
    """A gradient rule; ``k`` counts for last_k and neumann alone."""

    gradient: GradientRule
    k: int = 1

    def __str__(self) -> str:
        return f"{self.gradient} {self.k}" if self.gradient in ("last_k", "neumann") else self.gradient


@dataclass(frozen=True)
class Cosine:
    """The cosine between the gradient of a rule and that of bptt; the mean over batches of puzzles."""

    mean: float
    interval: tuple[float, float]  # 95 %, of the mean


@dataclass(frozen=True)
class Measured:
    """One rule at one number of updates."""

    rule: Rule
    H_cycles: int
    L_cycles: int
    num_updates: int  # in a segment
    num_seen: int  # that the gradient sees
    memory_bytes: int  # that autograd keeps for the backward pass, weights not counted
    seconds: float  # forward and backward, median over the rounds
    cosine: dict[str, Cosine]  # by the name of the weights

    def figures(self) -> dict[str, Any]:
        """JSON values: a line of ``gradients.json``."""
        kept = ("H_cycles", "L_cycles", "num_updates", "num_seen", "memory_bytes", "seconds")
        return {
            "name": str(self.rule),
            "rule": self.rule.gradient,
            "k": self.rule.k,
            **{key: getattr(self, key) for key in kept},
            "cosine": {name: {"mean": c.mean, "mean_95": list(c.interval)} for name, c in self.cosine.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The extent of a measurement; the defaults are those of docs/gradients.md, chosen by hand."""

    ks: tuple[int, ...] = (2, 4)
    """Numbers of updates that last_k sees, and of terms that neumann has."""
    batch_size: int = 8
    num_batches: int = 6
    """Batches that cosines are averaged over: at least 2."""
    rounds: int = 3
    """Rounds that times are medians over."""
    segments: int = 2
    """Segments of thinking before the one that is measured."""
    seed: int = 0
    """Seed of the training batches that are measured on."""
    loss: LossKind = "stablemax"

    @property
    def rules(self) -> list[Rule]:
        """All rules; bptt, which the others are compared with, is the last."""
        neumann, last = [Rule("neumann", k) for k in self.ks], [Rule("last_k", k) for k in self.ks]
        return [Rule("one_step"), *neumann, Rule("last_round"), *last, Rule("bptt")]


class Start(NamedTuple):
    """The start of the segment whose gradients are compared: the same for every rule."""

    carry: Carry
    batch: Batch
    target_continue: Tensor | None  # (B,)


def measure(
    models: Mapping[str, Reasoner],
    task: Task,
    cycles: Sequence[tuple[int, int]],
    settings: Settings,
    runtime: Runtime,
    on_progress: Callable[[float], None] = lambda share: None,
) -> list[Measured]:
    """A line per (H_cycles, L_cycles) and rule.

    ``models`` are one architecture with several weights, by name: cosines are measured for all of them, memory and
    time, which do not depend on weights, for the first. They stay as they are. Puzzles are those of training batches.
    ``on_progress`` is told the share of the updates that is done. Raises ``InputError`` for a model of one pass.
    """
    eager = runtime._replace(compile=False)  # a rule changes what would have been compiled
    recursions = {name: _recursion(ready(model, eager)) for name, model in models.items()}
    first = next(iter(recursions.values()))
    variants = {(pair, rule): under(first, rule, pair) for pair in cycles for rule in settings.rules}
    batches = [
        task.train_batch(step, settings.batch_size, settings.seed).to(runtime.device)
        for step in range(settings.num_batches)
    ]
    lengths = [len(variants[pair, Rule("bptt")].schedule[0]) for pair in cycles]
    cosines: dict[tuple[int, int], dict[str, dict[Rule, Cosine]]] = {}
    for index, pair in enumerate(cycles):
        cosines[pair] = {name: _cosines(model, batches, pair, settings, runtime) for name, model in recursions.items()}
        on_progress(sum(lengths[: index + 1]) / sum(lengths))
    starts = {
        pair: think(variants[pair, Rule("bptt")], batches[0], settings.segments, runtime.dtype) for pair in cycles
    }
    times: dict[tuple[tuple[int, int], Rule], list[float]] = {key: [] for key in variants}
    for _ in range(settings.rounds):  # everything in turn: what else the machine does meets all alike
        for (pair, rule), model in variants.items():
            times[pair, rule].append(seconds(partial(gradient, model, starts[pair], settings.loss), runtime))
    return [
        Measured(
            rule=rule,
            H_cycles=pair[0],
            L_cycles=pair[1],
            num_updates=len(model.schedule[0]),
            num_seen=num_seen(*model.schedule, *rule),
            memory_bytes=saved_bytes(model, starts[pair], settings.loss),
            seconds=statistics.median(times[pair, rule]),
            cosine={name: cosine[rule] for name, cosine in cosines[pair].items()},
        )
        for (pair, rule), model in variants.items()
    ]


def _cosines(
    model: Recursion, batches: Sequence[Batch], cycles: tuple[int, int], settings: Settings, runtime: Runtime
) -> dict[Rule, Cosine]:
    variants = {rule: under(model, rule, cycles) for rule in settings.rules}
    found: dict[Rule, list[float]] = {rule: [] for rule in variants}
    for batch in batches:
        start = think(variants[Rule("bptt")], batch, settings.segments, runtime.dtype)
        exact = gradient(variants[Rule("bptt")], start, settings.loss)
        for rule, variant in variants.items():
            other = exact if rule == Rule("bptt") else gradient(variant, start, settings.loss)
            found[rule].append(cosine_of(other, exact))
    return {rule: Cosine(statistics.fmean(values), mean_interval(values)) for rule, values in found.items()}


def _recursion(model: Reasoner) -> Recursion:
    if not isinstance(model, Recursion):
        raise InputError(
            f"{type(model).__name__} has no schedule of updates, so there are no gradient rules to compare"
        )
    return model


def under(model: Recursion, rule: Rule, cycles: tuple[int, int]) -> Recursion:
    """The very weights of ``model`` under another rule and with other cycles; ``model`` itself stays as it is.

    Raises ``InputError`` where a model has no cycles.
    """
    variant = copy.copy(model)  # modules and weights are shared
    config: Any = with_cycles(cast(ModelConfig, model.config), *cycles)
    variant.config = replace(config, gradient=rule.gradient, gradient_k=rule.k)
    return variant


@torch.no_grad()
def think(model: Recursion, batch: Batch, segments: int, dtype: torch.dtype) -> Start:
    """The states after ``segments`` segments, and what the value of going on from the next one is trained towards."""
    carry = model.initial_carry(len(batch.inputs), dtype)
    for _ in range(segments):
        carry, _ = model(carry, batch)
    after, _ = model(carry, batch)
    _, ahead = model(after, batch)
    if ahead.q_continue is None:
        return Start(carry, batch, None)
    never_last = torch.zeros_like(ahead.q_halt, dtype=torch.bool)
    return Start(carry, batch, continue_target(ahead.q_halt, ahead.q_continue, never_last))


def weights_of(model: nn.Module) -> list[nn.Parameter]:
    """All but the tables of puzzle embeddings, whose gradient is sparse."""
    tables = {id(module.weight) for module in model.modules() if isinstance(module, PuzzleEmbedding)}
    return [p for p in model.parameters() if id(p) not in tables]


def loss_of(model: Recursion, start: Start, kind: LossKind) -> Tensor:
    """The loss that training would minimise in this segment."""
    _, prediction = model(start.carry, start.batch)
    labels = start.batch.labels
    exact = is_exact(prediction.logits.detach(), labels)
    return segment_loss(prediction, labels, exact, start.target_continue, kind).total / len(labels)


def gradient(model: Recursion, start: Start, kind: LossKind) -> list[Tensor]:
    """A tensor per weight; zeros for one that the loss does not depend on."""
    return list(torch.autograd.grad(loss_of(model, start, kind), weights_of(model), materialize_grads=True))


def cosine_of(a: Sequence[Tensor], b: Sequence[Tensor]) -> float:
    """The cosine of the angle between two gradients, each as one long vector."""

    def dot(x: Sequence[Tensor], y: Sequence[Tensor]) -> float:
        return sum(float(torch.sum(p.cpu().double() * q.cpu().double())) for p, q in zip(x, y, strict=True))

    return dot(a, b) / (dot(a, a) * dot(b, b)) ** 0.5


def saved_bytes(model: Recursion, start: Start, kind: LossKind) -> int:
    """Bytes that autograd keeps until a segment's backward pass: each storage once, weights and buffers not counted."""
    storages: dict[int, torch.UntypedStorage] = {}  # held, so that no address is used twice
    own = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss_of(model, start, kind)
    return sum(storage.nbytes() for address, storage in storages.items() if address not in own)

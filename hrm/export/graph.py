"""One segment of a model as an ONNX graph; the loop over segments stays outside.

Each part of a segment (the embedding, one update of each level, the heads) is exported once, and the parts are joined
here by the model's own schedule (parts.py). A lattice of candidates has no schedule but K cycles of one level, and a
step after them that lets candidates die and guesses.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from hrm.errors import InputError
from hrm.export.parts import Joined, Part, export_part
from hrm.models.base import Reasoner
from hrm.models.lattice import MODULUS, MULTIPLIER, Candidates, Lattice, certainty, masked
from hrm.models.recursion import Recursion
from hrm.types import Batch, TaskSpec

if TYPE_CHECKING:
    import onnx

LARGEST = 2 * 10**9
"""Bytes of a graph with its weights: a protocol buffer ends at 2 GiB."""


class Signature(NamedTuple):
    """The names of the graph's inputs and outputs, in their order."""

    states: tuple[str, ...]  # of the carry; the outputs are called next_z_H ...
    has_puzzle_ids: bool
    has_q_continue: bool
    gives_up: bool = False  # it says whether the attempt is over

    @property
    def inputs(self) -> tuple[str, ...]:
        return ("inputs", *(["puzzle_ids"] if self.has_puzzle_ids else []), *self.states)

    @property
    def outputs(self) -> tuple[str, ...]:
        q = ("q_halt", "q_continue") if self.has_q_continue else ("q_halt",)
        stuck = ("is_stuck",) if self.gives_up else ()
        return (*(f"next_{state}" for state in self.states), "logits", *q, *stuck)


def require(*modules: str) -> None:
    """``InputError`` when a package of the extra is missing."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise InputError(
                f"--format onnx needs the package {module.split('.')[0]}: pip install 'hrm-lab[onnx]'"
            ) from error


def signature(model: Reasoner) -> Signature:
    """Inputs and outputs of the graph of ``model``. Raises ``InputError`` for a model of another kind."""
    if not isinstance(model, Recursion | Lattice):
        raise InputError(f"a model of the kind {type(model).__name__} cannot be written as ONNX: it has no schedule")
    has_puzzles = getattr(model.embedding, "puzzles", None) is not None
    if isinstance(model, Lattice):
        return Signature(Candidates._fields, has_puzzles, False, gives_up=True)
    return Signature(model.carry_type._fields, has_puzzles, model.q_head.has_continue)


@torch.no_grad()
def segment_graph(model: Reasoner, spec: TaskSpec) -> onnx.ModelProto:
    """``model.forward`` as a graph: (inputs (B, S), puzzle_ids (B,), carry) -> (next carry, logits, q_halt, ...).

    B is free. Raises ``InputError`` without the packages of the extra, and for a graph above 2 GB.
    """
    require("onnx", "onnxscript")
    names = signature(model)
    size = sum(tensor.nbytes for tensor in model.state_dict().values())
    if size > LARGEST:
        raise InputError(f"the weights are {size / 1e9:.1f} GB: an ONNX file holds at most 2 GB; export a model folder")
    carry = model.initial_carry(2)
    states = {name: getattr(carry, name).contiguous() for name in names.states}
    batch = Batch(*(torch.zeros(2, spec.seq_len, dtype=torch.int64),) * 2, torch.zeros(2, dtype=torch.int64))
    feed = {"inputs": batch.inputs} | ({"puzzle_ids": batch.puzzle_ids} if names.has_puzzle_ids else {})
    joined = Joined()
    value = {name: name for name in names.inputs}
    if isinstance(model, Lattice):
        _join_lattice(joined, model, feed, states, value, names)
    else:
        assert isinstance(model, Recursion), "signature() has made sure"
        _join_recursion(joined, model, feed, states, value, names)
    results = {f"next_{state}": value[f"next_{state}"] for state in names.states}
    results |= {name: value[name] for name in names.outputs if name not in results}
    after, prediction = model(type(carry)(**states), batch)
    like = {f"next_{name}": getattr(after, name) for name in names.states} | prediction._asdict()
    return joined.model({**feed, **states}, results, like)


def _join_recursion(
    joined: Joined,
    model: Recursion,
    feed: Mapping[str, Tensor],
    states: dict[str, Tensor],
    value: dict[str, str],
    names: Signature,
) -> None:
    """The embedding, the updates of the schedule and the heads, one after another; value: name -> where it is."""
    e = model.embedding(Batch(feed["inputs"], feed["inputs"], torch.zeros(2, dtype=torch.int64)))
    value |= joined.call(_embed_part(model, feed), value)
    parts = {letter: _update_part(model, states, e, letter) for letter in sorted(set(model.schedule[0]))}
    for letter in model.schedule[0]:
        updated = joined.call(parts[letter], value)
        value |= {name.removeprefix("next_"): place for name, place in updated.items()}
    value |= joined.call(_head_part(model, states[names.states[0]], names), value)
    value |= {f"next_{state}": value[state] for state in names.states}


def _join_lattice(
    joined: Joined,
    model: Lattice,
    feed: Mapping[str, Tensor],
    states: dict[str, Tensor],
    value: dict[str, str],
    names: Signature,
) -> None:
    """The same of a lattice: the puzzle and its candidates, K cycles of the level, then the step."""

    def begin(inputs: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        ids = rest[0] if names.has_puzzle_ids else inputs.new_zeros(inputs.shape[0])
        possible = F.embedding(inputs, model.allowed)
        alive = rest[-1] * possible
        e = model.embedding(Batch(inputs, inputs, ids))
        e = e + F.pad(model.candidates(alive), (0, 0, model.embedding.prefix, 0))
        return alive, possible.sum(-1), e, torch.zeros_like(e)

    def cycle(z: Tensor, e: Tensor) -> tuple[Tensor]:
        return (model.H_level(z, e),)

    def step(alive: Tensor, num_possible: Tensor, z: Tensor, luck: Tensor) -> tuple[Tensor, ...]:
        look = model.look(z[None])
        luck = luck * MULTIPLIER % MODULUS
        after, is_stuck = model.step(alive > 0, num_possible == 1, look, luck)
        logits = masked(look.symbol[-1], after)
        return after.to(alive.dtype), luck, logits, certainty(after, look), is_stuck

    first = {**feed, "alive": states["alive"]}
    made = dict(zip(("looked", "num_possible", "e", "z"), begin(*first.values()), strict=True))
    value |= joined.call(export_part(model, begin, first, tuple(made)), value)
    once = export_part(model, cycle, {"z": made["z"], "e": made["e"]}, ("next_z",))
    for _ in range(model.config.H_cycles):
        value["z"] = joined.call(once, value)["next_z"]
    last = {name: made[name] for name in ("looked", "num_possible", "z")} | {"luck": states["luck"]}
    value |= joined.call(export_part(model, step, last, names.outputs), value)


def _embed_part(model: Recursion, feed: Mapping[str, Tensor]) -> Part:
    def embed(inputs: Tensor, puzzle_ids: Tensor | None = None) -> tuple[Tensor]:
        ids = inputs.new_zeros(inputs.shape[0]) if puzzle_ids is None else puzzle_ids
        return (model.embedding(Batch(inputs, inputs, ids)),)

    return export_part(model, embed, feed, ("e",))


def _update_part(model: Recursion, states: Mapping[str, Tensor], e: Tensor, letter: str) -> Part:
    before = model.carry_type(**states)
    after = model.update(before, letter, e)
    changed = [name for name in states if getattr(after, name) is not getattr(before, name)]

    def update(*values: Tensor) -> tuple[Tensor, ...]:
        new = model.update(model.carry_type(*values[:-1]), letter, values[-1])
        return tuple(getattr(new, name) for name in changed)

    return export_part(model, update, {**states, "e": e}, [f"next_{name}" for name in changed])


def _head_part(model: Recursion, state: Tensor, names: Signature) -> Part:
    def heads(state: Tensor) -> tuple[Tensor, ...]:
        q_halt, q_continue = model.q_head(model.summary(state))
        return (model.read(state), q_halt) if q_continue is None else (model.read(state), q_halt, q_continue)

    return export_part(model, heads, {names.states[0]: state}, names.outputs[len(names.states) :])

"""One segment of a model as an ONNX graph; the loop over segments stays outside.

PyTorch's exporter (``torch.onnx.export(dynamo=True)``) unrolls: a segment of 21 updates would come out as 21 copies of
the network's code, after minutes, and its constant folding would copy the weights as often. So each part of a segment
(the embedding, one update of each level, the heads) is exported once, and the parts are joined here by the model's own
schedule, over one set of weights.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

from hrm.errors import InputError
from hrm.models.base import Reasoner
from hrm.models.recursion import Recursion
from hrm.types import Batch, TaskSpec

if TYPE_CHECKING:
    import onnx

BATCH = "batch"
"""Name of the axis whose size is free."""
OPSET = 20
LARGEST = 2 * 10**9
"""Bytes of a graph with its weights: a protocol buffer ends at 2 GiB."""


class Signature(NamedTuple):
    """The names of the graph's inputs and outputs, in their order."""

    states: tuple[str, ...]  # of the carry; the outputs are called next_z_H ...
    has_puzzle_ids: bool
    has_q_continue: bool

    @property
    def inputs(self) -> tuple[str, ...]:
        return ("inputs", *(["puzzle_ids"] if self.has_puzzle_ids else []), *self.states)

    @property
    def outputs(self) -> tuple[str, ...]:
        q = ("q_halt", "q_continue") if self.has_q_continue else ("q_halt",)
        return (*(f"next_{state}" for state in self.states), "logits", *q)


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
    """Inputs and outputs of the graph of ``model``. Raises ``InputError`` for a model that is no recursion."""
    if not isinstance(model, Recursion):
        raise InputError(f"a model of the kind {type(model).__name__} cannot be written as ONNX: it has no schedule")
    has_puzzles = getattr(model.embedding, "puzzles", None) is not None
    return Signature(model.carry_type._fields, has_puzzles, model.q_head.has_continue)


@torch.no_grad()
def segment_graph(model: Reasoner, spec: TaskSpec) -> onnx.ModelProto:
    """``model.forward`` as a graph: (inputs (B, S), puzzle_ids (B,), carry) -> (next carry, logits, q_halt, ...).

    B is free. Raises ``InputError`` without the packages of the extra, and for a graph above 2 GB.
    """
    require("onnx", "onnxscript")
    names = signature(model)
    assert isinstance(model, Recursion)  # signature() has made sure
    size = sum(tensor.nbytes for tensor in model.state_dict().values())
    if size > LARGEST:
        raise InputError(f"the weights are {size / 1e9:.1f} GB: an ONNX file holds at most 2 GB; export a model folder")
    z = model.initial_carry(2)
    z = model.carry_type(*(state.contiguous() for state in z))
    batch = Batch(*(torch.zeros(2, spec.seq_len, dtype=torch.int64),) * 2, torch.zeros(2, dtype=torch.int64))
    e = model.embedding(batch)
    feed = {"inputs": batch.inputs} | ({"puzzle_ids": batch.puzzle_ids} if names.has_puzzle_ids else {})
    joined = _Joined()
    value = {name: name for name in names.inputs}
    value["e"] = joined.call(_embed_part(model, feed), value)["e"]
    states = dict(zip(names.states, z, strict=True))
    parts = {letter: _update_part(model, states, e, letter) for letter in sorted(set(model.schedule[0]))}
    for letter in model.schedule[0]:
        updated = joined.call(parts[letter], value)
        value |= {name.removeprefix("next_"): place for name, place in updated.items()}
    value |= joined.call(_head_part(model, z[0], names), value)
    results = {f"next_{state}": value[state] for state in names.states}
    results |= {name: value[name] for name in names.outputs if name not in results}
    return joined.model({**feed, **states}, results, model, spec)


class Part(NamedTuple):
    """A piece of a segment, exported once."""

    graph: onnx.GraphProto
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def _embed_part(model: Recursion, feed: Mapping[str, Tensor]) -> Part:
    def embed(inputs: Tensor, puzzle_ids: Tensor | None = None) -> tuple[Tensor]:
        ids = inputs.new_zeros(inputs.shape[0]) if puzzle_ids is None else puzzle_ids
        return (model.embedding(Batch(inputs, inputs, ids)),)

    return _export(model, embed, feed, ("e",))


def _update_part(model: Recursion, states: Mapping[str, Tensor], e: Tensor, letter: str) -> Part:
    before = model.carry_type(**states)
    after = model.update(before, letter, e)
    changed = [name for name in states if getattr(after, name) is not getattr(before, name)]

    def update(*values: Tensor) -> tuple[Tensor, ...]:
        new = model.update(model.carry_type(*values[:-1]), letter, values[-1])
        return tuple(getattr(new, name) for name in changed)

    return _export(model, update, {**states, "e": e}, [f"next_{name}" for name in changed])


def _head_part(model: Recursion, state: Tensor, names: Signature) -> Part:
    def heads(state: Tensor) -> tuple[Tensor, ...]:
        q_halt, q_continue = model.q_head(model.summary(state))
        return (model.read(state), q_halt) if q_continue is None else (model.read(state), q_halt, q_continue)

    return _export(model, heads, {names.states[0]: state}, names.outputs[len(names.states) :])


def _export(
    model: Recursion, call: Callable[..., tuple[Tensor, ...]], feed: Mapping[str, Tensor], outputs: Sequence[str]
) -> Part:
    """``call`` as a graph, with a free first axis of every argument."""

    class Called(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model  # so that its weights are the graph's

        def forward(self, *values: Tensor) -> tuple[Tensor, ...]:
            return call(*values)

    with _quiet():
        program = torch.onnx.export(
            Called().eval(),
            tuple(feed.values()),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=list(feed),
            output_names=list(outputs),
            dynamic_shapes=(tuple({0: torch.export.Dim.DYNAMIC} for _ in feed),),
        )
    assert program is not None
    graph = program.model_proto.graph
    return Part(graph, tuple(v.name for v in graph.input), tuple(v.name for v in graph.output))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter's remarks about itself (packages of its own, deprecations within PyTorch) help nobody here."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"torch\.|onnxscript|onnx_ir|copyreg")
            warnings.filterwarnings("ignore", message=r".*(treespec|TreeSpec|LeafSpec).*")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            yield
    finally:
        logger.setLevel(level)


class _Joined:
    """Parts one after another. Equal weights are stored once, whichever part they came with."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, onnx.TensorProto] = {}
        self.name_of: dict[tuple[Any, ...], str] = {}
        self.num_calls = 0

    def call(self, part: Part, value: Mapping[str, str]) -> dict[str, str]:
        """Nodes of ``part`` on the values of those names, appended; returns where its outputs are."""
        self.num_calls += 1
        renamed = {name: value[name] for name in part.inputs}
        for weight in part.graph.initializer:
            renamed[weight.name] = self._weight(weight)
        for node in part.graph.node:
            for output in node.output:
                renamed[output] = f"{output}.{self.num_calls}"
        for node in part.graph.node:
            new = type(node)()
            new.CopyFrom(node)
            assert not any(attribute.HasField("g") for attribute in new.attribute), "a part has a graph within"
            new.name = f"{node.name}.{self.num_calls}"
            del new.input[:], new.output[:], new.metadata_props[:]
            new.input.extend(renamed[name] if name else "" for name in node.input)
            new.output.extend(renamed[name] for name in node.output)
            self.nodes.append(new)
        return {name: renamed[name] for name in part.outputs}

    def _weight(self, weight: onnx.TensorProto) -> str:
        import onnx

        array = onnx.numpy_helper.to_array(weight)
        key = (weight.data_type, array.shape, array.tobytes())
        if key not in self.name_of:
            name = weight.name.removeprefix("model.")
            self.name_of[key] = name if name not in self.weights else f"{name}.{len(self.weights)}"
            stored = onnx.numpy_helper.from_array(array, self.name_of[key])
            self.weights[self.name_of[key]] = stored
        return self.name_of[key]

    def model(
        self, feed: Mapping[str, Tensor], results: Mapping[str, str], model: Recursion, spec: TaskSpec
    ) -> onnx.ModelProto:
        """The whole, checked."""
        import onnx
        from onnx import TensorProto, helper

        shape_of = {f"next_{name}": tensor.shape[1:] for name, tensor in feed.items()}
        shape_of |= {"logits": torch.Size((spec.seq_len, spec.vocab_size)), "q_halt": torch.Size(())}
        shape_of["q_continue"] = torch.Size(())
        kinds = {torch.int64: TensorProto.INT64, torch.float32: TensorProto.FLOAT}
        inputs = [
            helper.make_tensor_value_info(name, kinds[tensor.dtype], [BATCH, *tensor.shape[1:]])
            for name, tensor in feed.items()
        ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape_of[name]]) for name in results]
        ends = [helper.make_node("Identity", [source], [name], name=name) for name, source in results.items()]
        graph = helper.make_graph([*self.nodes, *ends], "segment", inputs, outputs, list(self.weights.values()))
        whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="hrm")
        whole.ir_version = 10  # readers refuse versions newer than themselves; this is the one of the opset's time
        onnx.checker.check_model(whole)
        return whole

"""Pieces of a segment as graphs, each exported once, and what joins them over one set of weights.

PyTorch's exporter (``torch.onnx.export(dynamo=True)``) unrolls: a segment of 21 updates would come out as 21 copies of
the network's code, after minutes, and its constant folding would copy the weights as often.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    import onnx

BATCH = "batch"
"""Name of the axis whose size is free."""
OPSET = 20


class Part(NamedTuple):
    """A piece of a segment, exported once."""

    graph: onnx.GraphProto
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def export_part(
    model: nn.Module, call: Callable[..., tuple[Tensor, ...]], feed: Mapping[str, Tensor], outputs: Sequence[str]
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


class Joined:
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
        self, feed: Mapping[str, Tensor], results: Mapping[str, str], like: Mapping[str, Tensor]
    ) -> onnx.ModelProto:
        """The whole, checked. feed: inputs by name; results: outputs by name, and where they are; like: a tensor of the
        kind and shape of each."""
        import onnx
        from onnx import TensorProto, helper

        kinds = {torch.int64: TensorProto.INT64, torch.float32: TensorProto.FLOAT, torch.bool: TensorProto.BOOL}

        def described(name: str, tensor: Tensor) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, kinds[tensor.dtype], [BATCH, *tensor.shape[1:]])

        inputs = [described(name, tensor) for name, tensor in feed.items()]
        outputs = [described(name, like[name]) for name in results]
        ends = [helper.make_node("Identity", [source], [name], name=name) for name, source in results.items()]
        graph = helper.make_graph([*self.nodes, *ends], "segment", inputs, outputs, list(self.weights.values()))
        whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="hrm")
        whole.ir_version = 10  # readers refuse versions newer than themselves; this is the one of the opset's time
        onnx.checker.check_model(whole)
        return whole

"""The reading of a segment's outputs as nodes of its graph: what a page shows it need not compute.

::

    answer         (B, S) int64     the likeliest symbol of every cell
    certainty      (B,)             the probability that it is right, by the model
    wants_to_halt  (B,) bool        whether it would stop here, as trained
    drift          (B,)             how far the state moved, as a share of its size (hrm/inference/queue.py)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hrm.export.graph import Signature
from hrm.export.parts import BATCH

if TYPE_CHECKING:
    import onnx

READOUT = ("answer", "certainty", "wants_to_halt", "drift")


def add_readout(whole: onnx.ModelProto, names: Signature, num_cells: int) -> None:
    """Nodes for all of ``READOUT`` as further outputs, in place. The others stay as they are."""
    import onnx
    from onnx import TensorProto, helper

    graph = whole.graph
    other = "q_continue" if names.has_q_continue else _constant(graph, "nothing", np.zeros((), np.float32))
    graph.node.append(helper.make_node("ArgMax", ["logits"], ["answer"], axis=-1, keepdims=0))
    graph.node.append(helper.make_node("Sigmoid", ["q_halt"], ["certainty"]))
    graph.node.append(helper.make_node("Greater", ["q_halt", other], ["wants_to_halt"]))
    given = {value.name: value.type.tensor_type for value in graph.input}
    moved: list[str] = []
    size: list[str] = []
    for state in (name for name in names.states if given[name].elem_type == TensorProto.FLOAT):
        after, step = f"next_{state}", f"{state}.step"
        axes = _constant(graph, f"{state}.axes", np.arange(1, len(given[state].shape.dim), dtype=np.int64))
        graph.node.append(helper.make_node("Sub", [after, state], [step]))
        for source, sums in ((step, moved), (after, size)):
            sums.append(f"{source}.sum")
            graph.node.append(helper.make_node("ReduceSumSquare", [source, axes], [sums[-1]], keepdims=0))
    graph.node.append(helper.make_node("Sum", moved, ["moved"]))
    graph.node.append(helper.make_node("Sum", size, ["size"]))
    graph.node.append(helper.make_node("Div", ["moved", "size"], ["share"]))
    graph.node.append(helper.make_node("Sqrt", ["share"], ["drift"]))
    kinds: Sequence[tuple[int, list[str | int]]] = (
        (TensorProto.INT64, [BATCH, num_cells]),
        (TensorProto.FLOAT, [BATCH]),
        (TensorProto.BOOL, [BATCH]),
        (TensorProto.FLOAT, [BATCH]),
    )
    for name, (kind, shape) in zip(READOUT, kinds, strict=True):
        graph.output.append(helper.make_tensor_value_info(name, kind, shape))
    onnx.checker.check_model(whole)


def _constant(graph: onnx.GraphProto, name: str, value: NDArray[np.generic]) -> str:
    """The name of a number that the graph holds."""
    from onnx import numpy_helper

    graph.initializer.append(numpy_helper.from_array(value, name))
    return name

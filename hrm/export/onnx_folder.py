"""A trained model as a folder that onnxruntime alone can use.

::

    segment.onnx        one segment: (inputs, puzzle_ids, carry) -> (next carry, logits, q_halt, q_continue)
    initial_carry.npz   the first states, of one puzzle
    config.json         as in a model folder, and under "onnx" what the graph takes, gives, and how far it is off
    README.md           the loop in a few lines of Python
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from hrm.errors import InputError
from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.export.graph import require, segment_graph, signature
from hrm.export.parts import BATCH
from hrm.export.session import OnnxReasoner, deviation
from hrm.files import new_folder, write_synced
from hrm.intervals import with_interval
from hrm.runtime import Runtime
from hrm.store.folder import LoadedModel
from hrm.store.locate import CONFIG
from hrm.store.quantize import SCALE, quantize
from hrm.types import Batch

GRAPH = "segment.onnx"
CARRY = "initial_carry.npz"
TOLERANCE = 1e-4
"""How far any output of the graph may be from PyTorch's, in float32, within one segment."""
CHECKED_SEGMENTS = 4
CHECKED_BATCHES = (1, 3)

OnnxPrecision = Literal["float32", "int8"]


class Exported(NamedTuple):
    """Figures that a person is told."""

    deviation: float  # of the float32 graph from PyTorch
    float32: dict[str, Any] | None  # figures of hrm.evaluation.table.summarize, measured for int8
    int8: dict[str, Any] | None


def save_onnx_folder(
    loaded: LoadedModel, folder: Path, precision: OnnxPrecision, *, limit: int = 200, max_segments: int | None = None
) -> Exported:
    """The folder, written whole or not at all, after checking the graph against PyTorch on held-out puzzles.

    limit: held-out puzzles on which int8 is measured. max_segments: as in training when None. Raises ``InputError``
    without the extra, for a model that cannot be written, and for a graph further off than ``TOLERANCE``.
    """
    require("onnx", "onnxscript", "onnxruntime")
    import onnx

    model = loaded.model.float().cpu().eval()
    loaded = loaded._replace(model=model)
    with new_folder(folder) as unfinished:
        onnx.save(segment_graph(model, loaded.task.spec), unfinished / GRAPH)
        difference = checked(loaded, unfinished / GRAPH)
        before = after = None
        if precision == "int8":
            segments = max_segments or loaded.max_segments
            before = figures(loaded, unfinished / GRAPH, segments, limit)
            quantize_graph(unfinished / GRAPH)
            checked(loaded, unfinished / GRAPH, tolerance=math.inf)  # how far off is measured below, in puzzles
            after = figures(loaded, unfinished / GRAPH, segments, limit)
        exported = Exported(difference, before, after)
        carry = model.initial_carry(1)
        np.savez(unfinished / CARRY, **{name: getattr(carry, name).numpy() for name in carry._fields})
        config = {**loaded.config, "onnx": description(loaded, precision, exported)}
        write_synced(unfinished / CONFIG, (json.dumps(config, indent=2) + "\n").encode())
        write_synced(unfinished / "README.md", readme(loaded, config["onnx"]).encode())
    return exported


def checked(loaded: LoadedModel, file: Path, tolerance: float = TOLERANCE) -> float:
    """The deviation of the graph from PyTorch on held-out puzzles. Raises ``InputError`` above ``tolerance``, and where
    a number of either is none."""
    other = OnnxReasoner(loaded.model, file)
    worst = 0.0
    for B in CHECKED_BATCHES:
        batch = Batch(*(tensor[:B] for tensor in next(iter(loaded.task.eval_batches(B)))))
        worst = max(worst, deviation(loaded.model, other, batch, CHECKED_SEGMENTS))
    if not math.isfinite(worst):
        raise InputError("the graph, or the model itself, gives NaN or infinite numbers: nothing was written")
    if not worst <= tolerance:
        raise InputError(
            f"the graph is off by {worst:.1e} from PyTorch (at most {tolerance:.0e} is allowed): nothing was written. "
            "A model that has hardly been trained amplifies rounding: train it for longer"
        )
    return worst


def quantize_graph(file: Path) -> None:
    """The matrices of the graph stored as in an int8 model folder, a scale per row, and float32 again when it runs.

    In place. Quantising activations, too, costs a recurrence too much: its errors add up (docs/log.md, 2026-11-24).
    """
    import onnx
    from onnx import helper, numpy_helper

    whole = onnx.load(file)
    graph = whole.graph
    found = [w for w in graph.initializer if len(w.dims) == 2 and w.data_type == onnx.TensorProto.FLOAT]
    arrays = {w.name: numpy_helper.to_array(w) for w in found}
    matrices = {w.name: w for w in found if not np.isin(arrays[w.name], (0.0, 1.0)).all()}  # a mask stays exact
    stored = quantize({name: torch.from_numpy(arrays[name].copy()) for name in matrices})
    for name, matrix in matrices.items():
        graph.initializer.remove(matrix)
        number, scale = f"{name}.int8", f"{name}{SCALE}"
        graph.initializer.append(numpy_helper.from_array(stored[name].numpy(), number))
        graph.initializer.append(numpy_helper.from_array(stored[name + SCALE].flatten().numpy(), scale))
        graph.node.insert(0, helper.make_node("DequantizeLinear", [number, scale], [name], axis=0))
    onnx.save(whole, file)  # among unfinished files: the folder appears whole


def figures(loaded: LoadedModel, file: Path, max_segments: int, limit: int) -> dict[str, Any]:
    """Scores of the graph on the first ``limit`` held-out puzzles."""
    model = OnnxReasoner(loaded.model, file)
    runtime = Runtime(torch.device("cpu"), torch.float32, compile=False)
    return summarize(concatenate(list(evaluate(model, loaded.task, runtime, max_segments=max_segments, limit=limit))))


def description(loaded: LoadedModel, precision: OnnxPrecision, exported: Exported) -> dict[str, Any]:
    """The entry ``onnx`` of ``config.json``."""
    names, carry, spec = signature(loaded.model), loaded.model.initial_carry(1), loaded.task.spec
    inputs: dict[str, list[Any]] = {"inputs": ["int64", [BATCH, spec.seq_len]]}
    if names.has_puzzle_ids:
        inputs["puzzle_ids"] = ["int64", [BATCH]]
    inputs |= {name: _kind(getattr(carry, name)) for name in names.states}
    return {
        "graph": GRAPH,
        "initial_carry": CARRY,
        "precision": precision,
        "inputs": inputs,
        "outputs": list(names.outputs),
        "next": {f"next_{name}": name for name in names.states},
        "max_segments": loaded.max_segments,
        "symbols": list(spec.symbols),
        "max_deviation_float32": exported.deviation,
        **({"cost": {"float32": exported.float32, "int8": exported.int8}} if exported.int8 else {}),
    }


def _kind(state: Tensor) -> list[Any]:
    return [str(state.dtype).removeprefix("torch."), [BATCH, *state.shape[1:]]]


def cost_lines(exported: Mapping[str, Any]) -> list[str]:
    """Cost of quantising, as a table: ``cost`` of the description."""
    before, after = exported["float32"], exported["int8"]
    head = f"on {before['puzzles']:,} held-out puzzles, {before['max_segments']} segments"
    rows = [f"| {head} | float32 [95 %] | int8 [95 %] |", "|---|---|---|"]
    for name, text in (("solved", "solved"), ("exact", "equal to the label")):
        both = [with_interval(side[name], side[f"{name}_95"]) for side in (before, after)]
        rows.append(f"| {text} | {both[0]} | {both[1]} |")
    return rows


def readme(loaded: LoadedModel, onnx: Mapping[str, Any]) -> str:
    """Instructions to use the folder without this package."""
    ids = '    feed["puzzle_ids"] = np.zeros(len(inputs), np.int64)\n' if "puzzle_ids" in onnx["inputs"] else ""
    given = onnx["inputs"].items()
    task = loaded.config["task"]["name"]
    has_continue = "q_continue" in onnx["outputs"]
    rule = "q_halt is above q_continue" if has_continue else "q_halt is above 0"
    lines = [
        f"# A {loaded.config['model']['name']} model for {task}, as ONNX ({onnx['precision']})",
        "",
        f"`{GRAPH}` is one segment; the loop over segments is yours. The batch axis is free.",
        "",
        "| input | type | shape |",
        "|---|---|---|",
        *(f"| {name} | {kind} | {' x '.join(map(str, shape))} |" for name, (kind, shape) in given),
        "",
        f"Outputs: {', '.join(onnx['outputs'])}. A puzzle wants to stop when {rule}.",
        "",
        EXAMPLE.format(ids=ids),
        f"Checked against PyTorch in float32 on held-out puzzles, {CHECKED_SEGMENTS} segments, batches of "
        f"{' and '.join(map(str, CHECKED_BATCHES))}: at most {onnx['max_deviation_float32']:.1e} off within a segment.",
    ]
    if "cost" in onnx:
        lines += ["", "What int8 costs:", "", *cost_lines(onnx["cost"])]
    return "\n".join(lines) + "\n"


EXAMPLE = """\
```python
import json

import numpy as np
import onnxruntime

with open("config.json") as file:
    config = json.load(file)["onnx"]
with np.load(config["initial_carry"]) as arrays:
    first = dict(arrays)
session = onnxruntime.InferenceSession(config["graph"])


def think(inputs, segments=config["max_segments"]):  # (B, S) int64 tokens -> (B, S) int64 tokens
    feed = {{"inputs": inputs}}
{ids}    for name, state in first.items():
        feed[name] = np.repeat(state, len(inputs), axis=0)
    for _ in range(segments):
        out = dict(zip(config["outputs"], session.run(config["outputs"], feed)))
        feed.update({{state: out[name] for name, state in config["next"].items()}})
    return out["logits"].argmax(-1)


token = {{symbol: index for index, symbol in enumerate(config["symbols"])}}  # a token is the place of its symbol
```
"""

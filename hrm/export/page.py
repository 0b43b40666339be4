"""A trained model as a page: a folder of static files on which anyone watches it think, without a server.

::

    index.html style.css *.js    the page, the same for every model (hrm/export/site)
    model.json                   everything that it must know of this one: types.js says what
    segment.onnx                 one segment, and what is read off it (readout.py); matrices in int8
    segment.bin                  the first states, one after another, as float32
    stronger.onnx stronger.bin   the same of a second model, which takes over what this one does not solve
    runtime/                     onnxruntime-web, where it does not come from a CDN
"""

from __future__ import annotations

import json
import math
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from hrm.errors import notify
from hrm.evaluation.table import Table, concatenate, evaluate, summarize
from hrm.export.graph import require, segment_graph, signature
from hrm.export.onnx_folder import GRAPH, OnnxPrecision, checked, quantize_graph
from hrm.export.page_model import cells_of, check_page, facts, halting_of, written
from hrm.export.readout import add_readout
from hrm.export.session import OnnxReasoner
from hrm.export.web_runtime import WebRuntime
from hrm.files import new_folder, write_synced
from hrm.inference.making import STRONGER_ATTEMPTS
from hrm.intervals import with_interval
from hrm.models.lattice import MODULUS
from hrm.puzzles.sudoku.known import HARD, PUBLISHED
from hrm.runtime import Runtime
from hrm.store.folder import LoadedModel, load_model
from hrm.store.locate import BUILTIN, STRONGER, run_of
from hrm.tasks.board import BoardTask
from hrm.types import Batch

MODEL = "model.json"
NUM_HARD, NUM_RANDOM = 12, 24
"""Held-out puzzles that a page has to choose from; chosen by hand, a page should be small."""


MOST_MEASURED = 16
"""Segments that a page is measured with; a lattice is trained for up to 100, and over after a few. Chosen by hand:
nobody waits for a page for long."""


class MadePage(NamedTuple):
    """Figures that a person is told."""

    deviation: float  # of the float32 graph from PyTorch
    measured: dict[str, Any]  # "float32" and the graph's precision -> figures of hrm.evaluation.table.summarize
    num_bytes: int  # of the files, without the runtime


def save_page(
    loaded: LoadedModel, folder: Path, runtime: WebRuntime, *, precision: OnnxPrecision = "int8", limit: int = 200
) -> MadePage:
    """The folder, written whole or not at all, after checking its graph on held-out puzzles.

    limit: held-out puzzles on which graph and model are compared, and of which the hard ones are found. Raises
    ``InputError`` for a model that cannot be a page, and without the extra.
    """
    check_page(loaded.task)
    require("onnx", "onnxscript", "onnxruntime")
    loaded = loaded._replace(model=loaded.model.float().cpu().eval())
    stronger = _stronger(loaded)
    with new_folder(folder) as unfinished:
        graphs, deviation = [], 0.0
        for one, name in ((loaded, GRAPH), (stronger, "stronger.onnx")):
            if one is not None:
                deviation = max(deviation, _write_graph(one, unfinished / name, precision))
                graphs.append(_described(one, unfinished / name))
        if stronger is not None:
            graphs[0]["attempts"] = 1  # it is quick, or does not get there (hrm/inference/making.py)
            graphs[1].update(attempts=STRONGER_ATTEMPTS, segments=stronger.max_segments)
        table = _table(loaded._replace(model=OnnxReasoner(loaded.model, unfinished / GRAPH)), limit)
        measured: dict[str, Any] = {"float32": summarize(_table(loaded, limit)), precision: summarize(table)}
        _warn(measured, precision)
        for file in resources.files("hrm.export").joinpath("site").iterdir():
            write_synced(unfinished / file.name, file.read_bytes())
        description = {
            "title": title(loaded),
            "about": _about(loaded, (unfinished / GRAPH).stat().st_size),
            "measured": _told(measured, precision),
            **facts(loaded),
            "graphs": graphs,
            "puzzles": puzzles_of(loaded, table),
            "runtime": runtime.entry,
        }
        text = json.dumps(description, ensure_ascii=False, separators=(",", ":"))
        write_synced(unfinished / MODEL, text.encode())
        num_bytes = sum(file.stat().st_size for file in unfinished.iterdir())
        for name, content in runtime.files.items():
            (unfinished / name).parent.mkdir(exist_ok=True)
            write_synced(unfinished / name, content)
    return MadePage(deviation, measured, num_bytes)


def _stronger(loaded: LoadedModel) -> LoadedModel | None:
    """The model in the package that takes over what this one of the package does not solve."""
    name = STRONGER.get(loaded.path.name) if loaded.path.is_relative_to(BUILTIN) else None
    return None if name is None else load_model(name)


def _write_graph(loaded: LoadedModel, file: Path, precision: OnnxPrecision) -> float:
    """Write a graph that reads itself out, checked; the deviation of its float32 from PyTorch."""
    import onnx

    graph = segment_graph(loaded.model, loaded.task.spec)
    add_readout(graph, signature(loaded.model), loaded.task.spec.seq_len)
    onnx.save(graph, file)
    deviation = checked(loaded, file)
    if precision == "int8":
        quantize_graph(file)
        checked(loaded, file, tolerance=math.inf)  # how far off is measured in puzzles
    return deviation


def _described(loaded: LoadedModel, file: Path) -> dict[str, Any]:
    """An entry of ``graphs`` in ``model.json``, and the first states beside the graph."""
    starts = file.with_suffix(".bin")
    return {
        "name": run_of(loaded).name,
        "file": file.name,
        "starts": starts.name,
        "states": _write_starts(loaded, starts),
        "has_puzzle_ids": signature(loaded.model).has_puzzle_ids,
        **halting_of(loaded),
    }


def _table(loaded: LoadedModel, limit: int) -> Table:
    runtime = Runtime(torch.device("cpu"), torch.float32, compile=False)
    segments = min(loaded.max_segments, MOST_MEASURED)
    return concatenate(list(evaluate(loaded.model, loaded.task, runtime, max_segments=segments, limit=limit)))


def _warn(measured: dict[str, Any], precision: str) -> None:
    """A word where the graph's share of solved puzzles is outside the interval of the model's."""
    share, interval = measured[precision]["solved"], measured["float32"]["solved_95"]
    if share is not None and not interval[0] <= share <= interval[1]:
        notify(
            f"in int8 the page solves {100 * share:.1f} %, the model {100 * measured['float32']['solved']:.1f} %: "
            "--precision float32 makes a page of the same answers, four times as large"
        )


def _write_starts(loaded: LoadedModel, file: Path) -> list[dict[str, Any]]:
    """The first states of a puzzle, as short as they can be repeated from: one vector for every position, mostly."""
    carry = loaded.model.initial_carry(1)
    states, parts = [], []
    for name in carry._fields:
        state = getattr(carry, name)[0].numpy()
        rows = state.reshape(-1, state.shape[-1])
        part = rows[0] if (rows == rows[0]).all() else rows.reshape(-1)
        is_luck = np.issubdtype(state.dtype, np.integer)
        draws = MODULUS if is_luck else 0
        states.append({"name": name, "shape": list(state.shape), "length": 0 if is_luck else len(part), "draws": draws})
        parts.append(part[: states[-1]["length"]].astype("<f4"))
    write_synced(file, np.concatenate(parts).tobytes())
    return states


TITLES = {"sudoku": "Sudoku", "maze": "mazes"}


def title(loaded: LoadedModel) -> str:
    """The heading of the page."""
    rows, columns = loaded.task.spec.grid_shape
    rules = facts(loaded)["rules"]
    if isinstance(loaded.task, BoardTask):
        return f"Watch it think: {loaded.task.family.title} of {rows} x {columns}"
    what = TITLES[rules["name"]] if rules else f"{run_of(loaded).name}: grids"
    return f"Watch it think: {what} of {rows} x {columns}"


def _about(loaded: LoadedModel, num_bytes: int) -> str:
    num = sum(parameter.numel() for parameter in loaded.model.parameters())
    return (
        f"A small neural network ({num:,} parameters, {num_bytes / 1000:.0f} kB) fills this board in your own browser. "
        "It thinks segment by segment; after each you see the answer that it would give."
    )


def _told(measured: dict[str, Any], precision: str) -> str:
    """A sentence on what the graph solves, and the model."""
    shares = {name: with_interval(side["solved"], side["solved_95"]) for name, side in measured.items()}
    side = measured[precision]
    if side["solved"] is None:
        return ""
    both = shares[precision] if precision == "float32" else f"{shares[precision]}, in float32 {shares['float32']}"
    return (
        f"Measured when this page was made: of {side['puzzles']:,} held-out puzzles this graph ({precision}) solves "
        f"{both} after {side['max_segments']} segments, in one attempt."
    )


def puzzles_of(loaded: LoadedModel, table: Table) -> list[dict[str, str]]:
    """Puzzles to begin with: known ones where people know some, and held-out ones, the hardest for this model apart."""
    cells = cells_of(loaded.task)
    is_usual = facts(loaded)["rules"] is not None and loaded.task.spec.grid_shape == (9, 9) and len(cells.keys) == 10
    known = PUBLISHED | HARD if is_usual else {}
    found = [{"name": name, "puzzle": puzzle, "kind": "known"} for name, puzzle in known.items()]
    num, M = table.solved.shape
    first = np.where(table.solved.any(1), table.solved.argmax(1), M)  # segments before the one that solves it
    order = np.argsort(-first, kind="stable")
    hard = order[: min(NUM_HARD, num // 2)].tolist()
    chosen = [(row, "random") for row in range(num) if row not in hard][:NUM_RANDOM] + [(row, "hard") for row in hard]
    inputs = _inputs(loaded, num)
    rows = [{"name": "", "puzzle": written(inputs[row], cells), "kind": kind} for row, kind in chosen]
    if is_usual:
        rows += [{"name": name, "puzzle": puzzle, "kind": "hard"} for name, puzzle in HARD.items()]
    return found + rows


def _inputs(loaded: LoadedModel, num: int) -> NDArray[np.int64]:
    batch: Batch = next(iter(loaded.task.eval_batches(num)))
    return batch.inputs.numpy()[:num]

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from export_models import hrm_and_graph

from hrm.errors import Notice
from hrm.export import page
from hrm.export.page import MadePage, save_page
from hrm.export.readout import READOUT
from hrm.export.web_runtime import WebRuntime, from_cdn
from hrm.puzzles.sudoku.known import PUBLISHED
from hrm.store.folder import load_model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MadePage]:
    folder = tmp_path_factory.mktemp("pages") / "site"
    loaded, graph = hrm_and_graph()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "segment_graph", lambda *_: copy_of(graph))  # made once
        runtime = WebRuntime({"runtime/wasm": b"wasm"}, from_cdn().entry)
        return folder, save_page(loaded, folder, runtime, limit=12)


def copy_of(graph: Any) -> Any:
    other = type(graph)()
    other.CopyFrom(graph)
    return other


def test_the_folder_is_whole(made: tuple[Path, MadePage]) -> None:
    folder, figures = made
    site = {file.name for file in resources.files("hrm.export").joinpath("site").iterdir()}
    assert {file.name for file in folder.iterdir()} == site | {"model.json", "segment.onnx", "segment.bin", "runtime"}
    assert (folder / "runtime" / "wasm").read_bytes() == b"wasm"
    assert figures.num_bytes == sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    assert 0 < figures.deviation <= 1e-4
    assert figures.measured["int8"]["puzzles"] == figures.measured["float32"]["puzzles"] == 12


def test_the_graph_reads_itself_and_is_in_int8(made: tuple[Path, MadePage]) -> None:
    graph = onnx.load(made[0] / "segment.onnx").graph
    assert {*READOUT} <= {output.name for output in graph.output}
    assert "DequantizeLinear" in {node.op_type for node in graph.node}


def test_the_first_states_are_those_of_the_model(made: tuple[Path, MadePage]) -> None:
    folder, _ = made
    loaded, model = hrm_and_graph()[0], json.loads((folder / "model.json").read_text())
    starts, carry, offset = np.fromfile(folder / "segment.bin", "<f4"), loaded.model.initial_carry(1), 0
    assert [state["name"] for state in model["graphs"][0]["states"]] == list(carry._fields)
    for state in model["graphs"][0]["states"]:
        part = starts[offset : offset + state["length"]]
        offset += state["length"]
        own = getattr(carry, state["name"])[0].numpy()
        assert list(own.shape) == state["shape"]
        assert (np.resize(part, own.shape) == own).all()
    assert offset == len(starts)


def test_the_description_has_what_the_page_must_know(made: tuple[Path, MadePage]) -> None:
    model = json.loads((made[0] / "model.json").read_text())
    types = (made[0] / "types.js").read_text()
    told = re.search(r"@typedef \{object\} Model.*?\*/", types, re.DOTALL)
    assert told is not None
    assert set(re.findall(r"@property \{.*?\} (\w+)", told[0])) == set(model), "types.js says what model.json holds"
    assert model["graphs"][0]["has_puzzle_ids"] is True
    kinds = [one["kind"] for one in model["puzzles"]]
    assert kinds == ["random"] * 6 + ["hard"] * 6
    assert "of 12 held-out puzzles this graph (int8) solves" in model["measured"]


def test_known_puzzles_are_those_of_nine_by_nine() -> None:
    loaded = load_model("sudoku")
    table = page._table(loaded, 6)
    names = [one["name"] for one in page.puzzles_of(loaded, table) if one["kind"] == "known"]
    assert names[: len(PUBLISHED)] == list(PUBLISHED)


def test_the_hard_ones_take_the_model_longest() -> None:
    loaded = load_model("sudoku")
    table = page._table(loaded, 20)
    first = {True: table.solved.argmax(1)}[bool(table.solved.any(1).all())]
    chosen = {one["puzzle"]: one["kind"] for one in page.puzzles_of(loaded, table)}
    lines = ["".join(".123456789"[token - 1] for token in row) for row in page._inputs(loaded, 20).tolist()]
    hard = [int(first[row]) for row, line in enumerate(lines) if chosen[line] == "hard"]
    others = [int(first[row]) for row, line in enumerate(lines) if chosen[line] == "random"]
    assert min(hard) >= max(others)


def test_a_graph_below_the_models_interval_is_told() -> None:
    model = {"solved": 0.9, "solved_95": [0.85, 0.95]}
    page._warn({"float32": model, "int8": {"solved": 0.86}}, "int8")
    with pytest.warns(Notice, match=r"solves 80.0 %, the model 90.0 %: --precision float32"):
        page._warn({"float32": model, "int8": {"solved": 0.8}}, "int8")


def test_the_page_is_short_enough_to_be_read() -> None:
    site = resources.files("hrm.export").joinpath("site")
    lines = {file.name: file.read_text(encoding="utf-8").splitlines() for file in site.iterdir()}
    assert sum(len(own) for name, own in lines.items() if name.endswith(".js")) < 800
    assert max(len(line) for own in lines.values() for line in own) <= 120

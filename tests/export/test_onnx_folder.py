from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from export_models import hrm_and_graph

from hrm.errors import InputError
from hrm.export import onnx_folder
from hrm.export.onnx_folder import Exported, OnnxPrecision, cost_lines, save_onnx_folder
from hrm.store.folder import LoadedModel


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return hrm_and_graph()[0]


@pytest.fixture(scope="module")
def int8(loaded: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Exported]:
    folder = tmp_path_factory.mktemp("exports") / "int8"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx_folder, "segment_graph", lambda *_: hrm_and_graph()[1])  # made once
        return folder, save_onnx_folder(loaded, folder, "int8", limit=12, max_segments=2)


def test_the_example_of_the_readme_thinks_like_the_model(
    loaded: LoadedModel, int8: tuple[Path, Exported], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = int8
    monkeypatch.chdir(folder)
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    assert code is not None
    scope: dict[str, object] = {}
    exec(code.group(1), scope)
    batch = next(iter(loaded.task.eval_batches(6)))
    answers = scope["think"](batch.inputs.numpy(), 1)  # type: ignore[operator]
    with torch.no_grad():
        ours = loaded.model(loaded.model.initial_carry(6), batch)[1].logits.argmax(-1).numpy()
    assert answers.shape == ours.shape
    assert (answers == ours).mean() > 0.8, "int8, so not to the letter"
    assert scope["token"] == {symbol: place for place, symbol in enumerate(loaded.task.spec.symbols)}


def test_what_int8_costs_is_measured_and_written(int8: tuple[Path, Exported]) -> None:
    folder, exported = int8
    config = json.loads((folder / "config.json").read_text())["onnx"]
    assert 0 < exported.deviation <= 1e-4
    assert config["max_deviation_float32"] == exported.deviation
    assert exported.float32 is not None
    assert exported.int8 is not None
    assert exported.float32["puzzles"] == exported.int8["puzzles"] == 12
    assert exported.float32["calibration"] != exported.int8["calibration"], "two graphs, not one twice"
    readme = (folder / "README.md").read_text()
    for line in cost_lines(config["cost"]):
        assert line in readme


def test_int8_weights_are_bytes(int8: tuple[Path, Exported]) -> None:
    import onnx

    graph = onnx.load(int8[0] / "segment.onnx").graph
    sizes = dict.fromkeys((onnx.TensorProto.INT8, onnx.TensorProto.FLOAT), 0)
    for weight in graph.initializer:
        if weight.data_type in sizes:
            sizes[weight.data_type] += int(np.prod(weight.dims))
    assert sizes[onnx.TensorProto.INT8] > 5 * sizes[onnx.TensorProto.FLOAT], "but for the scales"


def test_a_graph_that_is_off_is_refused_and_nothing_stays(
    loaded: LoadedModel, int8: tuple[Path, Exported], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnx

    wrong = onnx.load(int8[0] / "segment.onnx")  # int8 passes for float32
    monkeypatch.setattr(onnx_folder, "segment_graph", lambda *_: wrong)
    with pytest.raises(InputError, match=r"off by .* from PyTorch .*nothing was written"):
        save_onnx_folder(loaded, tmp_path / "new/model", "float32")
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "new"])


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_graph_that_gives_no_numbers_is_refused_and_nothing_stays(
    loaded: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: OnnxPrecision
) -> None:
    from onnx import numpy_helper

    poisoned = type(hrm_and_graph()[1])()
    poisoned.CopyFrom(hrm_and_graph()[1])
    weight = max((w for w in poisoned.graph.initializer if len(w.dims) == 2), key=lambda w: np.prod(w.dims))
    array = numpy_helper.to_array(weight).copy()
    array[0] = np.nan
    weight.CopyFrom(numpy_helper.from_array(array, weight.name))
    monkeypatch.setattr(onnx_folder, "segment_graph", lambda *_: poisoned)
    with pytest.raises(InputError, match="gives NaN or infinite numbers: nothing was written"):
        save_onnx_folder(loaded, tmp_path / "new/model", precision)
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "new"])

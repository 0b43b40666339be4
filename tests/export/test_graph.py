from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from export_models import SMALLEST, hrm_and_graph, untrained

from hrm.errors import InputError
from hrm.export.graph import require, segment_graph, signature
from hrm.export.onnx_folder import TOLERANCE
from hrm.export.session import OnnxReasoner, deviation
from hrm.models import MODELS
from hrm.models.base import Reasoner
from hrm.store.folder import LoadedModel
from hrm.types import Batch


def check_equals_torch(loaded: LoadedModel, graph: Any, folder: Path, tolerance: float = TOLERANCE) -> None:
    import onnx

    onnx.save(graph, folder / "segment.onnx")
    other, spec = OnnxReasoner(loaded.model, folder / "segment.onnx"), loaded.task.spec
    for B in (1, 3, 5):
        inputs = torch.randint(0, spec.vocab_size, (B, spec.seq_len), generator=torch.Generator().manual_seed(B))
        batch = Batch(inputs, inputs, torch.arange(B) % spec.num_puzzles)
        worst = deviation(loaded.model, other, batch, 3)
        assert worst <= tolerance


def test_a_segment_in_onnxruntime_is_the_segment(tmp_path: Path) -> None:
    loaded, graph = hrm_and_graph()
    check_equals_torch(loaded, graph, tmp_path)
    names = [value.name for value in graph.graph.input]
    assert names == ["inputs", "puzzle_ids", "z_H", "z_L"]
    assert [v.name for v in graph.graph.output] == ["next_z_H", "next_z_L", "logits", "q_halt", "q_continue"]
    assert all(value.type.tensor_type.shape.dim[0].dim_param == "batch" for value in graph.graph.input)


def test_weights_are_stored_once_however_long_the_schedule() -> None:
    loaded, graph = hrm_and_graph()
    num_weights = sum(tensor.numel() for tensor in loaded.model.parameters())
    stored = sum(torch.Size(weight.dims).numel() for weight in graph.graph.initializer)
    assert stored < 1.03 * num_weights, "three updates of L_level and one of H_level"


def test_a_lattice_of_candidates_with_luck_and_without(tmp_path: Path) -> None:
    loaded = untrained("lattice", puzzle_embedding_size=0)
    names = signature(loaded.model)
    assert names.inputs == ("inputs", "alive", "luck")
    assert names.outputs == ("next_alive", "next_luck", "logits", "q_halt", "is_stuck")
    graph = segment_graph(loaded.model, loaded.task.spec)
    check_equals_torch(loaded, graph, tmp_path)
    other = OnnxReasoner(loaded.model, tmp_path / "segment.onnx")
    batch = next(iter(loaded.task.eval_batches(4)))
    carry = loaded.model.initial_carry(4)
    carry = loaded.model.drawn_start(carry, np.random.default_rng(0))
    for _ in range(3):
        ours, theirs = loaded.model(carry, batch), other(carry, batch)
        assert ours[0].luck.ne(carry.luck).any()
        assert all(torch.equal(a, b) for a, b in zip(ours[0], theirs[0], strict=True))
        assert torch.equal(ours[1].is_stuck, theirs[1].is_stuck)
        carry = ours[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_model_can_be_written(name: str, tmp_path: Path) -> None:
    assert set(SMALLEST) == set(MODELS), "a new model needs its line"
    others = [{}] if name == "equivariant" else [{}, {"puzzle_embedding_size": 0, "positions": "learned"}]
    for settings in others:
        loaded = untrained(name, **settings)
        check_equals_torch(loaded, segment_graph(loaded.model, loaded.task.spec), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mixing", "size"), [("hrm", "state_space", 9), ("urm", "hybrid", 4), ("lattice", "hybrid", 4)]
)
def test_a_recurrence_is_written_in_one_chunk_and_in_several(name: str, mixing: str, size: int, tmp_path: Path) -> None:
    layers = {"H_layers": 2} if mixing == "hybrid" else {}
    loaded = untrained(name, size=size, mixing=mixing, state_size=4, **layers)
    check_equals_torch(loaded, segment_graph(loaded.model, loaded.task.spec), tmp_path)


def test_signature_says_what_a_model_has() -> None:
    assert signature(untrained("trm", puzzle_embedding_size=0).model).inputs == ("inputs", "z_H", "z_L")
    assert signature(untrained("urm").model).outputs == ("next_z_H", "logits", "q_halt")
    assert signature(untrained("hrm").model).outputs[-1] == "q_continue"


def test_a_model_without_a_schedule_is_refused() -> None:
    class Other(Reasoner):
        is_random, update_names = False, ()

        def carry_at(self, carry: Any, answers: Batch) -> Any: ...
        def drawn_start(self, carry: Any, rng: Any) -> Any: ...
        def own_lesson(self, prediction: Any, batch: Batch) -> Any: ...
        def initial_carry(self, batch_size: int, dtype: torch.dtype = torch.float32) -> Any: ...
        def forward(self, carry: Any, batch: Batch) -> Any: ...
        def read(self, state: Any) -> Any: ...

    with pytest.raises(InputError, match="Other cannot be written as ONNX"):
        signature(Other())


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(InputError, match=r"onnxscript: pip install 'hrm-lab\[onnx\]'"):
        require("onnx", "onnxscript")


def test_weights_beyond_the_format_are_refused_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = untrained("hrm")
    monkeypatch.setattr("hrm.export.graph.LARGEST", 10_000)
    with pytest.raises(InputError, match="at most 2 GB"):
        segment_graph(loaded.model, loaded.task.spec)

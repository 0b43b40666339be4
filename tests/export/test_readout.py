from __future__ import annotations

import copy

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from export_models import hrm_and_graph, untrained

from hrm.export.graph import segment_graph, signature
from hrm.export.readout import READOUT, add_readout
from hrm.export.session import feed
from hrm.inference.queue import residual
from hrm.segments.halting import wants_to_halt
from hrm.types import Batch


@pytest.mark.parametrize("name", ["hrm", pytest.param("trm", marks=pytest.mark.slow)])
@torch.inference_mode()
def test_what_is_read_off_is_what_a_solver_sees(name: str) -> None:
    loaded, graph = hrm_and_graph() if name == "hrm" else (untrained(name), None)
    names, spec = signature(loaded.model), loaded.task.spec
    if graph is None:
        graph = segment_graph(loaded.model, spec)
    graph = copy.deepcopy(graph)  # one for all tests
    before = [output.name for output in graph.graph.output]
    add_readout(graph, names, spec.seq_len)
    assert [output.name for output in graph.graph.output] == [*before, *READOUT]
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    batch: Batch = next(iter(loaded.task.eval_batches(5)))
    carry = loaded.model.initial_carry(5)
    for _ in range(3):
        after, prediction = loaded.model(carry, batch)
        out = dict(zip(READOUT, session.run(list(READOUT), feed(names, carry, batch)), strict=True))
        assert (out["answer"] == prediction.logits.argmax(-1).numpy()).all()
        np.testing.assert_allclose(out["certainty"], prediction.q_halt.sigmoid(), atol=1e-4)
        np.testing.assert_allclose(out["drift"], residual(carry, after), atol=1e-4)
        assert (out["wants_to_halt"] == wants_to_halt(prediction.q_halt, prediction.q_continue).numpy()).all()
        carry = after
    onnx.checker.check_model(graph)

from __future__ import annotations

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from hrm.export.parts import BATCH, Joined, export_part


def test_parts_are_joined_over_one_set_of_weights() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(4, 4, bias=False)

    def once(x: Tensor) -> tuple[Tensor]:
        return (layer(x).relu(),)

    x = torch.randn(2, 4)
    part = export_part(layer, once, {"x": x}, ("y",))
    joined, value = Joined(), {"x": "x"}
    for _ in range(3):
        value["x"] = joined.call(part, value)["y"]
    whole = joined.model({"x": x}, {"out": value["x"]}, {"out": x})
    assert sum(int(np.prod(weight.dims)) for weight in whole.graph.initializer) == 16
    assert whole.graph.input[0].type.tensor_type.shape.dim[0].dim_param == BATCH
    session = onnxruntime.InferenceSession(whole.SerializeToString(), providers=["CPUExecutionProvider"])
    x = torch.randn(5, 4)
    with torch.no_grad():
        expected = once(once(once(x)[0])[0])[0]
    np.testing.assert_allclose(session.run(["out"], {"x": x.numpy()})[0], expected, atol=1e-6)

"""The distance of a rounded carry is that of its arithmetic."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from known import subject, toy

from hrm.analysis.fidelity import look_at_fidelity
from hrm.models.trm import TRMConfig


def test_weights_that_need_no_rounding_give_the_same_carry_and_bfloat16_does_not() -> None:
    torch.manual_seed(0)
    about = subject(toy(), segments=4)
    config = TRMConfig(hidden_size=16, puzzle_embedding_size=0, mixing="mlp", positions="none", L_layers=1)
    model = config.build(about.task.spec).eval()
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.half().float()
    found = look_at_fidelity(replace(about, model=model)).figures["rounded"]
    assert [row["mean"] for row in found["weights float16"]["carry"]] == [0.0] * 4
    assert found["weights float16"]["first_difference"]["puzzles"] == 0
    assert 1e-4 < found["bfloat16"]["carry"][0]["mean"] < 0.1
    assert 1e-4 < found["weights int8"]["carry"][0]["mean"] < 0.1
    assert 1e-4 < found["int8 products"]["carry"][0]["mean"] < 0.2
    assert type(model.L_level.blocks[0].swiglu.down_proj).__name__ == "Linear", "the model itself stays"


def test_a_distance_is_a_share_of_a_state_that_grows_with_it() -> None:
    def doubled(z: torch.Tensor, injection: torch.Tensor) -> torch.Tensor:
        return 2 * z + (1e-3 if z.dtype == torch.bfloat16 else 0)

    about = subject(toy(of_H=doubled), segments=3)
    rows = look_at_fidelity(about).figures["rounded"]["bfloat16"]["carry"]
    assert rows[-1]["mean"] == pytest.approx(rows[0]["mean"], rel=0.6), "and the state with it"


def test_a_carry_that_parts_more_with_every_segment_is_told_by_name_and_one_that_does_not_is_not() -> None:
    def parts(z: torch.Tensor, injection: torch.Tensor) -> torch.Tensor:
        return 1.25 * z if z.dtype == torch.bfloat16 else z

    found = look_at_fidelity(subject(toy(of_H=parts), segments=4))
    rows = [row["mean"] for row in found.figures["rounded"]["bfloat16"]["carry"]]
    assert all(a < b for a, b in pairwise(rows))
    told = {part.split(":")[0]: part for part in found.sentence.split("; ")}
    assert "more with every segment" in told["bfloat16"]
    assert "more with every segment" not in told["weights float16"], "which keeps the carry to the bit"

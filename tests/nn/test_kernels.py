from __future__ import annotations

import sys
import types
from typing import Any

import pytest
import torch

from hrm.models.trm import TRMConfig
from hrm.nn.block import fit_levels
from hrm.nn.kernels import SCANS, fla_scan
from hrm.nn.state_space import StateSpace, chunked_scan, step_by_step
from hrm.runtime import Runtime
from hrm.types import TaskSpec


def stand_in(calls: list[dict[str, Any]]) -> types.ModuleType:
    """``fla.ops.simple_gla`` as far as it is called: the recurrence in that package's layout, (B, T, heads, width)."""
    module = types.ModuleType("fla.ops.simple_gla")

    def chunk_simple_gla(
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        g: torch.Tensor | None = None,
        g_gamma: torch.Tensor | None = None,
        scale: float | None = None,
    ) -> tuple[torch.Tensor, None]:
        calls.append({"q": q, "k": k, "v": v, "g": g, "scale": scale})
        assert g is not None
        scale = k.shape[-1] ** -0.5 if scale is None else scale
        # Every head a group of its own, in the layout of ``Scan``.
        return step_by_step(q * scale, k, v[:, :, :, None], g[..., None]).squeeze(3), None

    module.chunk_simple_gla = chunk_simple_gla  # type: ignore[attr-defined]
    return module


def test_the_kernels_of_fla_are_called_in_their_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setitem(sys.modules, "fla.ops.simple_gla", stand_in(calls))
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 97, 2, 8), torch.randn(2, 97, 2, 8), torch.randn(2, 97, 2, 3, 5)
    log_a = -torch.rand(2, 97, 2, 3)
    torch.testing.assert_close(fla_scan(q, k, v, log_a), chunked_scan(q, k, v, log_a), rtol=1e-4, atol=1e-4)
    (call,) = calls
    assert {name: tuple(call[name].shape) for name in "qkvg"} == {
        "q": (2, 97, 6, 8),
        "k": (2, 97, 6, 8),
        "v": (2, 97, 6, 5),
        "g": (2, 97, 6),
    }
    assert all(call[name].is_contiguous() for name in "qkvg")


def test_a_machine_that_says_so_runs_the_recurrences_of_a_model_by_them(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setitem(sys.modules, "fla.ops.simple_gla", stand_in(calls))
    spec = TaskSpec(vocab_size=6, seq_len=16, num_puzzles=1, grid_shape=(4, 4), symbols=tuple(" .1234"))
    config = TRMConfig(hidden_size=16, num_heads=2, mixing="state_space", puzzle_embedding_size=0)
    level = config.build(spec).L_level
    x = torch.randn(2, 16, 16)
    before = level(x, x)
    for name in ("fla", "torch"):
        fit_levels(level, Runtime(torch.device("cpu"), torch.float32, False, kernels=name))
        scans = [module.scan for module in level.modules() if isinstance(module, StateSpace)]
        assert scans == [SCANS[name]] * 2
        torch.testing.assert_close(level(x, x), before, rtol=1e-4, atol=1e-4)
    assert len(calls) == 2

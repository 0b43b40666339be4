"""The recurrences of ``state_space.py`` by code of others: a choice of the machine, not of the model.

flash-linear-attention (package ``flash-linear-attention``, imported as ``fla``) has Triton kernels of the very
recurrence, which it calls simple gated linear attention. They need a GPU. Nobody has run them from here yet: what is
tested is that they are called in their layout, with a stand-in for the package.
"""

from __future__ import annotations

from torch import Tensor

from hrm.nn.state_space import Scan, chunked_scan
from hrm.runtime import Kernels


def fla_scan(q: Tensor, k: Tensor, v: Tensor, log_a: Tensor) -> Tensor:
    """``chunked_scan`` by ``fla.ops.simple_gla.chunk_simple_gla``; shapes: see ``Scan``.

    There all heads are one axis, and each has queries and keys of its own: (B, L, heads, width), decays (B, L, heads)
    in float32. Its scale, by default one over the root of the width, is 1 here.
    """
    from fla.ops.simple_gla import chunk_simple_gla

    B, L, G, H, P = v.shape
    q, k = (x[:, :, :, None].expand(B, L, G, H, -1).reshape(B, L, G * H, -1).to(v.dtype) for x in (q, k))
    y, _ = chunk_simple_gla(q=q, k=k, v=v.reshape(B, L, G * H, P), g=log_a.reshape(B, L, G * H), scale=1.0)
    return y.reshape(v.shape)


SCANS: dict[Kernels, Scan] = {"torch": chunked_scan, "fla": fla_scan}
"""Code of the recurrences by its name in the settings of the machine."""

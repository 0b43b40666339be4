"""Hierarchical Reasoning Models: train, check, dissect and use them.

>>> import hrm
>>> model = hrm.load()                       # the small model in the package, or a run folder of yours
>>> model.solve("53..7....6..195...")        # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["InputError", "PuzzleModel", "Solution", "Solver", "load", "train"]

if TYPE_CHECKING:
    from hrm.api import InputError, PuzzleModel, Solution, Solver, load, train


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """The names of ``__all__``, imported when first asked for: ``import hrm`` alone stays quick."""
    if name in __all__:
        import hrm.api

        return getattr(hrm.api, name)
    raise AttributeError(f"module 'hrm' has no attribute {name!r}")

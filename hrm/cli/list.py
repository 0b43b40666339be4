"""``hrm list``"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hrm.errors import InputError
from hrm.models import MODELS
from hrm.nn.block import MIXINGS
from hrm.recipes import RECIPES
from hrm.store.locate import BUILTIN, WEIGHTS
from hrm.tasks import TASKS


def main(args: list[str]) -> int:
    if args and args[0] not in ("-h", "--help"):
        raise InputError(f"hrm list takes no arguments, not {args[0]!r}")
    sections: dict[str, Mapping[str, Any]] = {
        "recipes (hrm train RECIPE)": RECIPES,
        "models": MODELS,
        "tasks": TASKS,
    }
    for title, entries in sections.items():
        print(title)
        for name, entry in entries.items():
            print(f"  {name:28s}{(entry.__doc__ or '').strip().splitlines()[0]}")
    print("ways in which cells see each other (--model.mixing; all models but equivariant)")
    for mixing, what in MIXINGS.items():
        print(f"  {mixing:28s}{what}")
    print("in the package (hrm solve --model NAME)")
    for folder in sorted(p.parent for p in BUILTIN.glob(f"*/{WEIGHTS}")):
        print(f"  {folder.name:28s}{(folder / WEIGHTS).stat().st_size / 1000:.0f} kB")
    return 0

"""A solver from what a person wants, with what follows where nothing is said."""

from __future__ import annotations

import functools
from dataclasses import fields
from typing import Any

from hrm.errors import suggestion
from hrm.inference.options import AttemptsConfig, HaltPolicy, HaltRule
from hrm.inference.solver import LONGER, Solver
from hrm.puzzles.base import stopping_rules
from hrm.runtime import Runtime
from hrm.store.folder import LoadedModel, load_model
from hrm.store.locate import BUILTIN, STRONGER

STRONGER_ATTEMPTS = 32
"""Attempts of the model that takes over, each for as many segments as in training: what is not solved by then another
symmetry of the puzzle solves sooner than more segments do, and every doubling solves more (docs/hard.md)."""


def make_solver(
    loaded: LoadedModel,
    *,
    halt: HaltRule | None = None,
    num_slots: int = 64,
    runtime: Runtime | None = None,
    exact: bool = False,
    **options: Any,
) -> Solver:
    """A ``Solver``. halt: rules when None, q where the task has none to check; max_segments: four times that of
    training when not given. Where nothing special is wanted, and the package has a stronger model (``STRONGER``), that
    takes over what this one does not solve in one attempt. The options are the fields of ``HaltPolicy`` and
    ``AttemptsConfig``.

    Raises ``InputError`` for values that cannot be, ``TypeError`` for names that do not exist.
    """
    names = {f.name for f in fields(AttemptsConfig)}
    known = names | {f.name for f in fields(HaltPolicy)} - {"rule"}
    if unknown := [name for name in options if name not in known]:
        raise TypeError(f"a solver has no option {unknown[0]!r}{suggestion(unknown[0], {*known, 'halt', 'num_slots'})}")
    is_usual = halt is None and all(options[name] == USUAL[name] for name in options)
    name = STRONGER.get(loaded.path.name) if is_usual and loaded.path.is_relative_to(BUILTIN) else None
    if name is not None:
        options["attempts"] = 1  # the first model is quick, or does not get there
    attempts = AttemptsConfig(**{name: options.pop(name) for name in list(options) if name in names})
    if options.get("max_segments") is None:
        options["max_segments"] = LONGER * loaded.max_segments
    usual: HaltRule = "q" if stopping_rules(loaded.task.rules) is None else "rules"
    policy = HaltPolicy(rule=usual if halt is None else halt, **options)

    def stronger() -> tuple[str, Solver]:
        assert name is not None
        loaded = _from_the_package(name)
        most, segments = STRONGER_ATTEMPTS, loaded.max_segments
        return name, make_solver(
            loaded, attempts=most, max_segments=segments, num_slots=num_slots, runtime=solver.runtime
        )

    solver = Solver(
        loaded,
        policy,
        attempts,
        num_slots=num_slots,
        runtime=runtime,
        exact=exact,
        stronger=None if name is None else stronger,
    )
    return solver


@functools.cache
def _from_the_package(name: str) -> LoadedModel:
    """A model in the package, the same for all solvers, who take turns with it."""
    return load_model(name)


USUAL = {f.name: f.default for f in (*fields(AttemptsConfig), *fields(HaltPolicy))} | {"max_segments": None}
"""Options of a solver of whom nobody wants anything special: a stronger model may take over."""

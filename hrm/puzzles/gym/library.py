"""The library reasoning-gym: about a hundred generators of questions, each with a scorer of answers.

github.com/open-thought/reasoning-gym (arXiv 2505.24760), Apache-2.0. ``create_dataset(name, size=, seed=, **options)``
gives a sequence of entries {question, answer, metadata}; ``score_answer(answer, entry)`` a score from 0 to 1. It is the
extra ``gym``, and imported where it is asked for.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from hrm.errors import InputError, look_up, suggestion

DISTRIBUTION = "reasoning-gym"

OURS = {"size": "--task.num-train and --task.num-test", "seed": "--task.data-seed"}
"""Options of every data set that the task sets itself, and what to say instead."""


def version() -> str:
    """The installed version, of the distribution: ``reasoning_gym.__version__`` lags behind. Raises ``InputError``."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError as error:
        raise InputError("the questions are made by reasoning-gym: pip install 'hrm-lab[gym]'") from error


def _datasets() -> dict[str, tuple[Any, Any]]:
    """Name -> its class and that of its configuration. Raises ``InputError`` where there is no library."""
    version()
    import reasoning_gym
    from reasoning_gym.factory import DATASETS

    assert reasoning_gym  # its import is what fills the table
    return DATASETS


def names() -> list[str]:
    """All data sets of the library."""
    return sorted(_datasets())


def read_options(name: str, given: Sequence[str]) -> dict[str, Any]:
    """``KEY=VALUE`` texts as options of the data set ``name``, checked by its own configuration.

    A value is a Python literal where the option is no text. Raises ``InputError`` for what cannot be.
    """
    _, config = look_up(_datasets(), name, "data set of reasoning-gym")
    fields = {field.name: field for field in dataclasses.fields(config)}
    options: dict[str, Any] = {}
    for one in given:
        key, equals, text = one.partition("=")
        if not equals:
            raise InputError(f"task.options: {one!r} is not KEY=VALUE, as in {_example(fields)}")
        if key in OURS:
            raise InputError(f"task.options: {key} is set by {OURS[key]}")
        if key not in fields:
            raise InputError(f"task.options: {name} has no {key!r}{suggestion(key, set(fields) - set(OURS))}")
        options[key] = _value(text, fields[key], f"task.options: {key}")
    try:
        made = config(**options)
        if hasattr(made, "validate"):
            made.validate()
    except (AssertionError, ValueError, TypeError, KeyError) as error:
        said = str(error).splitlines() or ["it refuses these options and does not say why"]
        raise InputError(f"task.options: {name}: {said[0]}") from error
    return options


def _value(text: str, field: dataclasses.Field[Any], called: str) -> Any:
    usual = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    if isinstance(usual, str):
        return text
    words = {"true": True, "false": False, "none": None}
    try:
        value = words[text.lower()] if text.lower() in words else ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = text
    kinds = {bool: "true or false", int: "a whole number", float: "a number", list: "a list", tuple: "a list"}
    for kind, what in kinds.items():
        if isinstance(usual, kind):
            number = kind is float and type(value) is int
            alike = isinstance(value, list | tuple) if kind in (list, tuple) else type(value) is kind
            if not (alike or number):
                raise InputError(f"{called} is {text!r}: give {what}")
            return kind(value)
    if usual is None or usual is dataclasses.MISSING:
        return value
    raise InputError(f"{called} cannot be set here: its usual value is {usual!r:.60}")


def _example(fields: dict[str, dataclasses.Field[Any]]) -> str:
    return next((f"{key}={field.default}" for key, field in fields.items() if isinstance(field.default, int)), "n=3")


def dataset(name: str, options: dict[str, Any], *, seed: int, size: int) -> Any:
    """The data set, an object of the library."""
    cls, config = _datasets()[name]
    return cls(config=config(**options, seed=seed, size=size))

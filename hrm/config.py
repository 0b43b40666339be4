"""Configurations as JSON: any frozen dataclass out, and back in with unknown keys and wrong types refused by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import cattrs
from cattrs.v import format_exception

from hrm.errors import InputError

T = TypeVar("T")

_converter = cattrs.Converter(forbid_extra_keys=True)
_converter.register_unstructure_hook(Path, str)
_converter.register_structure_hook(Path, lambda value, _: Path(value))


def to_dict(config: Any) -> dict[str, Any]:
    """A dataclass as plain JSON values. A class with a ``name`` (a model's, a task's) begins with it."""
    name = getattr(type(config), "name", None)
    fields = {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}
    plain = {
        key: to_dict(value) if dataclasses.is_dataclass(value) else _converter.unstructure(value)
        for key, value in fields.items()
    }
    return {"name": name, **plain} if name else plain


def from_dict(cls: type[T], values: Mapping[str, Any], where: str = "config.json") -> T:
    """The dataclass back. Raises ``InputError`` naming the key that is unknown, missing or of the wrong type.

    ``cls.retired`` may name settings of old files: each is left out where it has the one value that changes nothing
    (None: any has), and refused otherwise.
    """
    retired: Mapping[str, Any] = getattr(cls, "retired", {})
    for key, only in retired.items():
        if key in values and only is not None and values[key] != only:
            raise InputError(f"{where}: {cls.__name__} has no {key} any more: {values[key]} was written, leave it out")
    values = {key: value for key, value in values.items() if key != "name" and key not in retired}
    try:
        return _converter.structure(values, cls)
    except Exception as error:
        reasons = "; ".join(cattrs.transform_error(error, path=cls.__name__, format_exception=_reason))
        raise InputError(f"{where}: {reasons}") from error


def _reason(error: BaseException, type: type | None) -> str:
    """A configuration that refuses its values has said why."""
    return str(error) if isinstance(error, InputError) else format_exception(error, type)

"""Configurations as JSON: any frozen dataclass out, and back in with unknown keys and wrong types refused by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import cattrs
from cattrs.v import format_exception

from hrm.errors import InputError

T = TypeVar("T")

_converter = cattrs.Converter(forbid_extra_keys=True)
_converter.register_unstructure_hook(Path, str)
_converter.register_structure_hook(Path, lambda value, _: Path(value))

CALLED = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def _exactly(value: Any, kind: type) -> Any:
    """The value, where it is of that kind: cattrs itself calls int, float, bool, so ``"no"`` would be true."""
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise InputError(f"{value!r} is not {CALLED[kind]}")
    return value


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _tuple(value: Any, kind: Any) -> tuple[Any, ...]:
    """The values of a list. Anything else can be gone through, too: a text, letter by letter."""
    of = get_args(kind)
    if not isinstance(value, list | tuple):
        raise InputError(f"{value!r} is not a list")
    if of[-1] is Ellipsis:
        of = of[:1] * len(value)
    if len(value) != len(of):
        raise InputError(f"{value!r} is not a list of {len(of)}")
    return tuple(_converter.structure(one, each) for one, each in zip(value, of, strict=True))


for _kind in CALLED:
    _converter.register_structure_hook(_kind, _exactly)
_converter.register_structure_hook_func(_is_tuple, _tuple)


def to_dict(config: Any) -> dict[str, Any]:
    """A dataclass as plain JSON values. A class with a ``name`` (a model's, a task's) begins with it."""
    name = getattr(type(config), "name", None)
    fields = {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}
    plain = {
        key: to_dict(value) if dataclasses.is_dataclass(value) else _converter.unstructure(value)
        for key, value in fields.items()
    }
    return {"name": name, **plain} if name else plain


def in_short(config: Any) -> str:
    """A dataclass in a line: its name, if it has one, and the settings that are not the defaults of its class."""
    settings = to_dict(config)
    name = settings.pop("name", "")
    usual = {f.name: f.default for f in dataclasses.fields(config)}
    own = [f"{key} {value}" for key, value in settings.items() if getattr(config, key) != usual[key]]
    return ": ".join(filter(None, (name, ", ".join(own))))


def from_dict(cls: type[T], values: Mapping[str, Any], where: str = "config.json") -> T:
    """The dataclass back. Raises ``InputError`` naming the key that is unknown, missing or of the wrong type.

    ``cls.retired`` may name settings of old files: each is left out where it has the one value that changes nothing
    (None: any has), and refused otherwise. ``cls.former_none``: what None meant in old files, by setting.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"{where}: {cls.__name__} is {values!r:.40}, and has to be an object of settings")
    retired: Mapping[str, Any] = getattr(cls, "retired", {})
    for key, only in retired.items():
        if key in values and only is not None and values[key] != only:
            raise InputError(f"{where}: {cls.__name__} has no {key} any more: {values[key]} was written, leave it out")
    former_none: Mapping[str, Any] = getattr(cls, "former_none", {})
    values = {
        key: former_none.get(key) if value is None else value
        for key, value in values.items()
        if key != "name" and key not in retired
    }
    return from_value(cls, values, where, cls.__name__)


def named_part(values: Mapping[str, Any], part: str, where: str) -> Mapping[str, Any]:
    """A part of a configuration that says by its ``name`` what it is of. Raises ``InputError`` for anything else, and
    ``KeyError`` where there is none."""
    found = values[part]
    if not isinstance(found, Mapping) or not isinstance(found.get("name"), str):
        raise InputError(f"{where}: {part} is {found!r:.40}, and has to be an object with a name")
    return found


def from_value(kind: type[T], value: Any, where: str, called: str) -> T:
    """A single value of a file of that kind. Raises ``InputError``, with what it is called there."""
    try:
        return _converter.structure(value, kind)
    except Exception as error:
        reasons = "; ".join(cattrs.transform_error(error, path=called, format_exception=_reason))
        raise InputError(f"{where}: {reasons}") from error


def _reason(error: BaseException, type: type | None) -> str:
    """A configuration that refuses its values has said why."""
    return str(error) if isinstance(error, InputError) else format_exception(error, type)

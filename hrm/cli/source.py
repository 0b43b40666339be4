"""Which data a person means: ``hrm data VERB SOURCE [overrides]``, ``hrm bench data SOURCE``."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Protocol, TypeVar

import tyro

from hrm.config import from_dict
from hrm.errors import InputError, look_up, suggestion
from hrm.recipes import RECIPES
from hrm.store.folder import BUILTIN, CONFIG, read_config
from hrm.tasks import TASKS, TaskConfig


class HasTask(Protocol):
    @property
    def task(self) -> TaskConfig: ...


Options = TypeVar("Options", bound=HasTask)


def find(source: str) -> TaskConfig:
    """The task of a recipe, a task with its default settings, or the task of a run or model folder."""
    if source in RECIPES:
        return RECIPES[source]().task
    if source in TASKS:
        return _with_defaults(source)
    for folder in (Path(source), BUILTIN / source):
        if (folder / CONFIG).is_file():
            values = read_config(folder).get("task", {})
            return from_dict(look_up(TASKS, values.get("name", ""), "task"), values, str(folder / CONFIG))
    raise InputError(
        f"there are no data called {source!r}: name a recipe, a task, or a run or model folder"
        + suggestion(source, {*RECIPES, *TASKS})
    )


def _with_defaults(name: str) -> TaskConfig:
    try:
        return TASKS[name]()
    except TypeError as error:  # a setting without a default
        raise InputError(f"the task {name!r} alone does not say which data: name a recipe instead") from error


def read_options(verb: str, options: type[Options], args: list[str]) -> tuple[str, Options]:
    """SOURCE, and the options of a verb (``data check``) with the overridden task. Exits with help when asked to."""
    if not args or args[0].startswith("-"):
        if "-h" in args or "--help" in args:
            print(f"usage: hrm {verb} SOURCE [options]\n\n{inspect.getdoc(options)}\n")
            print(f"SOURCE: a run folder, a model folder, or one of: {', '.join(sorted({*RECIPES, *TASKS}))}")
            print(f"'hrm {verb} SOURCE --help' lists the options.")
            raise SystemExit(0)
        raise InputError(f"name the data first: hrm {verb} SOURCE [options]. Recipes: {', '.join(RECIPES)}")
    given = {
        field.name: tyro.MISSING
        for field in dataclasses.fields(options)  # type: ignore[arg-type]
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    read = tyro.cli(
        options,
        default=options(**{**given, "task": find(args[0])}),
        args=args[1:],
        prog=f"hrm {verb} {args[0]}",
        config=(tyro.conf.AvoidSubcommands, tyro.conf.FlagCreatePairsOff),
    )
    return args[0], read

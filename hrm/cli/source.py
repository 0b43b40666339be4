"""Everything that a person names: a recipe, an architecture, data (``hrm data VERB SOURCE [overrides]``).

Recipes and models are imported where they are asked for: they need torch, and data can be looked at without it.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import tyro

from hrm.cli.reading import WHOLE, options_of
from hrm.errors import InputError, look_up, suggestion
from hrm.files import kind_of
from hrm.store.locate import BUILTIN, CONFIG, read_config, task_config
from hrm.tasks import TASKS, TaskConfig
from hrm.tasks.sources import SourceConfig

if TYPE_CHECKING:
    from hrm.training.config import RunConfig


@dataclass(frozen=True, kw_only=True)
class NamedData:
    """The options of a verb that looks at data."""

    data: Path | None = None
    """The puzzles of this file or folder, all of them: short for the task's own setting (--task.train, --task.data,
    ...), as in 'hrm train'."""
    task: TaskConfig


class HasTask(Protocol):
    @property
    def task(self) -> TaskConfig: ...


Options = TypeVar("Options", bound=HasTask)
T = TypeVar("T")


def find(source: str) -> TaskConfig:
    """The task of a recipe, a task with its default settings, or the task of a run or model folder.

    Recipes are asked last: they are whole runs, and their import takes a second. A folder that is called like a recipe
    has to be named with a path (``./sudoku-demo``).
    """
    if (task := TASKS.get(source)) is not None and (made := _with_defaults(task)) is not None:
        return made
    is_no_recipe = Path(source).name != source or kind_of(BUILTIN / source) == "folder"
    if is_no_recipe and (folder := folder_of(source)) is not None:
        return of_folder(folder)
    if (recipe := recipe_named(source)) is not None:
        return recipe.task
    if source in TASKS:
        raise InputError(f"the task {source!r} alone does not say which data: name a recipe instead")
    if (folder := folder_of(source)) is not None:
        return of_folder(folder)
    raise InputError(
        f"there are no data called {source!r}: name a recipe, a task, or a run or model folder"
        + suggestion(source, {*recipe_names(), *TASKS})
    )


def folder_of(source: str) -> Path | None:
    """The run or model folder, or the model of the package, that ``source`` names."""
    for folder in (Path(source), BUILTIN / source):
        if kind_of(folder / CONFIG) == "file":
            return folder
    return None


def of_folder(folder: Path) -> TaskConfig:
    """The task of a run or model folder. Raises ``InputError``."""
    return task_config(read_config(folder), str(folder / CONFIG))


def _with_defaults(task: type[TaskConfig]) -> TaskConfig | None:
    try:
        return task()
    except TypeError:  # a setting without a default
        return None


def recipe_names() -> list[str]:
    """Recipes that there are to choose from."""
    from hrm.recipes import RECIPES

    return list(RECIPES)


def recipe_named(name: str) -> RunConfig | None:
    """The recipe of that name, if there is one."""
    from hrm.recipes import RECIPES

    return RECIPES[name]() if name in RECIPES else None


def recipe_first(args: list[str], usage: str) -> RunConfig:
    """The recipe that the arguments begin with. Raises ``InputError``; usage: how they should."""
    from hrm.recipes import RECIPES

    if not args or args[0].startswith("-"):
        raise InputError(f"name the recipe first: {usage}. Recipes: {', '.join(RECIPES)}")
    return look_up(RECIPES, args[0], "recipe")()


def read_with_recipe(verb: str, default: Callable[[RunConfig], T], args: list[str]) -> tuple[RunConfig, T]:
    """The recipe that the arguments of a verb (``bench train``) begin with, and the options that follow; ``default``:
    those of the recipe, before anything is overridden. Raises ``InputError``."""
    recipe = recipe_first(args, f"hrm {verb} RECIPE")
    made = default(recipe)
    return recipe, options_of(type(made), args[1:], f"hrm {verb} {args[0]}", default=made, config=WHOLE)


def with_architecture(recipe: RunConfig, name: str | None) -> RunConfig:
    """The recipe with the model ``name``, in the sizes of its own, in place of that. Raises ``InputError``."""
    from hrm.models import same_size_as

    return recipe if name is None else dataclasses.replace(recipe, model=same_size_as(recipe.model, name))


def read_options(verb: str, options: type[Options], args: list[str]) -> tuple[str, Options]:
    """SOURCE, and the options of a verb (``data check``) with the overridden task. Exits with help when asked to."""
    if not args or args[0].startswith("-"):
        if "-h" in args or "--help" in args:
            print(f"usage: hrm {verb} SOURCE [options]\n\n{inspect.getdoc(options)}\n")
            print(f"SOURCE: a run folder, a model folder, or one of: {', '.join(sorted({*recipe_names(), *TASKS}))}")
            print(f"'hrm {verb} SOURCE --help' lists the options.")
            raise SystemExit(0)
        raise InputError(f"name the data first: hrm {verb} SOURCE [options]. Recipes: {', '.join(recipe_names())}")
    given = {
        field.name: tyro.MISSING
        for field in dataclasses.fields(options)  # type: ignore[arg-type]
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    default = options(**{**given, "task": find(args[0])})
    read = options_of(options, args[1:], f"hrm {verb} {args[0]}", default=default, config=WHOLE)
    if isinstance(read, NamedData) and read.data is not None:
        named: dict[str, Any] = {"task": whole(with_data(read.task, read.data, find(args[0])), find(args[0]))}
        read = dataclasses.replace(read, **named)
    return args[0], read


def with_data(task: TaskConfig, data: Path | None, default: TaskConfig) -> TaskConfig:
    """The task with its training data from ``data``. Raises ``InputError`` when its own setting names others than those
    of ``default``."""
    field = task.data_field
    if data is None:
        return task
    if field is None:
        raise InputError(f"--data: the puzzles of {task.name} come from no file")
    named: Any = (data,) if isinstance(getattr(default, field), tuple) else data  # ARC takes several places
    if getattr(task, field) not in (named, getattr(default, field)):
        raise InputError(f"--data is short for --task.{field.replace('_', '-')}: give one of them")
    changed: dict[str, Any] = {field: named}
    return dataclasses.replace(task, **changed)


def whole(task: TaskConfig, default: TaskConfig) -> TaskConfig:
    """The task with all training puzzles of its file, where it was not told of how many."""
    if not isinstance(task, SourceConfig) or not isinstance(default, SourceConfig):  # it has no such number
        return task
    if task.num_train != default.num_train:
        return task
    return dataclasses.replace(task, num_train=0)

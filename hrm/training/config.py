"""The configuration of a whole run: what a recipe returns, what ``config.json`` holds, and how two of them differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from hrm.config import from_dict, from_value, in_short, named_part, to_dict
from hrm.errors import InputError, look_up, require_seed
from hrm.markup import as_table
from hrm.models import MODELS, ModelConfig
from hrm.runtime import RuntimeConfig, cpu_name
from hrm.store.folder import describe
from hrm.tasks import TASKS, TaskConfig
from hrm.training.settings import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """A whole run: what a recipe returns and what ``config.json`` holds."""

    recipe: str
    """The recipe this run began from."""
    seed: int = 0
    """Seed of weights, order of the puzzles, augmentation, exploration."""
    task: TaskConfig
    model: ModelConfig
    training: TrainingConfig
    runtime: RuntimeConfig = field(default_factory=RuntimeConfig)
    init: str | None = None
    """The model whose weights the run began with: a model or run folder, a name in the package, an id on the hub. None:
    random ones."""

    def __post_init__(self) -> None:
        require_seed("seed", self.seed)

    def to_dict(self) -> dict[str, Any]:
        return {
            **describe(self.model, self.task),
            "recipe": self.recipe,
            "seed": self.seed,
            "training": to_dict(self.training),
            "runtime": to_dict(self.runtime),
            **({} if self.init is None else {"init": self.init}),
        }

    def _repr_html_(self) -> str:
        """The run in a notebook: a short table of what is not as usual. ``to_dict`` has all of it."""
        rows: list[tuple[str, object]] = [("seed", self.seed)]
        parts = {"task": self.task, "model": self.model, "training": self.training, "runtime": self.runtime}
        rows += [(name, said) for name, config in parts.items() if (said := in_short(config))]
        rows += [] if self.init is None else [("weights of", self.init)]
        return as_table(f"a run of the recipe {self.recipe}", rows)

    @staticmethod
    def from_dict(values: Mapping[str, Any], where: str) -> RunConfig:
        """A run from its JSON values. ``InputError`` when a part is missing, unknown or of the wrong type."""
        try:
            task, model = (named_part(values, part, where) for part in ("task", "model"))
            return RunConfig(
                recipe=from_value(str, values["recipe"], where, "recipe"),
                seed=from_value(int, values["seed"], where, "seed"),
                task=from_dict(look_up(TASKS, task["name"], "task"), task, where),
                model=from_dict(look_up(MODELS, model["name"], "model"), model, where),
                training=from_dict(TrainingConfig, values["training"], where),
                runtime=from_dict(RuntimeConfig, values["runtime"], where),
                init=from_value(str, values["init"], where, "init") if "init" in values else None,
            )
        except KeyError as error:
            raise InputError(f"{where} is not the configuration of a run: no {error}") from error


def config_json(config: RunConfig) -> bytes:
    """The content of ``config.json``: the run, and with what it was made."""
    made_with = {"torch": torch.__version__, "processor": cpu_name(), "threads": torch.get_num_threads()}
    return json.dumps({**config.to_dict(), "made_with": made_with}, indent=2).encode()


def differences(saved: dict[str, Any], wanted: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The differences of two configurations: ``training.lr is 0.01, not 0.5``."""
    for key in sorted(saved.keys() | wanted.keys()):
        a, b = saved.get(key), wanted.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            yield from differences(a, b, f"{prefix}{key}.")
        elif a != b:
            yield f"{prefix}{key} is {a!r}, not {b!r}"

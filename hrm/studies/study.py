"""A study: one recipe, axes along which it is changed, and seeds; every combination is a run."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

from hrm.models import ModelConfig
from hrm.models.base import Reasoner
from hrm.models.cost import num_parameters, on_meta
from hrm.training.config import RunConfig
from hrm.training.cost import training_flops
from hrm.training.settings import TrainingConfig
from hrm.types import TaskSpec

Change = Callable[[RunConfig], RunConfig]
"""The difference that one place of an axis makes."""

Reading = Callable[[Reasoner], None]
"""A change of a trained model, in place, before it is measured: a module's function, so that processes share it."""


def as_trained(model: Reasoner) -> None:
    """The model is measured as it is."""


class Point(NamedTuple):
    """One combination of the axes."""

    label: str
    config: RunConfig

    @property
    def folder(self) -> str:
        """The label as the name of a folder."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", self.label).strip("-")


@dataclass(frozen=True, kw_only=True)
class Study:
    """Points that are each trained once per seed and measured on the same held-out puzzles."""

    question: str
    """The question that it answers, in one line."""
    recipe: RunConfig
    """The source of everything that is not changed."""
    axes: Mapping[str, Mapping[str, Change]]
    """Axis -> place on it -> what changes there; the places of several axes are combined."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds, a run each. One alone has an interval over puzzles, not over runs."""
    segments: tuple[int, ...] = (1, 2, 4, 8, 16)
    """Numbers of segments after which the answers are read."""
    num_puzzles: int | None = None
    """Number of held-out puzzles that are measured; all when not given."""
    readings: Mapping[str, Reading] = field(default_factory=lambda: {"": as_trained})
    """Ways to measure each trained model."""

    def points(self) -> Iterator[Point]:
        """Every combination of the axes, with the seed of the recipe."""
        for places in itertools.product(*(axis.items() for axis in self.axes.values())):
            config = self.recipe
            for _, change in places:
                config = change(config)
            yield Point(", ".join(label for label, _ in places), config)

    def runs(self, seeds: tuple[int, ...] | None = None) -> Iterator[tuple[Point, int, RunConfig]]:
        """Every point under every seed, seed by seed: a study that is stopped early has whole rows of seeds."""
        for seed in seeds or self.seeds:
            for point in self.points():
                yield point, seed, replace(point.config, seed=seed)


def training(**settings: Any) -> Change:
    """Other training settings."""
    return lambda config: replace(config, training=replace(config.training, **settings))


def model(**settings: Any) -> Change:
    """Other settings of the model."""
    return lambda config: replace(config, model=replace(config.model, **settings))


def task(**settings: Any) -> Change:
    """Other settings of the task."""
    return lambda config: replace(config, task=replace(config.task, **settings))


def at_equal_operations(change: Change) -> Change:
    """The change, and as many steps as have the matrix arithmetic of the run that it is made to; the warm-up and the
    average of the weights reach over as large a part of them as before."""

    def changed(config: RunConfig) -> RunConfig:
        new = change(config)
        flops = [_training_flops(c) for c in (config, new)]
        steps = max(len(new.training.early_max_segments) + 1, round(config.training.steps * flops[0] / flops[1]))
        before = new.training
        warmup, decay = round(before.warmup_steps * steps / before.steps), before.ema_decay ** (before.steps / steps)
        return replace(new, training=replace(before, steps=steps, warmup_steps=warmup, ema_decay=decay))

    return changed


def _training_flops(config: RunConfig) -> int:
    """``training_flops`` of a run: the same run, that of which all points are equals, is counted once. The length of a
    run is not of its steps."""
    return _counted(config.model, config.task.build().spec, replace(config.training, steps=1, early_max_segments=()))


@cache
def _counted(settings: ModelConfig, spec: TaskSpec, how: TrainingConfig) -> int:
    return training_flops(settings.build, spec, how)


def at_equal_parameters(change: Change, setting: str, values: Sequence[int]) -> Change:
    """The change, with that of the ascending ``values`` of a setting of the model under which its weights, embeddings
    aside, are nearest in number to those of the run that it is made to."""

    def count(config: RunConfig) -> int:
        return num_parameters(on_meta(config.model.build, config.task.build().spec, 1)[0])["rest"]

    def changed(config: RunConfig) -> RunConfig:
        new, wanted = change(config), count(config)
        at = bisect_left(values, wanted, key=lambda value: count(model(**{setting: value})(new)))
        near = values[max(0, at - 1) : at + 1]
        return min((model(**{setting: v})(new) for v in near), key=lambda config: abs(count(config) - wanted))

    return changed


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(config: RunConfig) -> RunConfig:
        for one in changes:
            config = one(config)
        return config

    return change

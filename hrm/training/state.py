"""A training state as named tensors and back: what makes a resumed run equal to an uninterrupted one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hrm.errors import InputError
from hrm.segments.slots import joined, parts
from hrm.store.folder import load_weights, require_finite
from hrm.training.loop import TrainState
from hrm.training.report import columns


def state_tensors(state: TrainState) -> dict[str, Tensor]:
    """Every tensor of a training state under a name of its own. Of several ranks every one gives its share of the
    slots, and the first has them all: the same for any number of ranks."""
    tensors = {f"model.{name}": tensor for name, tensor in state.model.state_dict().items()}
    if state.ema is not None:
        tensors |= {f"ema.{name}": tensor for name, tensor in state.ema.average.items()}
    for i, optimizer in enumerate(state.optimizers):
        for j, entries in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizers.{i}.{j}.{key}": value for key, value in entries.items()}
    tensors |= dict(_leaves("slots", joined(state.world.at_first(state.slots))))
    if state.sums:  # saved between two reports
        tensors |= {f"sums.{key}": numbers for key, numbers in columns(state.sums, state.world).items()}
    tensors["generator"] = state.generator.get_state()
    tensors["step"] = torch.tensor(state.step)
    return tensors


def restore_state(state: TrainState, tensors: Mapping[str, Tensor], where: Path | None) -> None:
    """The return of the saved tensors into a fresh ``state`` of the same configuration; of the slots, of those of its
    rank. Raises ``InputError`` when they do not belong to it.
    """
    try:
        file = where or Path("this state")
        load_weights(state.model, _under(tensors, "model."), file)
        require_finite(_under(tensors, "ema."), file)
        if state.ema is not None:
            for name, average in state.ema.average.items():
                average.copy_(tensors[f"ema.{name}"])
        for i, optimizer in enumerate(state.optimizers):
            entries: dict[int, dict[str, Tensor]] = {}
            for name, value in _under(tensors, f"optimizers.{i}.").items():
                index, key = name.split(".", 1)
                entries.setdefault(int(index), {})[key] = value
            optimizer.load_state_dict({**optimizer.state_dict(), "state": entries})
        share, rank = len(state.slots.steps), state.world.rank
        slots = {name: parts(share, value)[rank] for name, value in tensors.items() if name.startswith("slots.")}
        state.slots = _rebuild("slots", state.slots, slots)
        sums = _under(tensors, "sums.")
        num, is_first = len(next(iter(sums.values()), ())), int(state.world.is_first)  # the first rank has them for all
        state.sums = [{key: numbers[i] * is_first for key, numbers in sums.items()} for i in range(num)]
        state.generator.set_state(tensors["generator"])
        state.step = int(tensors["step"])
    except InputError:
        raise
    except (KeyError, RuntimeError, ValueError) as error:
        said = " ".join(str(error).split())
        raise InputError(f"{where or 'this'} is not the state of this run: {said}") from error


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _leaves(name: str, tree: Any) -> Iterator[tuple[str, Tensor]]:
    if isinstance(tree, Tensor):
        yield name, tree
    else:
        for key, value in tree._asdict().items():
            yield from _leaves(f"{name}.{key}", value)


def _rebuild(name: str, like: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(like, Tensor):
        return tensors[name].to(like)
    return type(like)(*(_rebuild(f"{name}.{key}", value, tensors) for key, value in like._asdict().items()))

"""The processes ("ranks") that train one model together, a device each, on torch's own engine (``torch.distributed``).

``torchrun`` starts them and says to each which one it is. A world of one, the usual case, needs no engine and asks it
for nothing. What one rank alone has to say or to write, the first one says and writes; where one fails, all fail, with
its reason, and one of them tells it.
"""

from __future__ import annotations

import os
import pickle
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from hrm.errors import InputError, ToldError

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")

LOST = "the ranks of this run have lost each other ({}). Go on from the last checkpoint: --resume, or torchrun's {}"
APART = "the ranks of this run do not find each other ({}). torchrun starts them, and says to each where the others are"
"""Of what all ranks do together, and cannot: one is gone, or the network."""

GRADIENTS, EMBEDDINGS, REST = "gradients", "embeddings", "flags and gathers"
"""Kinds of what ranks send: gradients of the network, rows of puzzle embeddings and theirs, everything else."""

PATIENCE = timedelta(minutes=20)
"""Time after which a rank gives the others up; a step, a measurement or a checkpoint takes less. Chosen by hand."""


@dataclass(frozen=True)
class World:
    """One rank's place among ``size`` of them. Every method but the properties is called by all ranks, in one order."""

    rank: int = 0
    size: int = 1
    sent: Counter[str] = field(default_factory=Counter, compare=False, repr=False)
    """Bytes that this rank has given to the engine for others, by what they are: ``GRADIENTS``, ``EMBEDDINGS``,
    ``REST``. What the engine makes of them is its own affair: a sum over R ranks in a ring sends 2 (R - 1) / R times
    as many, a gathering R - 1 times."""

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def share_of(self, num: int, name: str) -> int:
        """The rows of each rank, of ``num``. Raises ``InputError`` where they cannot be equally many."""
        if num % self.size:
            raise InputError(f"{name} is {num}: {self.size} ranks cannot have equally many of them")
        return num // self.size

    def add(self, tensors: Iterable[Tensor], what: str = REST) -> None:
        """Each tensor, in place, becomes its sum over the ranks: those of a kind in one message."""
        if self.size == 1:
            return
        import torch
        from torch import distributed

        kinds: dict[tuple[Any, Any], list[Tensor]] = {}
        for tensor in tensors:
            kinds.setdefault((tensor.dtype, tensor.device), []).append(tensor)
        for alike in kinds.values():
            flat = torch.cat([tensor.flatten() for tensor in alike])
            self.sent[what] += flat.nbytes
            with _together():
                distributed.all_reduce(flat)
            for tensor, summed in zip(alike, torch.split(flat, [tensor.numel() for tensor in alike]), strict=True):
                tensor.copy_(summed.view_as(tensor))

    def add_sparse(self, tensor: Tensor) -> Tensor:
        """The sum over the ranks of a sparse tensor (a gradient of puzzle embeddings): what each has of it, one after
        the other; rows of one index are added up by ``coalesce``."""
        if self.size == 1:
            return tensor
        import torch

        mine = tensor.coalesce()
        pairs = self.all((mine.indices(), mine.values()), EMBEDDINGS)
        found = [(i.to(mine.device), v.to(mine.device)) for i, v in pairs]
        indices, values = (torch.cat(part, dim) for part, dim in zip(zip(*found, strict=True), (1, 0), strict=True))
        return torch.sparse_coo_tensor(indices, values, mine.shape, check_invariants=False)

    def exchange(self, mine: Sequence[Tensor], what: str, sizes: Sequence[int] | None = None) -> list[Tensor]:
        """The tensors that the ranks have for this one, in their order, for those that it has for each of them.

        Row counts may differ and be 0, all else is alike. sizes: rows to expect of each, where that is known.
        """
        if self.size == 1:
            return list(mine)
        import torch
        from torch import distributed

        counts = [len(part) for part in mine]
        self.sent[what] += sum(part.nbytes for rank, part in enumerate(mine) if rank != self.rank)
        with _together():
            if sizes is None:
                told = torch.tensor(counts, device=mine[0].device)
                heard = torch.empty_like(told)
                distributed.all_to_all_single(heard, told)
                self.sent[what] += (self.size - 1) * told.itemsize
                sizes = heard.tolist()
            found = mine[0].new_empty(sum(sizes), *mine[0].shape[1:])
            distributed.all_to_all_single(found, torch.cat(list(mine)), list(sizes), counts)
        return list(torch.split(found, list(sizes)))

    def all(self, mine: T, what: str = REST) -> list[T]:
        """The values that all ranks have of something that can be pickled, in their order; tensors are on the CPU."""
        if self.size == 1:
            return [mine]
        from torch import distributed

        found: list[Any] = [None] * self.size
        self.sent[what] += _num_bytes(mine)
        with _together():
            distributed.all_gather_object(found, _on_cpu(mine))
        return found

    def at_first(self, mine: T) -> list[T]:
        """The same on the first rank alone, to which the others send it; they have their own."""
        if self.size == 1:
            return [mine]
        from torch import distributed

        found: list[Any] = [None] * self.size
        self.sent[REST] += 0 if self.is_first else _num_bytes(mine)
        with _together():
            distributed.gather_object(_on_cpu(mine), found if self.is_first else None)
        return found if self.is_first else [mine]

    def any(self, flag: bool) -> bool:
        """True where it is for any rank."""
        return self.each(flag)[0]

    def each(self, *flags: bool) -> list[bool]:
        """``any`` of several flags, in one message."""
        if self.size == 1:
            return list(flags)
        import torch

        told = torch.tensor([float(flag) for flag in flags])
        self.add([told])
        return [bool(number) for number in told]

    def together(self, call: Callable[[], T]) -> T:
        """The result of a call that every rank makes. Where any of them cannot, all raise ``InputError``: the first
        that failed with its reason, the others ``ToldError``."""
        if self.size == 1:
            return call()
        result: T | None = None
        failure: InputError | None = None
        try:
            result = call()
        except InputError as error:
            failure = error
        failed = [rank for rank, has_failed in enumerate(self.all(failure is not None)) if has_failed]
        if failed and failure is not None and failed[0] == self.rank:
            raise failure
        if failed:
            raise ToldError(f"rank {failed[0]} has told why")
        return result  # type: ignore[return-value]  # a call that did not fail gave one

    def failure(self, message: str) -> InputError:
        """The error to raise where every rank does: the first one tells it."""
        return (InputError if self.is_first else ToldError)(message)

    def first(self, call: Callable[[], T]) -> T | None:
        """The result of a call that the first rank makes for all, None on the others; it fails as ``together`` does."""
        return self.together(lambda: call() if self.is_first else None)


ALONE = World()
"""The one rank that there is."""


@contextmanager
def joined() -> Iterator[World]:
    """A time in the world that ``torchrun`` has begun for this process; ``ALONE`` where it has begun none.

    Raises ``InputError`` where the ranks do not find each other.
    """
    size, rank = _number("WORLD_SIZE", 1), _number("RANK", 0)
    if size == 1:
        yield ALONE
        return
    import torch
    from torch import distributed

    engine = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    try:
        distributed.init_process_group(engine, timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise InputError(APART.format(" ".join(str(error).split())[:120])) from error
    world = World(rank, size)
    try:
        yield world
        world.any(False)  # all leave together: nobody is still waited for
    finally:
        distributed.destroy_process_group()


def _number(name: str, usual: int) -> int:
    told = os.environ.get(name, str(usual))
    if not told.isdecimal() or (name == "WORLD_SIZE" and int(told) < 1):
        raise InputError(
            f"{name} is {told!r} in the environment: torchrun sets it, to a number; without torchrun unset it"
        )
    return int(told)


def device_of_rank(device: str, world: World) -> str:
    """The device of this rank, of those that a person named: the graphics card of its number on its machine for auto
    and cuda. Raises ``InputError`` where it has none, and for one that all ranks would share."""
    if world.size == 1 or device == "cpu":
        return device
    if device not in ("auto", "cuda"):
        raise InputError(f"device {device!r} is one, and there are {world.size} ranks: say auto, cuda or cpu")
    import torch

    number, num = int(os.environ.get("LOCAL_RANK", world.rank)), torch.cuda.device_count()
    if num == 0 and device == "auto":
        return "cpu"
    if number >= num:
        raise InputError(
            f"rank {world.rank} has no device: it is number {number + 1} on a machine with {num} for CUDA. Start as "
            "many (torchrun --nproc-per-node), or say --runtime.device cpu"
        )
    return f"cuda:{number}"


def launch() -> str | None:
    """A word for this start of torchrun, the same for all processes that it starts again; None without torchrun."""
    run = os.environ.get("TORCHELASTIC_RUN_ID")
    if run is None:
        return None
    parent = os.getppid()  # torchrun itself; with the number of the run, which may be none at all
    return f"{run} {platform.node()} {parent}"


@contextmanager
def _together() -> Iterator[None]:
    import torch

    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, ValueError) as error:  # torch.distributed has no one kind of its own for all engines
        raise InputError(LOST.format(" ".join(str(error).split())[:120], "--max-restarts")) from error


def _on_cpu(value: Any) -> Any:
    if isinstance(value, tuple):
        parts = (_on_cpu(part) for part in value)
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value.cpu() if hasattr(value, "cpu") else value


def _num_bytes(value: Any) -> int:
    """Bytes of numbers in a value, or of what is pickled of it where it has none: without the envelope of tensors."""
    if isinstance(value, tuple):
        return sum(map(_num_bytes, value))
    return int(value.nbytes) if hasattr(value, "nbytes") else len(pickle.dumps(value))

"""A lock per model, one call at a time: a model has one place for its weights and its hooks, whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from torch import nn


class ModelLock:
    """A lock that several solvers of one model share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None

    @contextmanager
    def held(self, timeout: float | None) -> Iterator[bool]:
        """The lock, waited for at most ``timeout`` seconds; False when it did not come free.

        Raises ``RuntimeError`` where the same thread holds it already: it would wait for itself.
        """
        if self._owner == threading.get_ident():
            raise RuntimeError("this model is in the middle of a stream or trace: use it up, or close it, first")
        is_ours = self._lock.acquire(timeout=-1 if timeout is None else timeout)
        try:
            if is_ours:
                self._owner = threading.get_ident()
            yield is_ours
        finally:
            if is_ours:
                self._owner = None
                self._lock.release()


_locks: WeakKeyDictionary[nn.Module, ModelLock] = WeakKeyDictionary()
_adding = threading.Lock()


def lock_of(model: nn.Module) -> ModelLock:
    """The one ``ModelLock`` of a model."""
    with _adding:
        return _locks.setdefault(model, ModelLock())

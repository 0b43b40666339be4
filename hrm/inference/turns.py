"""One call at a time: a model has one place for its weights and its hooks, whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from torch import nn


class Turn:
    """A lock that several solvers of one model share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None

    @contextmanager
    def taken(self, timeout: float | None) -> Iterator[bool]:
        """Waits for its turn, at most ``timeout`` seconds; gives False when it did not come.

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


_turns: WeakKeyDictionary[nn.Module, Turn] = WeakKeyDictionary()
_adding = threading.Lock()


def turn_of(model: nn.Module) -> Turn:
    """The one ``Turn`` of a model."""
    with _adding:
        return _turns.setdefault(model, Turn())

"""Signals that a process hears for a time: which, by what, and as before when that ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], None]
Handlers = dict[int, Any]
"""Number of a signal -> what Python calls when it comes."""


def known(*names: str) -> list[int]:
    """The numbers of those signals that this system has: Windows has few."""
    return [int(getattr(signal, name)) for name in names if hasattr(signal, name)]


@contextmanager
def heard(numbers: Iterable[int], handler: Handler) -> Iterator[Handlers]:
    """A time in which ``handler`` is called for signals, which yields the handlers of before; after it, they are back.

    What the process was told to ignore (``nohup``) stays ignored. In another thread than the main one, which alone
    hears signals, nothing changes.
    """
    before: Handlers = {}
    if threading.current_thread() is threading.main_thread():
        every = {number: signal.getsignal(number) for number in numbers}
        before = {number: old for number, old in every.items() if old not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, handler)
    try:
        yield before
    finally:
        for number, old in before.items():
            signal.signal(number, old)

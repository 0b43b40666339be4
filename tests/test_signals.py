from __future__ import annotations

import signal
import threading

from hrm.signals import heard, known


def test_signals_are_heard_for_a_time() -> None:
    received: list[int] = []
    before = signal.getsignal(signal.SIGTERM)
    with heard(known("SIGTERM", "SIGNONE"), lambda number, frame: received.append(number)) as old:
        signal.raise_signal(signal.SIGTERM)
    assert received == [signal.SIGTERM]
    assert old == {signal.SIGTERM: before}
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_is_ignored_stays_ignored_and_other_threads_change_nothing() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with heard([signal.SIGTERM], lambda number, frame: None) as old:
            assert old == {}
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    seen: list[dict[int, object]] = []

    def inside() -> None:
        with heard([signal.SIGTERM], lambda number, frame: None) as old:
            seen.append(old)

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [{}]

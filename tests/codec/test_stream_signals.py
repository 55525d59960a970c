"""SocketFile and signals: a handler that raises ends a read, also where much has come already."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from .sockets import Pair

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"), reason="a thread cannot be sent a signal here"
)

_SIZE = 1_000_000
#: In seconds: how long a read takes that ignores the signal.
_LONG = 10.0

_READS: dict[str, Callable[[Any], object]] = {
    "read": lambda file: file.read(_SIZE),
    "readinto": lambda file: file.readinto(bytearray(_SIZE)),
    "read_chunks": lambda file: file.read_chunks(_SIZE, -1, 100),
}


class _InterruptError(Exception):
    pass


@pytest.mark.parametrize("read", _READS)
def test_an_interrupt_ends_a_read_of_which_part_has_come(
    pair: Pair, open_file: Callable[[Any], Any], read: str
) -> None:
    def interrupted(*_: object) -> None:
        raise _InterruptError

    def talk() -> None:
        pair.far.sendall(b"x" * (_SIZE // 2))
        signal.pthread_kill(reader, signal.SIGUSR1)
        if not is_over.wait(_LONG):
            late.append(read)
        with suppress(OSError):
            pair.far.shutdown(1)

    late: list[str] = []
    is_over = threading.Event()
    reader = threading.get_ident()
    pair.near.settimeout(None)
    file = open_file(pair.near)
    before = signal.signal(signal.SIGUSR1, interrupted)
    talker = threading.Thread(target=talk)
    try:
        with pytest.raises(_InterruptError):
            talker.start()
            _READS[read](file)
    finally:
        is_over.set()
        talker.join()
        signal.signal(signal.SIGUSR1, before)
    assert not late
    assert file.failed

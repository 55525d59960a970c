"""A server on the loopback interface that feeds its clients in drips: a byte now and then."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

#: In seconds, between two drips; and the number of drips after which the server hangs up, so that
#: a client that waits for more of them fails and does not hang.
_EVERY = 0.01
_MOST = 1000


class Feeder:
    """Each new connection gets the next of the meals: what is sent at once, and what is sent again
    and again behind it; nothing behind it where that is empty.

    `wrap` makes the server's side of TLS of a socket.
    """

    def __init__(self, *meals: tuple[bytes, bytes], wrap: Callable[[Any], Any] | None = None):
        self._meals = list(meals)
        self._wrap = wrap
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            for meal in self._meals:
                far, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._feed, args=(far, *meal)))
                self._threads[-1].start()

    def _feed(self, far: socket.socket, begin: bytes, drip: bytes) -> None:
        with far, contextlib.suppress(OSError):
            sock = far if self._wrap is None else self._wrap(far)
            with sock:
                sock.sendall(begin)
                for _ in range(_MOST):
                    if self._over.wait(_EVERY):
                        break
                    sock.sendall(drip)

    def __enter__(self) -> Feeder:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        # shutdown() wakes accept(), which close() alone does not
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(15)
            assert not thread.is_alive()

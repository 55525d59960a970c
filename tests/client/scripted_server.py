"""A server on the loopback interface that says what it was told to, whatever it is asked."""

from __future__ import annotations

import contextlib
import socket
from types import ModuleType
from typing import Any

from .response_delivery import PATIENCE


class Script:
    """Each new connection is sent the next of the answers at once, and stays open.

    `opened` is the number of connections made so far. Answers must fit into the kernel's buffer.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._listener = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._answers: list[tuple[bytes, bool]] = []
        self._served: list[socket.socket] = []

    @property
    def opened(self) -> int:
        return len(self._served)

    def answers(self, *answers: bytes) -> None:
        """Write down what the next connections will be sent, one answer each."""
        self._answers.extend((answer, False) for answer in answers)

    def last_words(self, answer: bytes) -> None:
        """Write down what the next connection will be sent, before the server hangs up."""
        self._answers.append((answer, True))

    def connection(self, client: ModuleType, *args: Any, **kwargs: Any) -> Any:
        """A client's connection that can reach nothing but this server."""
        connection = client.HTTPConnection(*(args or ("example.org",)), **kwargs)
        connection._create_connection = self._create_connection
        self._stack.callback(connection.close)
        return connection

    def _create_connection(self, address: Any, *_: Any) -> socket.socket:
        near = socket.create_connection(self._listener.getsockname(), timeout=PATIENCE)
        far, _peer = self._listener.accept()
        far.settimeout(PATIENCE)
        self._served.append(self._stack.enter_context(far))
        if self._answers:
            answer, is_last = self._answers.pop(0)
            self.says(answer)
            if is_last:
                self.hangs_up()
        return near

    def says(self, data: bytes, index: int = -1) -> None:
        """Send more on a connection, the newest unless another is named."""
        self._served[index].sendall(data)

    def hangs_up(self, index: int = -1) -> None:
        """End the stream to the client on a connection."""
        self._served[index].shutdown(socket.SHUT_WR)

    def heard(self, index: int = -1) -> bytes:
        """All that a connection has sent, once the client has closed it."""
        parts = iter(lambda: self._served[index].recv(65536), b"")
        return b"".join(parts)

    def __enter__(self) -> Script:
        return self

    def __exit__(self, *_: Any) -> None:
        self._stack.close()

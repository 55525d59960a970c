"""One file, one response, one connection, used by many threads at once.

http.client promises nothing here but what any Python program has: no crash, and errors that are
errors of HTTP, of the socket or of a wrong state. fasthttp adds that no byte is given out twice.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from fasthttp._stream import stream_py

from .conftest import Answer
from .crew import PATIENCE, together

NUMBERS = 5000
WIDTH = 8
BODY = b"".join(b"%07d\n" % number for number in range(NUMBERS))
HEAD = b"HTTP/1.1 200 OK\r\nX-One: 1\r\nX-Two: 2\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNKED += b"".join(b"50\r\n%s\r\n" % BODY[at : at + 80] for at in range(0, len(BODY), 80))
CHUNKED += b"0\r\n\r\n"
# What a program must expect that reads from an object which another thread reads or closes.
# AttributeError: http.client's own methods ask `fp`, which is None from close() on.
EXPECTED = (http.client.HTTPException, OSError, ValueError, RuntimeError, AttributeError)


def _takes(file: Any) -> list[bytes]:
    """All that one thread gets in pieces of eight bytes, while others do the same."""
    got = []
    while True:
        try:
            piece = file.read(WIDTH)
        except RuntimeError:  # it is being read by another thread
            continue
        if not piece:
            return got
        got.append(piece)


def test_every_byte_of_a_file_goes_to_one_thread(answer: Answer) -> None:
    response = answer(HEAD + b"Connection: close\r\n\r\n" + BODY).getresponse()
    pieces = together(lambda _: _takes(response.fp))
    got = [piece for one in pieces for piece in one]
    assert sorted(got) == BODY.splitlines(keepends=True)


def test_a_file_is_read_while_another_thread_closes_it() -> None:
    """It is closed: it does not say None, that nothing has come yet.

    The pure twin, which looks into its buffer first; the compiled one closes in one step.
    """
    closing, has_read = threading.Event(), threading.Event()

    class File(stream_py.SocketFile):
        def peek(self, size: int = 0) -> bytes:
            closing.set()
            has_read.wait(PATIENCE)
            return super().peek(size)

    near, far = socket.socketpair()
    with near, far:
        file = File(near)
        closer = threading.Thread(target=file.close)
        closer.start()
        assert closing.wait(PATIENCE)
        with pytest.raises(ValueError, match="closed"):
            file.readinto(bytearray(1))
        has_read.set()
        closer.join(PATIENCE)
        assert file.closed


@pytest.mark.parametrize("name", ["headers", "msg"])
def test_all_threads_see_one_message(answer: Answer, name: str) -> None:
    """The message is built when it is first looked at: by one of them, for all."""
    for _ in range(50):
        response = answer(HEAD + b"Content-Length: 0\r\n\r\n").getresponse()
        seen = together(lambda _, r=response: (getattr(r, name), r.getheader("X-Two")))
        assert {two for _, two in seen} == {"2"}
        assert {id(message) for message, _ in seen} == {id(response.headers)}


def _uses(response: Any) -> list[Callable[[], Any]]:
    return [
        lambda: response.read(100),
        lambda: response.read1(100),
        lambda: response.readline(),
        lambda: response.peek(10),
        lambda: response.readinto(bytearray(100)),
        lambda: response.getheaders(),
        lambda: response.read(),
        lambda: response.close(),
    ]


@pytest.mark.parametrize("wire", [WHOLE, CHUNKED], ids=["length", "chunked"])
def test_threads_share_a_response(answer: Answer, wire: bytes) -> None:
    """All its methods at once; then it can be closed, and stays closed."""
    for _ in range(20):
        response = answer(wire).getresponse()

        def work(number: int, response: Any = response) -> None:
            for _ in range(20 if number < 6 else 1):
                with contextlib.suppress(*EXPECTED):
                    _uses(response)[number]()

        together(work)
        response.close()
        assert response.closed
        assert response.read() == b""


def test_threads_share_a_connection(answer: Answer) -> None:
    """Each sends and asks for an answer when it likes: at most one gets the one there is."""
    for _ in range(20):
        connection = answer(WHOLE)
        connection.auto_open = 0
        bodies = []

        def work(number: int, connection: Any = connection, bodies: Any = bodies) -> None:
            with contextlib.suppress(*EXPECTED):
                if number % 2:
                    connection.request("GET", f"/{number}")
                else:
                    bodies.append(connection.getresponse().read())

        together(work)
        connection.close()
        assert [body for body in bodies if body] in ([], [BODY])


def test_hooks_may_be_set_while_others_read(answer: Answer, client: ModuleType) -> None:
    """The check whether a method was overridden runs in all threads while one overrides it."""

    class Response(client.HTTPResponse):  # type: ignore[name-defined,misc]
        pass

    def work(number: int) -> bool:
        right = True
        for _ in range(20):
            if number == 0:
                Response._check_close = lambda self: True
                del Response._check_close
                continue
            connection = answer(WHOLE)
            connection.response_class = Response
            right &= connection.getresponse().read() == BODY
        return right

    assert all(together(work))

"""The functions that count, around those that work; where.py says which stand where.

Each maker takes the function that stands in a place and returns the one that is to stand there
while counting is on. Somebody's own wrapper may keep it longer: then it passes everything on.
"""

from __future__ import annotations

import functools
import io
import socket
import time
from http.client import ResponseNotReady

from .._client.sockets import is_plain_socket
from .._compiled import SocketFile
from . import reasons
from .totals import Totals, here, thread_time, totals

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

OWN = "fasthttp.client.HTTP"
_TRIES = 300
_SENDING = ("HTTPConnection._send_request", "HTTPConnection._send_output")


def _note(call: str, why: Callable[..., reasons.Reason | None], *given: Any, **named: Any) -> None:
    """Note that a call was done step by step, and why."""
    try:
        reason = why(*given, **named)
    except Exception:  # what was given is the program's, and so are errors about it
        reason = "something that could not be looked at"
    if isinstance(reason, tuple):
        totals.add_plain(call, *reason)
    elif reason is not None:
        totals.add_plain(call, reason)


def _length(data: Any) -> int:
    """In bytes, as it will go out; 0 where that is not known before."""
    if data is None:
        return 0
    if isinstance(data, str):
        return len(data)  # it goes out as ISO-8859-1
    try:
        return memoryview(data).nbytes
    except TypeError:
        return 0


def _timed(original: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Call a function and add the time that it takes, unless it is part of such a call."""
    if here.timed:
        return original(*given, **named)
    return _timed_into(totals, original, *given, **named)


def _timed_into(kept: Totals, original: Callable[..., Any], *given: Any, **named: Any) -> Any:
    here.timed = True
    begun = time.perf_counter()
    cpu = thread_time() if thread_time else 0.0
    try:
        return original(*given, **named)
    finally:
        cpu = thread_time() - cpu if thread_time else 0.0
        kept.add_time(time.perf_counter() - begun, cpu)
        here.timed = False


@functools.lru_cache(maxsize=1)
def overhead() -> float:
    """Seconds of CPU that timing a call takes beyond what it adds to the call's own time: they are
    spent by the process, but only because somebody counts.
    """
    if not thread_time:
        return 0.0
    kept = Totals()
    begun = thread_time()
    for _ in range(_TRIES):
        _timed_into(kept, int)
    spent: float = thread_time() - begun
    return max(0.0, spent - kept.cpu_seconds) / _TRIES


def timed(original: Any) -> Any:
    """Of a call whose time counts, and nothing else."""

    @functools.wraps(original)
    def call(*given: Any, **named: Any) -> Any:
        if not totals.on:
            return original(*given, **named)
        return _timed(original, *given, **named)

    return call


def exchange(original: Any) -> Any:
    """Of getresponse(): a request was sent, on this connection's socket.

    It takes no argument. urllib3 1.x, and so pip, gives it one all the same, and asks again
    without after the TypeError: the first is no exchange.
    """

    @functools.wraps(original)
    def getresponse(self: Any, *given: Any, **named: Any) -> Any:
        if not totals.on or given or named:
            return original(self, *given, **named)
        sock = self.sock
        if here.timed:  # the request was sent once more, on a fresh connection
            totals.add_connection(self, sock)
            return original(self)
        try:
            response = _timed(original, self)
        except ResponseNotReady:
            raise
        except BaseException:
            totals.add_exchange(self, sock)
            raise
        totals.add_exchange(self, sock)
        return response

    return getresponse


def lent_exchange(original: Any) -> Any:
    """Of getresponse() of `http.client`'s connections, whose subclass may send by itself."""
    counted = exchange(original)

    @functools.wraps(original)
    def getresponse(self: Any, *given: Any, **named: Any) -> Any:
        if given or named:
            return original(self, *given, **named)
        if totals.on and not here.timed and not here.had_request:
            _note("HTTPConnection._send_output", reasons.not_reached, self)
        here.had_request = False
        return counted(self)

    return getresponse


# -------------------------------------------------------------------- sending


def send(original: Any) -> Any:
    """Of send(), by which the plain way sends everything."""

    @functools.wraps(original)
    def counted(self: Any, data: Any) -> None:
        if not totals.on:
            original(self, data)
            return
        _timed(original, self, data)
        if not here.sending:
            totals.add_sent(_length(data))

    return counted


def _sending(original: Callable[..., Any], count: Callable[[], int], *given: Any) -> Any:
    """Call a function that sends, and add what `count` says when it has."""
    outer, here.sending = here.sending, True
    try:
        done = _timed(original, *given)
    finally:
        here.sending = outer
    if done is not False and not outer:
        totals.add_sent(count())
    return done


def transmit(original: Any) -> Any:
    """Of install()'s _transmit(), by which the fast way sends everything."""

    @functools.wraps(original)
    def counted(connection: Any, head: bytes, body: bytes | None) -> None:
        if not totals.on:
            original(connection, head, body)
            return
        here.had_request = True
        _sending(original, lambda: len(head) + _length(body), connection, head, body)
        if body and not is_plain_socket(connection.sock):
            _note("HTTPConnection.send", reasons.of_socket, connection.sock)

    return counted


def encode_head(original: Any) -> Any:
    """Of the codec's function, as fasthttp's own connections call it."""

    @functools.wraps(original)
    def counted(*given: Any) -> bytes | None:
        head: bytes | None = original(*given)
        here.head = 0 if head is None else len(head)
        return head

    return counted


def own_send_fast(original: Any) -> Any:
    """Of what says whether a request of fasthttp's own connections has gone the fast way."""

    @functools.wraps(original)
    def counted(
        connection: Any, exchange: Any, method: Any, url: Any, body: Any, headers: Any
    ) -> bool:
        given = connection, exchange, method, url, body, headers
        if not totals.on:
            return bool(original(*given))
        was_fast: bool = _sending(original, lambda: here.head + _length(body), *given)
        here.was_fast = was_fast
        if was_fast and body and not is_plain_socket(connection.sock):
            _note(OWN + "Connection.send", reasons.of_socket, connection.sock)
        return was_fast

    return counted


def own_request(original: Any) -> Any:
    """Of request() of fasthttp's own connections."""

    @functools.wraps(original)
    def counted(
        self: Any, method: Any, url: Any, body: Any, headers: Any, encode_chunked: Any
    ) -> None:
        if not totals.on:
            original(self, method, url, body, headers, encode_chunked)
            return
        here.was_fast = False
        _timed(original, self, method, url, body, headers, encode_chunked)
        if not here.was_fast:
            _note(OWN + "Connection.request", reasons.own_request, self, method, url, body, headers)

    return counted


# ------------------------------------------------------------------ receiving


class _CountedSocketIO(socket.SocketIO):
    """The raw stream under `sock.makefile("rb")`, for one response."""

    def readinto(self, buffer: Any) -> int | None:
        count = super().readinto(buffer)
        if count and totals.on:
            totals.add_received(count)
        return count


def _counted_recv_into(recv_into: Any) -> Callable[..., int]:
    def counted(*given: Any) -> int:
        count: int = recv_into(*given)
        if totals.on:
            totals.add_received(count)
        return count

    return counted


def _watch(fp: Any) -> None:
    """Count what a file receives from now on: the codec's, or what makefile() gives."""
    if type(fp) is SocketFile and not fp.closed:
        sock: Any = fp.raw._sock  # type: ignore[attr-defined]
        fp.receive_by(_counted_recv_into(sock.recv_into))
    elif type(fp) is io.BufferedReader and not fp.closed and type(fp.raw) is socket.SocketIO:
        fp.raw.__class__ = _CountedSocketIO


def begin(original: Any) -> Any:
    """Of begin() of `http.client`'s responses."""

    @functools.wraps(original)
    def counted(self: Any, *given: Any, **named: Any) -> None:
        if totals.on:
            _watch(self.fp)
            _timed(original, self, *given, **named)
        else:
            original(self, *given, **named)

    return counted


def own_begin(original: Any) -> Any:
    """Of begin() of fasthttp's own responses."""

    @functools.wraps(original)
    def counted(self: Any, *given: Any, **named: Any) -> None:
        if not totals.on or self.headers is not None:
            original(self, *given, **named)
            return
        fp = self.fp
        _watch(fp)
        here.was_fast, here.refusal = False, None
        _timed(original, self, *given, **named)
        if not here.was_fast:
            _note(OWN + "Response.begin", reasons.own_head, self, fp, here.refusal)
        if self.chunked:
            _note(OWN + "Response.read", reasons.own_chunks, self)

    return counted


def own_begin_fast(original: Any) -> Any:
    """Of what says whether a head has gone the fast way."""

    @functools.wraps(original)
    def counted(response: Any, max_headers: int | None, policy: Any) -> bool:
        was_fast = bool(original(response, max_headers, policy))
        here.was_fast = was_fast
        if totals.on and not was_fast:
            try:
                here.refusal = reasons.own_refusal(response, max_headers)
            except Exception:  # as in _note()
                here.refusal = None
        return was_fast

    return counted


# ------------------------------------------------------------- the plain way


class Behind:
    """What one of install()'s functions calls where its fast way does not apply."""

    def __init__(self, place: str, original: Any) -> None:
        self.place = place
        self.original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)  # its __code__ says which version it is

    def __call__(self, *given: Any, **named: Any) -> Any:
        # What the plain way of one call does in others has the same reason.
        if not totals.on or here.on_plain_way:
            return self.original(*given, **named)
        here.on_plain_way = True
        here.had_request = here.had_request or self.place in _SENDING
        try:
            _note(self.place, reasons.BEHIND[self.place], *given, **named)
            return self.original(*given, **named)
        finally:
            here.on_plain_way = False

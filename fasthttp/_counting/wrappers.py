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

from .._client import chunked
from .._compiled import SocketFile
from .._install.places import CLASSES
from . import reasons
from .totals import Totals, here, thread_time, totals

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._http.reasons import Reason

OWN = "fasthttp.client.HTTP"
_TRIES = 300
_SENDING = ("HTTPConnection._send_request", "HTTPConnection._send_output")


def _note(call: str, why: Reason | None) -> None:
    """Note that a call was done step by step, and why; None: it was not."""
    if why is None:
        return
    try:
        words, example = reasons.told(why)
    except Exception:  # what was given is the program's, and so are errors about it
        words, example = "something that could not be looked at", ""
    if words:
        totals.add_plain(call, words, example)


def noting(call: str) -> Callable[[Any], Any]:
    """Of a fast way of fasthttp's own classes, which returns why it has stepped aside."""

    def make(original: Any) -> Any:
        @functools.wraps(original)
        def counted(*given: Any) -> Reason | None:
            why: Reason | None = original(*given)
            if totals.on:
                _note(OWN + call, why)
            return why

        return counted

    return make


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
        is_ours = type(self)._send_output is CLASSES["HTTPConnection"]._send_output
        if totals.on and not here.timed and not here.had_request and not is_ours:
            _note("HTTPConnection._send_output", (reasons.NOT_REACHED, (self, "_send_output")))
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


def _sending(original: Callable[..., Any], *given: Any) -> Any:
    """Call a function that sends, so that send() does not count the same bytes."""
    outer, here.sending = here.sending, True
    try:
        return _timed(original, *given)
    finally:
        here.sending = outer


def transmit(original: Any) -> Any:
    """Of install()'s _transmit(), by which the fast way sends everything."""

    @functools.wraps(original)
    def counted(connection: Any, head: bytes, body: bytes | None) -> Reason | None:
        if not totals.on:
            return original(connection, head, body)  # type: ignore[no-any-return]
        here.had_request = True
        why: Reason | None = _sending(original, connection, head, body)
        if not here.sending:
            totals.add_sent(len(head) + _length(body))
        _note("HTTPConnection.send", why)
        return why

    return counted


def encode_head(original: Any) -> Any:
    """Of the codec's function, as fasthttp's own connections call it."""

    @functools.wraps(original)
    def counted(*given: Any) -> bytes | Reason:
        head: bytes | Reason = original(*given)
        here.head = len(head)
        return head

    return counted


def own_send_fast(original: Any) -> Any:
    """Of what sends a request of fasthttp's own connections the fast way, or says why not."""

    @functools.wraps(original)
    def counted(
        connection: Any, exchange: Any, method: Any, url: Any, body: Any, headers: Any
    ) -> Reason | None:
        given = connection, exchange, method, url, body, headers
        if not totals.on:
            return original(*given)  # type: ignore[no-any-return]
        why: Reason | None = _sending(original, *given)
        if why is None and not here.sending:
            totals.add_sent(here.head + _length(body))
        _note(OWN + "Connection.request", why)
        return why

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
        _watch(self.fp)
        _timed(original, self, *given, **named)
        unchanged = chunked.chunk_methods_unchanged
        # Who has that one of his own does not ask those below, which say what else there is.
        if self.chunked and unchanged.changed(self) == "_read_chunked":
            _note(OWN + "Response.read", (reasons.NOT_REACHED, (self, "_read_chunked")))

    return counted


def own_take_chunks(original: Any) -> Any:
    """Of what takes chunks the fast way, or says why not."""

    @functools.wraps(original)
    def counted(*given: Any) -> tuple[bytes, int | Reason]:
        data, stop = original(*given)
        if totals.on and type(stop) is not int:
            _note(OWN + "Response.read", stop)
        return data, stop

    return counted


# ------------------------------------------------------------- the plain way


def step_aside(place: str, why: Reason, original: Any, *given: Any, **named: Any) -> Any:
    """Call what is behind one of install()'s functions, whose fast way has stepped aside."""
    # What the plain way of one call does in others has the same reason.
    if not totals.on or here.on_plain_way:
        return original(*given, **named)
    here.on_plain_way = True
    here.had_request = here.had_request or place in _SENDING
    try:
        _note(place, why)
        return original(*given, **named)
    finally:
        here.on_plain_way = False

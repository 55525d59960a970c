"""The states of one exchange on a connection, in one table, and what a connection keeps for them.

`http.client` knows three states, by the names that programs read in `_HTTPConnection__state`. An
exchange that broke off stays in one of them, with a `Doubt` beside it that says how. `TABLE` says
what may follow. This file decides; connection.py closes, sends and waits.
"""

from __future__ import annotations

import io
from enum import Enum
from time import monotonic

from .._http.request import IDEMPOTENT
from . import forking

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

    from .deadline import Deadline
    from .policy import Policy
else:
    Any = object  # for typing.get_type_hints()


IDLE = "Idle"
REQ_STARTED = "Request-started"
REQ_SENT = "Request-sent"


class Doubt(Enum):
    """How an exchange broke off, so that another request may take its place."""

    REFUSED = "the request must not be sent, and nothing of it was"
    CUT = "the request was not sent to its end"
    AWAITED = "the answer did not come in time"
    BROKEN = "what came is no answer"


class First(Enum):
    """What has to be done before the next request starts."""

    NOTHING = "it may start"
    DROP = "drop the lines of the request that was begun"
    CLOSE = "close the connection"
    ERROR = "CannotSendRequest"


#: (state, doubt): (what comes before another request, whether an answer may be waited for).
TABLE = {
    (IDLE, None): (First.NOTHING, False),
    (REQ_STARTED, None): (First.ERROR, False),
    (REQ_STARTED, Doubt.REFUSED): (First.DROP, False),
    (REQ_SENT, None): (First.ERROR, True),
    (REQ_SENT, Doubt.CUT): (First.CLOSE, True),
    (REQ_SENT, Doubt.AWAITED): (First.CLOSE, True),
    (REQ_SENT, Doubt.BROKEN): (First.CLOSE, False),
}


def before_request(state: str, doubt: Doubt | None) -> First:
    """Return what has to be done before another request starts."""
    # A program may have set the state: then a doubt of the one before says nothing.
    return TABLE.get((state, doubt), TABLE.get((state, None), (First.ERROR, False)))[0]


def may_have_answer(state: str, doubt: Doubt | None) -> bool:
    """Return whether an answer to the last request can still come."""
    return TABLE.get((state, doubt), (None, False))[1]


class AfterFailure(Enum):
    """What becomes of a connection on which no head of a response could be read."""

    WAIT = "the answer may be waited for again"
    CLOSE = "it is closed, and another request may connect"
    KEEP_SOCKET = "its socket is closed and stays in its place"
    NOTHING = "it has been closed already"


def after_failure(
    error: BaseException, unheard: bool, has_deadline: bool, has_socket: bool
) -> AfterFailure:
    """Return what becomes of a connection after `error`. `unheard`: before anything had come."""
    if unheard and isinstance(error, TimeoutError) and not has_deadline:
        return AfterFailure.WAIT
    if isinstance(error, ConnectionError):
        return AfterFailure.CLOSE
    # http.client leaves the socket in its place, and CPython's own tests look at it.
    return AfterFailure.KEEP_SOCKET if has_socket else AfterFailure.NOTHING


class Resend:
    """A whole request, kept for the case that it has to be sent again on a fresh connection,
    because the server had closed the one it was sent on (RFC 9112 section 9.3.1).

    `arguments` are its method, target, body, headers, and whether to encode the body; `start` is
    where a file stood, None where the body is no file.
    """

    __slots__ = ("arguments", "body", "method", "start")

    def __init__(self, arguments: tuple[str, str, Any, Any, bool]) -> None:
        self.arguments = arguments
        self.method, _, body, _, _ = arguments
        self.body = body
        self.start: int | None = None
        if hasattr(body, "read"):
            try:
                self.start = body.tell()
            except (AttributeError, OSError, ValueError):
                self.start = None

    def is_repeatable(self) -> bool:
        """Return whether the same content can be sent again."""
        if hasattr(self.body, "read"):
            return self.start is not None
        repeatable = (str, bytes, bytearray, memoryview, list, tuple, type(None))
        return isinstance(self.body, repeatable)

    def rewind(self) -> None:
        """Put a file back to where it stood. Raises what its `seek` raises."""
        if self.start is not None:
            self.body.seek(self.start)

    def is_allowed(self, was_sent: bool) -> bool:
        """Return whether it may be sent again. A file is put back to where it stood.

        That is so where the same content can be sent again and the method is idempotent; or, if it
        was not sent to its end, where a server cannot have seen the content, because nothing was
        read of a file that has some.
        """
        if not self.is_repeatable():
            return False
        if self.start is None:
            return self.method in IDEMPOTENT
        try:
            untouched = self.body.tell() == self.start < self.body.seek(0, io.SEEK_END)
            self.rewind()
        except (AttributeError, OSError, ValueError):
            return False
        return self.method in IDEMPOTENT or (untouched and not was_sent)


class Exchange:
    """What fasthttp keeps of a connection, beyond what `http.client` does.

    It is the connection's `_fasthttp`: one name, which no subclass will have for itself.
    """

    __slots__ = (
        "deadline",
        "doubt",
        "ended_at",
        "host_key",
        "host_line",
        "policy",
        "resend",
        "served",
        "upgrade",
    )

    def __init__(self, policy: Policy | None = None) -> None:
        #: What was asked for beyond http.client; None where nothing was.
        self.policy = policy
        #: The deadline of the exchange that is under way.
        self.deadline: Deadline | None = None
        #: The request that is under way, where it may have to be sent again.
        self.resend: Resend | None = None
        #: How the exchange broke off, if it did.
        self.doubt: Doubt | None = None
        #: When the last response was read to its end, by time.monotonic(); known where there is a
        #: policy.
        self.ended_at: float | None = None
        #: Whether the connection has carried another exchange since it was opened.
        self.served = False
        #: Whether the request that is under way has an Upgrade field; known where strict is on.
        self.upgrade = False
        #: The Host field with its end, and what it was made of.
        self.host_key: tuple[Any, ...] | None = None
        self.host_line = b""

    def note_end(self) -> None:
        """Note that a response has been read to its end."""
        self.ended_at = monotonic()

    def idle_for_too_long(self) -> bool:
        """Return whether the connection has not been used for longer than its `idle_timeout`."""
        limit = None if self.policy is None else self.policy.idle_timeout
        if limit is None or self.ended_at is None:
            return False
        return monotonic() - self.ended_at > limit

    def __reduce__(self) -> tuple[Any, ...]:
        return Exchange, (self.policy,)


#: Of a connection that keeps nothing; never written to.
_NOTHING_KEPT = Exchange()


def exchange_of(connection: Any) -> Exchange:
    """Return what is kept of a connection, to be read only. It has the defaults where fasthttp's
    `__init__` was never called, as for `http.client`'s own connections.
    """
    found = getattr(connection, "_fasthttp", None)
    return found if type(found) is Exchange else _NOTHING_KEPT


def own_exchange(connection: Any) -> Exchange:
    """Return what is kept of a connection, to be changed: from now on, where nothing was so far."""
    found = exchange_of(connection)
    if found is not _NOTHING_KEPT:
        return found
    made = Exchange()
    connection._fasthttp = made
    forking.note_connection(connection)
    return made

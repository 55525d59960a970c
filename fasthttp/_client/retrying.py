"""A request with conditions: a deadline, a limit for idle connections, a second try on stale ones.

What is here is not taken by connections and requests that set none of these, but for the look after
a head that failed.
"""

from __future__ import annotations

from .._http import notes
from .deadline import Deadline
from .exchange import REQ_SENT, AfterFailure, Doubt, Exchange, Resend, after_failure, own_exchange
from .response import HTTPResponse, is_unheard
from .reuse import forget_finished_response, shut
from .sockets import has_bytes

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


def _set_deadline(exchange: Exchange, seconds: float | None) -> None:
    if seconds is None and exchange.policy is not None:
        seconds = exchange.policy.deadline
    exchange.deadline = None if seconds is None else Deadline(seconds)


def start_deadline(exchange: Exchange) -> None:
    """Let an exchange that begins piece by piece have its deadline, and not an older one's."""
    if exchange.deadline is None or not exchange.deadline.is_new:
        _set_deadline(exchange, None)
    if exchange.deadline is not None:
        exchange.deadline.is_new = False


def send_with_conditions(
    connection: Any, arguments: tuple[str, str, Any, Any, bool], deadline: float | None
) -> None:
    """Send a whole request: what `_send_request` takes, with what the connection asks for."""
    exchange = own_exchange(connection)
    exchange.resend = None
    _set_deadline(exchange, deadline)
    policy = exchange.policy
    # On a connection that has served another request.
    has_served = connection._HTTPConnection__response is not None or exchange.served
    if policy is not None and has_served:
        if connection.sock is not None and exchange.idle_for_too_long():
            shut(connection)
        forget_finished_response(connection)
        if policy.retry_stale and connection.sock is not None:
            exchange.resend = Resend(arguments)
    try:
        connection._send_request(*arguments)
    except ConnectionError:
        # An answer that has come already is the one to this request.
        if exchange.resend is None or connection.sock is None or has_bytes(connection.sock):
            raise
        if not exchange.resend.is_allowed(was_sent=False):
            raise
    except BaseException:
        exchange.deadline = exchange.resend = None
        raise
    else:
        return
    send_again(connection, exchange)


def send_again(connection: Any, exchange: Exchange) -> None:
    """Send the request that was kept for this, on a fresh connection, for the last time."""
    assert exchange.resend is not None  # noqa: S101 - the callers ask before
    arguments, exchange.resend = exchange.resend.arguments, None
    if exchange.deadline is not None:
        exchange.deadline.is_new = True
    shut(connection)
    connection._send_request(*arguments)


def is_to_be_sent_again(
    connection: Any, exchange: Exchange, response: Any, error: BaseException
) -> bool:
    """Look after a head that failed. Return whether the request is to be sent once more."""
    unheard = isinstance(response, HTTPResponse) and is_unheard(response, error)
    notes.of_limit(error, getattr(connection, "max_response_headers", None))
    if unheard and exchange.served:
        notes.of_reused(error)
    if response is not None:
        response.close()
    becomes = after_failure(
        error, unheard, exchange.deadline is not None, connection.sock is not None
    )
    if becomes is AfterFailure.WAIT:
        exchange.doubt = Doubt.AWAITED
        return False
    if becomes is AfterFailure.CLOSE:
        connection.close()
        if unheard and exchange.resend is not None:
            return exchange.resend.is_allowed(was_sent=True)
    elif becomes is AfterFailure.KEEP_SOCKET:
        connection.sock.close()
        connection._HTTPConnection__state = REQ_SENT
        connection._HTTPConnection__response = None
        exchange.doubt = Doubt.BROKEN
    exchange.deadline = exchange.resend = None
    return False

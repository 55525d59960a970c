"""Closing a connection, and whether it may carry one more request.

Functions that take a connection. They call no method that a subclass may have overridden: they run
in places where `http.client` calls none.
"""

from __future__ import annotations

from http.client import CannotSendRequest, RemoteDisconnected

from .exchange import IDLE, REQ_STARTED, First, before_request, exchange_of, own_exchange
from .response import HTTPResponse, has_failed, is_in_step
from .sockets import is_spent

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


def shut(connection: Any) -> None:
    """Close a connection, without asking a close() that a subclass may have: `http.client` does not
    close where fasthttp does, and some of them forget the request that is about to be sent.
    """
    before_close = getattr(type(connection), "_fasthttp_before_close", None)
    if before_close is not None:
        before_close(connection)
    connection._HTTPConnection__state = IDLE
    exchange = exchange_of(connection)
    if exchange.doubt is not None or exchange.served:
        exchange.doubt = None
        exchange.served = False
    lines = getattr(connection, "_buffer", None)
    if lines:
        del lines[:]  # or the next request would begin with the lines of this one
    try:
        sock = connection.sock
        if sock:
            connection.sock = None
            sock.close()
    finally:
        response = connection._HTTPConnection__response
        if response:
            connection._HTTPConnection__response = None
            response.close()


def make_ready(connection: Any) -> None:
    """Let go of the exchange before, so that a request may start.

    Raises what the two functions raise that it calls.
    """
    if connection._HTTPConnection__response is not None:
        forget_finished_response(connection)
    if connection._HTTPConnection__state != IDLE:
        start_anew(connection)


def start_anew(connection: Any) -> None:
    """Where the last exchange broke off, leave nothing of it, so that a request may start.

    Raises `CannotSendRequest` where it did not.
    """
    exchange = own_exchange(connection)
    first = before_request(connection._HTTPConnection__state, exchange.doubt)
    if first is First.ERROR:
        raise CannotSendRequest(connection._HTTPConnection__state)
    if first is First.CLOSE:
        shut(connection)
    elif first is First.DROP:
        del connection._buffer[:]
    connection._HTTPConnection__state = IDLE
    exchange.doubt = None


def forget_finished_response(connection: Any) -> None:
    """Let go of a response that has been read or closed.

    Where it was not read to the end of its message, or bytes came behind that, the next answer
    could not be told from its remains: then the connection is closed. So it is where reading has
    failed for good, although the response is still open.
    """
    response = connection._HTTPConnection__response
    state = connection._HTTPConnection__state
    # Where a request has been started already, endheaders() looks after it.
    if response is None or state == REQ_STARTED:
        return
    if not response.isclosed():
        if state == IDLE and has_failed(response):
            shut(connection)
        return
    # Without a call, where it is the usual one.
    is_usual = type(response) is HTTPResponse and response._fasthttp_in_step
    # What has come while no request was sent is the answer to none.
    if (is_usual or is_in_step(response)) and (state != IDLE or not is_spent(connection.sock)):
        connection._HTTPConnection__response = None
    elif state == IDLE:
        shut(connection)
    else:
        shut(connection)
        raise RemoteDisconnected("Connection out of step after the last response")


def leave_what_is_out_of_step(connection: Any) -> None:
    """Close the connection behind a response that leaves it out of step, and keep the request that
    has been started.
    """
    response = connection._HTTPConnection__response
    if response is not None and response.isclosed():
        if not is_in_step(response) or is_spent(connection.sock):
            lines = connection._buffer[:]
            shut(connection)
            connection._buffer[:] = lines
        connection._HTTPConnection__response = None

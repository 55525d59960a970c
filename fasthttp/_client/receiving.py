"""Takes the head of a response on a connection, and what follows from it for the connection."""

from __future__ import annotations

from . import retrying
from .deadline import timed_socket
from .exchange import IDLE, Doubt, Exchange
from .response import HTTPResponse, usual
from .reuse import shut

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


def receive(connection: Any, exchange: Exchange, response: Any = None) -> HTTPResponse:
    """Return the response to the request that was sent, with its head; `response`, where it has
    been made. The caller has looked whether there is one to come.

    Raises what its `begin` raises.
    """
    doubt = exchange.doubt
    try:
        if response is None:
            response = _made(connection, exchange)
        if exchange.policy is not None and isinstance(response, HTTPResponse):
            response._fasthttp_exchange = exchange
            response._fasthttp_upgrade = exchange.upgrade
        try:
            most = connection.max_response_headers
        except AttributeError:  # which http.client has since 3.15
            most = None
        if usual is not None and usual.begin(response, most):
            pass
        elif most is None:
            response.begin()
        else:
            response.begin(_max_headers=most)
        connection._HTTPConnection__state = IDLE
        if response.will_close:
            connection.close()  # the response keeps the socket open for itself
        elif doubt is not None and doubt is Doubt.CUT:  # looking up Doubt.CUT takes long
            shut(connection)
        else:
            exchange.doubt = None
            exchange.served = True
            connection._HTTPConnection__response = response
    except BaseException as error:
        if not retrying.is_to_be_sent_again(connection, exchange, response, error):
            raise
    else:
        exchange.deadline = exchange.resend = None
        result: HTTPResponse = response
        return result
    retrying.send_again(connection, exchange)
    again: HTTPResponse = connection.getresponse()
    return again


def _made(connection: Any, exchange: Exchange) -> Any:
    sock = connection.sock
    if exchange.deadline is not None:
        sock = timed_socket(sock, exchange.deadline)
    response_class, method = connection.response_class, connection._method
    if connection.debuglevel > 0:
        return response_class(sock, connection.debuglevel, method=method)
    response = None if usual is None else usual.make(response_class, sock, method)
    return response_class(sock, method=method) if response is None else response

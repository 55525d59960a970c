"""TLS sessions are resumed where that saves a handshake, and nowhere else."""

import gc
import socket
import ssl
import weakref
from types import ModuleType
from typing import Any

import pytest

from .conftest import Server


def fetch(connection: Any) -> None:
    connection.request("GET", "/")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"ok")
    connection.close()


def connect(client: ModuleType, server: Server, context: Any, host: str = "localhost") -> Any:
    connection = client.HTTPSConnection(host, server.port, context=context, timeout=10)
    # No resolver knows the second name; the connection is to the same server all the same.
    connection._create_connection = lambda address, *rest: socket.create_connection(
        ("127.0.0.1", address[1]), *rest
    )
    return connection


def test_the_same_connection_resumes_when_it_connects_again(
    client: ModuleType, server: Server
) -> None:
    connection = connect(client, server, server.client_context())
    for _ in range(3):
        fetch(connection)
    assert server.resumed == [False, True, True]


def test_connections_that_share_a_context_resume_from_the_third_on(
    client: ModuleType, server: Server
) -> None:
    context = server.client_context()
    for _ in range(4):
        fetch(connect(client, server, context))
    assert server.resumed == [False, False, True, True]


def test_a_session_is_offered_eight_times(
    client: ModuleType, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a new one is taken, which the server has issued meanwhile."""
    offered: list[Any] = []
    original = ssl.SSLContext.wrap_socket

    def wrap_socket(context: ssl.SSLContext, *given: Any, **options: Any) -> ssl.SSLSocket:
        if not options.get("server_side"):  # the server is in this process
            offered.append(options.get("session"))
        return original(context, *given, **options)

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap_socket)
    connection = connect(client, server, server.client_context())
    for _ in range(18):
        fetch(connection)
    assert server.resumed == [False] + [True] * 17
    assert offered[0] is None
    assert [each is offered[1] for each in offered] == [False] + [True] * 8 + [False] * 9
    assert [each is offered[9] for each in offered] == [False] * 9 + [True] * 8 + [False]


def test_another_context_does_not_resume(client: ModuleType, server: Server) -> None:
    first = server.client_context()
    for _ in range(3):
        fetch(connect(client, server, first))
    fetch(connect(client, server, server.client_context()))
    assert server.resumed == [False, False, True, False]


def test_another_name_does_not_resume(client: ModuleType, server: Server) -> None:
    context = server.client_context()
    for _ in range(3):
        fetch(connect(client, server, context))
    fetch(connect(client, server, context, "other.localhost"))
    assert server.resumed == [False, False, True, False]


def test_what_was_not_verified_does_not_resume_once_it_must_be(
    client: ModuleType, server: Server
) -> None:
    context = ssl.create_default_context()  # which does not trust the server
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for _ in range(3):
        fetch(connect(client, server, context))
    assert server.resumed == [False, False, True]
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    connection = connect(client, server, context)
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/")
    connection.close()


def test_resumption_can_be_switched_off(client: ModuleType, server: Server) -> None:
    context = server.client_context()
    for _ in range(4):
        connection = connect(client, server, context)
        connection.resume_sessions = False
        fetch(connection)
    assert server.resumed == [False] * 4


def test_a_context_that_serves_one_connection_dies_with_it(
    client: ModuleType, server: Server
) -> None:
    """A session refers to its context: kept there, it would wait for the cycle collector."""
    gc.collect()
    gc.disable()
    try:
        context = server.client_context()
        seen = weakref.ref(context)
        connection = connect(client, server, context)
        fetch(connection)
        del connection, context
        assert seen() is None
    finally:
        gc.enable()

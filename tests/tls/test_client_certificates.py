"""A session stands for the client certificate that it was made with: with another, none is resumed.

A server need not ask for the certificate again when a session is resumed, and goes on with the old
identity (curl's CVE-2016-5419, and again CVE-2017-7468).
"""

import ssl
from types import ModuleType

import pytest

from .conftest import Server
from .test_sessions import connect, fetch


def _identify(context: ssl.SSLContext, server: Server, name: str) -> None:
    server.authority.issue_cert(f"{name}@example.org").configure_cert(context)


@pytest.mark.parametrize("first", ["nobody", "alice"])
def test_another_client_certificate_does_not_resume(
    client: ModuleType, server: Server, first: str
) -> None:
    context = server.client_context()
    if first != "nobody":
        _identify(context, server, first)
    for _ in range(3):
        fetch(connect(client, server, context))
    _identify(context, server, "bob")
    for _ in range(3):
        fetch(connect(client, server, context))
    assert server.resumed[:4] == [False, False, True, False]


def test_nor_does_the_same_connection(client: ModuleType, server: Server) -> None:
    context = server.client_context()
    connection = connect(client, server, context)
    fetch(connection)
    fetch(connection)
    _identify(context, server, "bob")
    fetch(connection)
    assert server.resumed == [False, True, False]

"""nginx: one connection carries many requests, and knows when the server has closed it."""

from __future__ import annotations

import contextlib
import time
from types import ModuleType
from typing import Any

import pytest

from .nginx import Nginx


def _get(connection: Any, path: str) -> tuple[Any, bytes]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response, response.read()


def test_requests_share_one_socket(plain: Any, nginx: Nginx) -> None:
    """Twenty exchanges on the very same socket object, from the same port."""
    ports, sockets = set(), []
    for number in range(20):
        response, body = _get(plain, f"/say/{number}")
        assert (response.status, body) == (200, f"GET /say/{number}".encode())
        sockets.append(plain.sock)
        ports.add(_get(plain, "/who")[1])
    assert sockets[0] is not None
    assert all(sock is sockets[0] for sock in sockets)
    assert len(ports) == 1


def test_kept_response_does_not_announce_a_close(plain: Any) -> None:
    """will_close is false, and the response closes once it is read to its end."""
    plain.request("GET", "/small.txt")
    response = plain.getresponse()
    assert not response.will_close
    assert not response.isclosed()
    response.read()
    assert response.isclosed()
    assert plain.sock is not None


def test_empty_body_leaves_the_connection_usable(plain: Any) -> None:
    """Content-Length: 0 needs no read before the next request."""
    plain.request("GET", "/empty.txt")
    response = plain.getresponse()
    assert (response.getheader("Content-Length"), response.read()) == ("0", b"")
    sock = plain.sock
    assert _get(plain, "/small.txt")[0].status == 200
    assert plain.sock is sock


def test_next_response_waits_for_the_body_of_the_last(client: ModuleType, plain: Any) -> None:
    """The next request may be sent before a body is read, but not its response fetched."""
    plain.request("GET", "/text.txt")
    plain.getresponse()
    plain.request("GET", "/small.txt")
    with pytest.raises(client.ResponseNotReady):
        plain.getresponse()
    with pytest.raises(client.CannotSendRequest):
        plain.request("GET", "/small.txt")
    plain.close()
    assert _get(plain, "/small.txt")[0].status == 200


def test_getresponse_twice_is_refused(client: ModuleType, plain: Any) -> None:
    """There is one response to a request."""
    plain.request("GET", "/small.txt")
    plain.getresponse().read()
    with pytest.raises(client.ResponseNotReady):
        plain.getresponse()


def test_last_allowed_request_closes_and_the_next_reconnects(plain: Any) -> None:
    """nginx's keepalive_requests: the third answer says close, the fourth has a new socket."""
    sockets, closes = [], []
    for _ in range(4):
        plain.request("GET", "/closes-soon")
        sockets.append(plain.sock)
        response = plain.getresponse()
        closes.append((response.will_close, response.getheader("Connection"), plain.sock is None))
        assert response.read() == b"counted"
    kept, closed = (False, "keep-alive", False), (True, "close", True)
    assert closes == [kept, kept, closed, kept]
    assert sockets[0] is sockets[1] is sockets[2]
    assert sockets[3] is not sockets[0]


def test_body_can_be_read_after_the_connection_let_go_of_its_socket(plain: Any) -> None:
    """With "Connection: close" the response owns the socket until it is read."""
    plain.request("GET", "/text.txt", headers={"Connection": "close"})
    response = plain.getresponse()
    assert response.will_close
    assert plain.sock is None
    assert len(response.read()) == int(response.getheader("Content-Length"))


def test_idle_connection_closed_by_the_server_is_opened_anew(plain: Any) -> None:
    """Its end is seen before the next request is sent; http.client finds it by sending."""
    assert _get(plain, "/closes-idle")[1] == b"brief"
    before = plain.sock
    time.sleep(0.5)
    if type(plain).__module__ == "http.client":
        with pytest.raises(ConnectionError):  # RemoteDisconnected, or a reset: the kernel chooses
            _get(plain, "/small.txt")
        return
    assert _get(plain, "/small.txt")[1] == b"hello, small file\n"
    assert plain.sock is not before


def test_close_ends_the_body_and_the_connection_reopens(plain: Any) -> None:
    """close() in the middle of a large body; the next request starts from nothing."""
    plain.request("GET", "/large.bin")
    response = plain.getresponse()
    assert len(response.read(1000)) == 1000
    plain.close()
    assert plain.sock is None
    assert response.isclosed()
    assert _get(plain, "/small.txt")[1] == b"hello, small file\n"


def test_without_auto_open_a_closed_connection_refuses(client: ModuleType, plain: Any) -> None:
    """auto_open = 0 means NotConnected where a connect() would have been needed."""
    plain.auto_open = 0
    with pytest.raises(client.NotConnected):
        plain.request("GET", "/small.txt")
    plain.close()
    plain.connect()
    assert _get(plain, "/small.txt")[0].status == 200


def test_source_address_is_where_the_server_is_called_from(
    client: ModuleType, nginx: Nginx
) -> None:
    """nginx reports the address and port that source_address asked for."""
    connection = client.HTTPConnection(
        nginx.host, nginx.port, timeout=30, source_address=("127.0.0.1", 0)
    )
    with contextlib.closing(connection):
        body = _get(connection, "/who")[1].decode()
        assert body == "{} {}".format(*connection.sock.getsockname())


@pytest.mark.parametrize("form", ["{host}:{port}", "localhost:{port}"])
def test_host_header_names_host_and_port(client: ModuleType, nginx: Nginx, form: str) -> None:
    """A port other than 80 is part of Host, also where it came in the host argument."""
    host = form.format(host=nginx.host, port=nginx.port)
    with contextlib.closing(client.HTTPConnection(host, timeout=30)) as connection:
        assert _get(connection, "/host")[1].decode() == host


def _ipv6_host(module: ModuleType, nginx: Nginx, host: str, port: int | None) -> str:
    """The Host header that nginx saw on a connection to ::1."""
    if not nginx.ipv6:
        pytest.skip("this machine has no ::1")
    with contextlib.closing(module.HTTPConnection(host, port, timeout=30)) as connection:
        assert _get(connection, "/who")[1].startswith(b"::1 ")
        return _get(connection, "/host")[1].decode()


def test_ipv6_address_is_bracketed_in_host(client: ModuleType, nginx: Nginx) -> None:
    """Whether the port came with the host or by itself."""
    expected = f"[::1]:{nginx.port}"
    assert _ipv6_host(client, nginx, "::1", nginx.port) == expected
    assert _ipv6_host(client, nginx, f"[::1]:{nginx.port}", None) == expected


def test_brackets_beside_a_port_are_taken_off(newest: ModuleType, nginx: Nginx) -> None:
    """A host of "[::1]" with the port as an argument, which 3.10 cannot resolve."""
    assert _ipv6_host(newest, nginx, "[::1]", nginx.port) == f"[::1]:{nginx.port}"


def test_request_line_and_default_headers_as_the_server_saw_them(plain: Any) -> None:
    """Method, target and version are sent as given; Accept-Encoding is identity."""
    plain.request("GET", "/seen?a=b%20c", headers={"X-One": "first"})
    response = plain.getresponse()
    assert response.read().split(b"\n") == [b"GET /seen?a=b%20c HTTP/1.1", b"first", b"identity"]


def test_skipped_default_headers_are_not_sent(plain: Any, nginx: Nginx) -> None:
    """skip_host and skip_accept_encoding; several values become one folded header."""
    plain.putrequest("GET", "/seen", skip_host=True, skip_accept_encoding=True)
    plain.putheader("Host", nginx.host)
    plain.putheader("X-One", 17)
    plain.endheaders()
    response = plain.getresponse()
    assert response.read() == b"GET /seen HTTP/1.1\n17\n"

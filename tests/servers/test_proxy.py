"""tinyproxy in front of both of nginx's ports: tunnels, refusals, and plain proxying."""

from __future__ import annotations

import base64
import contextlib
import http.client
import ssl
from types import ModuleType
from typing import Any

import pytest

from .certificates import Certificates
from .nginx import Nginx
from .site import Site, digest
from .tinyproxy import PASSWORD, USER, Tinyproxy

pytestmark = pytest.mark.usefixtures("tinyproxy")

AUTHORISATION = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def _plain(client: ModuleType, proxy: Tinyproxy) -> Any:
    return contextlib.closing(client.HTTPConnection(proxy.host, proxy.port, timeout=30))


def _secure(client: ModuleType, proxy: Tinyproxy, certificates: Certificates) -> Any:
    context = certificates.context()
    connection = client.HTTPSConnection(proxy.host, proxy.port, timeout=30, context=context)
    return contextlib.closing(connection)


def _get(connection: Any, path: str) -> tuple[Any, bytes]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response, response.read()


def test_plain_http_through_a_tunnel(
    client: ModuleType, tinyproxy: Tinyproxy, nginx: Nginx, site: Site
) -> None:
    """The answers are nginx's own; Host is the tunnel's end; the socket is kept."""
    with _plain(client, tinyproxy) as connection:
        connection.set_tunnel(nginx.host, nginx.port)
        response, body = _get(connection, "/small.txt")
        sock = connection.sock
        assert (response.status, response.version, body) == (200, 11, site.small)
        assert response.getheader("Via") is None
        assert _get(connection, "/host")[1].decode() == f"{nginx.host}:{nginx.port}"
        assert connection.sock is sock


def test_host_with_port_in_set_tunnel(
    client: ModuleType, tinyproxy: Tinyproxy, nginx: Nginx
) -> None:
    """set_tunnel takes host:port as the constructor does."""
    with _plain(client, tinyproxy) as connection:
        connection.set_tunnel(f"localhost:{nginx.port}")
        assert _get(connection, "/host")[1].decode() == f"localhost:{nginx.port}"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_https_through_a_tunnel(
    client: ModuleType,
    tinyproxy: Tinyproxy,
    nginx: Nginx,
    certificates: Certificates,
    site: Site,
    host: str,
) -> None:
    """The certificate is verified against the tunnel's end, not the proxy."""
    with _secure(client, tinyproxy, certificates) as connection:
        connection.set_tunnel(host, nginx.tls_port)
        assert _get(connection, "/small.txt")[1] == site.small
        assert isinstance(connection.sock, ssl.SSLSocket)
        assert _get(connection, "/host")[1].decode() == f"{host}:{nginx.tls_port}"


def test_large_file_through_an_https_tunnel(
    client: ModuleType,
    tinyproxy: Tinyproxy,
    nginx: Nginx,
    certificates: Certificates,
    site: Site,
) -> None:
    """32 MiB with nothing lost at the seams."""
    with _secure(client, tinyproxy, certificates) as connection:
        connection.set_tunnel("localhost", nginx.tls_port)
        assert digest(_get(connection, "/large.bin")[1]) == site.large_digest


def test_tunnel_is_built_again_after_close(
    client: ModuleType, tinyproxy: Tinyproxy, nginx: Nginx, certificates: Certificates
) -> None:
    """A reconnect goes through the proxy as well."""
    with _secure(client, tinyproxy, certificates) as connection:
        connection.set_tunnel("localhost", nginx.tls_port)
        for _ in range(3):
            assert _get(connection, "/tls")[0].status == 200
            assert connection.sock.getpeername() == (tinyproxy.host, tinyproxy.port)
            connection.close()


def test_wrong_name_behind_the_tunnel_is_refused(
    client: ModuleType, tinyproxy: Tinyproxy, nginx: Nginx, certificates: Certificates
) -> None:
    """Through a tunnel as without: a certificate for another name is not accepted."""
    with _secure(client, tinyproxy, certificates) as connection:
        connection.set_tunnel("localhost", nginx.wrong_name_port)
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            connection.request("GET", "/")


def test_get_proxy_response_headers(
    revealing: ModuleType, tinyproxy: Tinyproxy, nginx: Nginx
) -> None:
    """What the proxy said to CONNECT; None before."""
    with _plain(revealing, tinyproxy) as connection:
        connection.set_tunnel(nginx.host, nginx.port)
        assert connection.get_proxy_response_headers() is None
        assert _get(connection, "/small.txt")[0].status == 200
        headers = connection.get_proxy_response_headers()
        assert isinstance(headers, http.client.HTTPMessage)
        assert headers["proxy-agent"].startswith("tinyproxy")


def test_tunnel_to_a_forbidden_port_is_refused(
    client: ModuleType, tinyproxy: Tinyproxy, upstream: int
) -> None:
    """The port is not among tinyproxy's ConnectPort lines."""
    with _plain(client, tinyproxy) as connection:
        connection.set_tunnel("127.0.0.1", upstream)
        for _ in range(2):
            with pytest.raises(OSError, match="Tunnel connection failed: 403"):
                connection.request("GET", "/small.txt")
            assert connection.sock is None


def test_https_tunnel_to_a_forbidden_port_is_refused(
    client: ModuleType, tinyproxy: Tinyproxy, upstream: int, certificates: Certificates
) -> None:
    """No TLS handshake is tried with the proxy's error page."""
    with _secure(client, tinyproxy, certificates) as connection:
        connection.set_tunnel("localhost", upstream)
        with pytest.raises(OSError, match="Tunnel connection failed: 403"):
            connection.request("GET", "/")
        assert connection.sock is None


def test_tunnel_to_a_dead_port_fails(client: ModuleType, tinyproxy: Tinyproxy) -> None:
    """The proxy may connect to port 1, but nobody is there."""
    with _plain(client, tinyproxy) as connection:
        connection.set_tunnel("127.0.0.1", 1)
        with pytest.raises(OSError, match="Tunnel connection failed: 5"):
            connection.request("GET", "/")


def test_tunnel_without_the_password_is_refused(
    client: ModuleType, guarded_proxy: Tinyproxy, nginx: Nginx
) -> None:
    """407 is an error like any other."""
    with _plain(client, guarded_proxy) as connection:
        connection.set_tunnel(nginx.host, nginx.port)
        with pytest.raises(OSError, match="Tunnel connection failed: 407"):
            connection.connect()


def test_tunnel_headers_are_sent_to_the_proxy(
    client: ModuleType, guarded_proxy: Tinyproxy, nginx: Nginx, certificates: Certificates
) -> None:
    """Proxy-Authorization in set_tunnel's headers opens the guarded proxy."""
    with _secure(client, guarded_proxy, certificates) as connection:
        connection.set_tunnel(
            "localhost", nginx.tls_port, headers={"Proxy-Authorization": AUTHORISATION}
        )
        assert _get(connection, "/tls")[0].status == 200


def test_set_tunnel_on_an_open_connection_is_refused(
    client: ModuleType, tinyproxy: Tinyproxy, nginx: Nginx
) -> None:
    """It is too late then."""
    with _plain(client, tinyproxy) as connection:
        connection.connect()
        with pytest.raises(RuntimeError, match="tunnel"):
            connection.set_tunnel(nginx.host, nginx.port)


def test_absolute_url_through_a_plain_proxy(
    client: ModuleType, tinyproxy: Tinyproxy, nginx: Nginx, site: Site
) -> None:
    """Without a tunnel: the proxy fetches, and Host is the target's.

    tinyproxy hangs up after each answer without saying so, hence close().
    """
    base = f"http://{nginx.host}:{nginx.port}"
    with _plain(client, tinyproxy) as connection:
        for path, expected in (
            ("/small.txt", site.small),
            ("/host", f"{nginx.host}:{nginx.port}".encode()),
            ("/sub/text.txt", site.text.replace(b"needle", b"a longer needle")),
        ):
            response, body = _get(connection, base + path)
            assert (response.status, body) == (200, expected)
            assert "tinyproxy" in response.getheader("Via")
            connection.close()


def test_post_through_a_plain_proxy(client: ModuleType, tinyproxy: Tinyproxy, nginx: Nginx) -> None:
    """Sized and chunked bodies reach the server behind nginx behind the proxy."""
    url = f"http://{nginx.host}:{nginx.port}/echo"
    with _plain(client, tinyproxy) as connection:
        for body in (b"through the proxy" * 1000, [b"through ", b"the proxy" * 1000]):
            connection.request("POST", url, body=body)
            assert connection.getresponse().read() == b"".join(
                [body] if isinstance(body, bytes) else body
            )
            connection.close()

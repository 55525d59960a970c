"""HTTPS to nginx with certificates of our own authority: what is trusted and what is not."""

from __future__ import annotations

import contextlib
import ssl
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from .certificates import Certificates
from .nginx import Nginx
from .site import Site


def _get(connection: Any, path: str = "/tls") -> tuple[Any, bytes]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response, response.read()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, certificates: Certificates) -> None:
    """The default context trusts this run's authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))


def test_verified_connection_answers(secure: Any, site: Site) -> None:
    """Several requests over one TLS socket; nginx saw the name that was asked for."""
    assert _get(secure)[1].startswith(b"https localhost ")
    sock = secure.sock
    assert isinstance(sock, ssl.SSLSocket)
    assert sock.version() in {"TLSv1.2", "TLSv1.3"}
    assert _get(secure, "/small.txt")[1] == site.small
    assert secure.sock is sock


def test_default_context_honours_ssl_cert_file(
    client: ModuleType, nginx: Nginx, trusted: None
) -> None:
    """Without a context, OpenSSL's usual variable says whom to trust."""
    connection = client.HTTPSConnection("localhost", nginx.tls_port, timeout=30)
    with contextlib.closing(connection):
        assert _get(connection)[0].status == 200


def test_ip_address_is_verified(
    client: ModuleType, nginx: Nginx, certificates: Certificates
) -> None:
    """An address is looked for among the certificate's addresses."""
    hosts = ["127.0.0.1", "::1"] if nginx.ipv6 else ["127.0.0.1"]
    for host in hosts:
        connection = client.HTTPSConnection(
            host, nginx.tls_port, timeout=30, context=certificates.context()
        )
        with contextlib.closing(connection):
            assert _get(connection)[0].status == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_wrong_host_is_refused(
    client: ModuleType, nginx: Nginx, certificates: Certificates, host: str
) -> None:
    """A trusted certificate for another name."""
    connection = client.HTTPSConnection(
        host, nginx.wrong_name_port, timeout=30, context=certificates.context()
    )
    with (
        contextlib.closing(connection),
        pytest.raises(ssl.SSLCertVerificationError, match="mismatch"),
    ):
        connection.request("GET", "/")


@pytest.mark.parametrize("given", [True, False], ids=["context", "default context"])
def test_untrusted_certificate_is_refused(client: ModuleType, nginx: Nginx, given: bool) -> None:
    """Nobody told this context about our authority."""
    arguments = {"context": ssl.create_default_context()} if given else {}
    connection = client.HTTPSConnection("localhost", nginx.tls_port, timeout=30, **arguments)
    with contextlib.closing(connection), pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/")


def test_trust_does_not_leak_to_other_connections(
    client: ModuleType, nginx: Nginx, certificates: Certificates
) -> None:
    """A success with one context does not let another one in, nor a reused session."""
    for _ in range(2):
        good = client.HTTPSConnection(
            "localhost", nginx.tls_port, timeout=30, context=certificates.context()
        )
        bad = client.HTTPSConnection("localhost", nginx.tls_port, timeout=30)
        with contextlib.closing(good), contextlib.closing(bad):
            assert _get(good)[0].status == 200
            with pytest.raises(ssl.SSLCertVerificationError):
                bad.connect()


def test_checks_are_made_again_on_every_connection(
    client: ModuleType, nginx: Nginx, certificates: Certificates
) -> None:
    """The same context, first without then with host names: no session goes around the check."""
    context = certificates.context()
    context.check_hostname = False
    for _ in range(2):
        connection = client.HTTPSConnection(
            "localhost", nginx.wrong_name_port, timeout=30, context=context
        )
        with contextlib.closing(connection):
            assert _get(connection, "/")[1] == b"wrong name"
    context.check_hostname = True
    connection = client.HTTPSConnection(
        "localhost", nginx.wrong_name_port, timeout=30, context=context
    )
    with contextlib.closing(connection), pytest.raises(ssl.SSLCertVerificationError):
        connection.connect()


def test_context_without_checks_is_obeyed(client: ModuleType, nginx: Nginx) -> None:
    """CERT_NONE accepts anything, warns of nothing."""
    context = ssl._create_unverified_context()
    connection = client.HTTPSConnection(
        "127.0.0.1", nginx.wrong_name_port, timeout=30, context=context
    )
    with contextlib.closing(connection):
        assert _get(connection, "/")[1] == b"wrong name"


def test_https_to_a_plain_port_is_an_ssl_error(
    client: ModuleType, nginx: Nginx, certificates: Certificates
) -> None:
    """Not an answer, not a hang."""
    connection = client.HTTPSConnection(
        "localhost", nginx.port, timeout=30, context=certificates.context()
    )
    with contextlib.closing(connection), pytest.raises(ssl.SSLError):
        connection.request("GET", "/")


def test_plain_http_to_a_tls_port_gets_nginxs_400(client: ModuleType, nginx: Nginx) -> None:
    """nginx explains itself in plain HTTP."""
    connection = client.HTTPConnection(nginx.host, nginx.tls_port, timeout=30)
    with contextlib.closing(connection):
        response, body = _get(connection)
        assert response.status == 400
        assert b"plain HTTP request was sent to HTTPS port" in body


def test_new_connection_after_close(secure: Any) -> None:
    """Reconnecting does a handshake of its own."""
    for _ in range(3):
        assert _get(secure)[0].status == 200
        secure.close()
        assert secure.sock is None


def test_client_certificate_from_the_context(
    client: ModuleType, nginx: Nginx, certificates: Certificates
) -> None:
    """nginx asks for one and checks it; without one it says NONE."""
    verdicts: list[str] = []
    for context in (certificates.context(), certificates.context()):
        connection = client.HTTPSConnection(
            "localhost", nginx.tls_port, timeout=30, context=context
        )
        if verdicts:
            context.load_cert_chain(certificates.client.chain, certificates.client.key)
        with contextlib.closing(connection):
            verdicts.append(_get(connection)[0].getheader("X-Client-Verify"))
    assert verdicts == ["NONE", "SUCCESS"]


@pytest.mark.parametrize("given", [True, False], ids=["context", "default context"])
def test_key_file_and_cert_file_are_the_client_certificate(
    lenient: ModuleType, nginx: Nginx, certificates: Certificates, trusted: None, given: bool
) -> None:
    """Old programs' keywords: a DeprecationWarning, and nginx says SUCCESS."""
    arguments: dict[str, Any] = {"context": certificates.context()} if given else {}
    with pytest.warns(DeprecationWarning, match="key_file, cert_file"):
        connection = lenient.HTTPSConnection(
            "localhost",
            nginx.tls_port,
            timeout=30,
            key_file=str(certificates.client.key),
            cert_file=str(certificates.client.chain),
            **arguments,
        )
    with contextlib.closing(connection):
        assert _get(connection)[0].getheader("X-Client-Verify") == "SUCCESS"


def test_client_certificate_stays_with_its_connection(
    lenient: ModuleType, nginx: Nginx, certificates: Certificates, trusted: None
) -> None:
    """cert_file on a default context must not reach the next connection's default context."""
    files = {"key_file": str(certificates.client.key), "cert_file": str(certificates.client.chain)}
    verdicts = []
    for extra in ({}, files, {}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            connection = lenient.HTTPSConnection("localhost", nginx.tls_port, timeout=30, **extra)
        with contextlib.closing(connection):
            verdicts.append(_get(connection)[0].getheader("X-Client-Verify"))
    assert verdicts == ["NONE", "SUCCESS", "NONE"]


@pytest.fixture
def unchecked(lenient: ModuleType, nginx: Nginx, certificates: Certificates) -> Iterator[Any]:
    """A connection made with check_hostname=False to a server with another name."""
    with pytest.warns(DeprecationWarning, match="check_hostname"):
        connection = lenient.HTTPSConnection(
            "localhost",
            nginx.wrong_name_port,
            timeout=30,
            context=certificates.context(),
            check_hostname=False,
        )
    with contextlib.closing(connection):
        yield connection


def test_check_hostname_false_accepts_another_name(unchecked: Any) -> None:
    """The old keyword: the chain is still verified, the name is not."""
    assert _get(unchecked, "/")[1] == b"wrong name"


def test_check_hostname_needs_a_verifying_context(lenient: ModuleType) -> None:
    """Asking for the name of a certificate that is not looked at is an error."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        pytest.warns(DeprecationWarning, match="check_hostname"),
        pytest.raises(ValueError, match="check_hostname needs a SSL context"),
    ):
        lenient.HTTPSConnection("localhost", context=context, check_hostname=True)

"""The context of connections that are given none: one for all, until somebody could tell."""

import ssl
from types import ModuleType

import pytest


@pytest.fixture(autouse=True)
def created(client: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[ssl.SSLContext]:
    """Every default context that is made during a test."""
    made: list[ssl.SSLContext] = []
    original = ssl.create_default_context

    def create() -> ssl.SSLContext:
        made.append(original())
        return made[-1]

    monkeypatch.setattr(ssl, "_create_default_https_context", create)
    return made


def test_one_context_serves_all_connections(
    client: ModuleType, created: list[ssl.SSLContext]
) -> None:
    connections = [client.HTTPSConnection("localhost") for _ in range(5)]
    assert len(created) == 1
    assert {connection._fasthttp_tls.context for connection in connections} == set(created)


def test_a_context_that_is_looked_at_belongs_to_that_connection_alone(
    client: ModuleType, created: list[ssl.SSLContext]
) -> None:
    first, second = client.HTTPSConnection("localhost"), client.HTTPSConnection("localhost")
    own = first._context
    own.check_hostname = False
    assert own is first._context
    assert own is not second._fasthttp_tls.context
    assert second._context.check_hostname
    assert len(created) == 3


def test_a_shared_context_that_was_changed_is_not_used_for_others(
    client: ModuleType, created: list[ssl.SSLContext]
) -> None:
    # as through sock.context of an open connection
    client.HTTPSConnection("localhost")._fasthttp_tls.context.check_hostname = False
    again = client.HTTPSConnection("localhost")._fasthttp_tls.context
    assert again.check_hostname
    assert len(created) == 2


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_other_certificates_in_the_environment_make_another_context(
    client: ModuleType,
    created: list[ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    client.HTTPSConnection("localhost")
    monkeypatch.setenv(name, "/nonexistent")
    client.HTTPSConnection("localhost")
    assert len(created) == 2


def test_a_replaced_factory_is_asked(
    client: ModuleType, created: list[ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.HTTPSConnection("localhost")
    monkeypatch.setattr(ssl, "_create_default_https_context", ssl._create_unverified_context)
    context = client.HTTPSConnection("localhost")._fasthttp_tls.context
    assert context.verify_mode == ssl.CERT_NONE


def test_sharing_can_be_switched_off(client: ModuleType, created: list[ssl.SSLContext]) -> None:
    class Apart(client.HTTPSConnection):  # type: ignore[misc, name-defined]
        share_context = False

    first, second = Apart("localhost"), Apart("localhost")
    assert first._context is not second._context
    assert len(created) == 2


def test_http_1_0_has_a_context_without_alpn_of_its_own(
    client: ModuleType, created: list[ssl.SSLContext]
) -> None:
    class Old(client.HTTPSConnection):  # type: ignore[misc, name-defined]
        _http_vsn = 10

    assert Old("h")._fasthttp_tls.context is not client.HTTPSConnection("h")._fasthttp_tls.context

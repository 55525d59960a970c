"""Arguments of HTTPSConnection: those of 3.15, and those of older Pythons, with a warning."""

from __future__ import annotations

import http.client
import inspect
import ssl
import warnings
from types import ModuleType
from typing import Any

import pytest

_OLD: list[dict[str, Any]] = [
    {"key_file": "no such file"},
    {"cert_file": "no such file"},
    {"key_file": "a", "cert_file": "b"},
    {"check_hostname": True},
    {"check_hostname": False},
]


def test_it_is_a_connection_to_port_443(newest_client: ModuleType) -> None:
    connection = newest_client.HTTPSConnection("example.org")
    assert (connection.host, connection.port, connection.default_port) == ("example.org", 443, 443)
    connection = newest_client.HTTPSConnection("example.org:444")
    assert connection.port == 444


def test_arguments_are_kept(newest_client: ModuleType) -> None:
    context = ssl.create_default_context()
    connection = newest_client.HTTPSConnection(
        "example.org",
        8443,
        timeout=3,
        source_address=("127.0.0.1", 0),
        context=context,
        blocksize=100,
        max_response_headers=7,
    )
    assert connection._context is context
    assert (connection.timeout, connection.source_address) == (3, ("127.0.0.1", 0))
    assert (connection.blocksize, connection.max_response_headers) == (100, 7)


def test_all_but_host_and_port_go_by_name(newest_client: ModuleType) -> None:
    with pytest.raises(TypeError):
        newest_client.HTTPSConnection("example.org", 443, "key", "cert")


def test_the_default_context_verifies(newest_client: ModuleType) -> None:
    context = newest_client.HTTPSConnection("example.org")._context
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.post_handshake_auth


def test_a_context_can_be_changed_for_one_connection(client: ModuleType) -> None:
    """Nobody else's is."""
    first, second = client.HTTPSConnection("a"), client.HTTPSConnection("a")
    first._context.check_hostname = False
    first._context.verify_mode = ssl.CERT_NONE
    assert second._context.verify_mode == ssl.CERT_REQUIRED
    assert client.HTTPSConnection("a")._context.verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize("arguments", _OLD, ids=repr)
def test_old_arguments_warn_at_the_line_of_the_caller(
    client: ModuleType, arguments: dict[str, Any]
) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = inspect.currentframe()
        assert frame is not None
        try:
            line = frame.f_lineno + 1
            client.HTTPSConnection("example.org", **arguments)
        except (OSError, TypeError):  # of load_cert_chain
            assert "check_hostname" not in arguments
    assert [warning.category for warning in caught] == [DeprecationWarning]
    assert caught[0].filename == __file__
    assert caught[0].lineno == line
    assert "key_file, cert_file and check_hostname are deprecated" in str(caught[0].message)


def test_new_arguments_do_not_warn(client: ModuleType) -> None:
    """Warnings are errors in these tests; and None is no argument."""
    client.HTTPSConnection("a", key_file=None, cert_file=None, check_hostname=None)


def test_old_arguments_by_a_subclass_warn_at_its_line(client: ModuleType) -> None:
    class Own(client.HTTPSConnection):  # type: ignore[name-defined, misc]
        def __init__(self, host: str) -> None:
            super().__init__(host, check_hostname=False)

    with pytest.warns(DeprecationWarning) as caught:
        Own("example.org")
    assert caught[0].filename == __file__


def test_check_hostname_changes_the_context(client: ModuleType) -> None:
    context = ssl.create_default_context()
    with pytest.warns(DeprecationWarning):
        connection = client.HTTPSConnection("a", context=context, check_hostname=False)
    assert connection._context is context
    assert context.check_hostname is False
    with pytest.warns(DeprecationWarning):
        client.HTTPSConnection("a", context=context, check_hostname=True)
    assert context.check_hostname is True


def test_check_hostname_without_verification_is_refused(client: ModuleType) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        pytest.warns(DeprecationWarning),
        pytest.raises(ValueError, match="CERT_OPTIONAL or CERT_REQUIRED"),
    ):
        client.HTTPSConnection("a", context=context, check_hostname=True)


def test_without_old_arguments_the_default_context_is_untouched(client: ModuleType) -> None:
    with pytest.warns(DeprecationWarning):
        client.HTTPSConnection("a", check_hostname=False)
    assert client.HTTPSConnection("a")._context.check_hostname is True


def test_a_file_that_is_not_there_is_an_os_error(client: ModuleType) -> None:
    for arguments in ({"cert_file": "/no/such/file"}, {"key_file": "/no", "cert_file": "/such"}):
        with pytest.warns(DeprecationWarning), pytest.raises(OSError):
            client.HTTPSConnection("a", **arguments)


@pytest.mark.skipif(not hasattr(http.client, "_create_https_context"), reason="from 3.12 on")
def test_the_context_is_made_as_by_the_stdlib(client: ModuleType) -> None:
    """Same settings for both versions of HTTP."""
    for version in (10, 11):
        ours = client._create_https_context(version)
        theirs = http.client._create_https_context(version)  # type: ignore[attr-defined]
        for name in ("verify_mode", "check_hostname", "options", "post_handshake_auth"):
            assert getattr(ours, name) == getattr(theirs, name)


def test_alpn_asks_for_http_1_1(client: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    class Context(ssl.SSLContext):
        def set_alpn_protocols(self, protocols: Any) -> None:
            asked.append(list(protocols))

    monkeypatch.setattr(
        ssl, "_create_default_https_context", lambda: Context(ssl.PROTOCOL_TLS_CLIENT)
    )
    assert isinstance(client.HTTPSConnection("a")._context, Context)
    assert asked
    assert all(protocols == ["http/1.1"] for protocols in asked)

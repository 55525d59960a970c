"""The context of connections that are given none: one for all, until somebody could tell."""

from __future__ import annotations

import copy
import ssl
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ..client.conftest import every_client as every_client
from .conftest import Server
from .test_sessions import fetch


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


# --------------------------------------------------------------- what the shared one depends on


def _context_of(connection: Any) -> Any:
    """The context that a connection will use, which a look at `_context` would change."""
    state = connection._fasthttp_tls
    return connection._context if state is None or state.context is None else state.context


def _default(client: ModuleType) -> Any:
    return _context_of(client.HTTPSConnection("localhost"))


_BASE: Any = ssl.SSLContext.__base__


class Injected(ssl.SSLContext):
    """As truststore puts one in the place of `ssl.SSLContext`, whose own settings ask for the class
    by that name.
    """

    verify_mode = _BASE.verify_mode
    verify_flags = _BASE.verify_flags
    options = _BASE.options
    minimum_version = _BASE.minimum_version
    maximum_version = _BASE.maximum_version


@pytest.fixture
def as_it_comes(created: list[ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> Any:
    """With the stdlib's own function in place."""
    monkeypatch.setattr(ssl, "_create_default_https_context", ssl.create_default_context)
    return monkeypatch


def test_another_class_of_contexts_is_used_at_once_and_no_longer(
    client: ModuleType, as_it_comes: pytest.MonkeyPatch
) -> None:
    first = _default(client)
    with as_it_comes.context() as patch:
        patch.setattr(ssl, "SSLContext", Injected)
        injected = _default(client)
        assert type(injected) is Injected
        assert _default(client) is injected
    last = _default(client)
    assert type(first) is type(last) is ssl.SSLContext
    assert _default(client) is last


@pytest.mark.parametrize("name", ["load_default_certs", "set_default_verify_paths"])
def test_another_method_of_the_class_is_called(
    client: ModuleType, as_it_comes: pytest.MonkeyPatch, name: str
) -> None:
    """As tools put there that load certificates of their own."""
    _default(client)
    called = []
    original = getattr(ssl.SSLContext, name)

    def method(*args: Any, **kwargs: Any) -> Any:
        called.append(1)
        return original(*args, **kwargs)

    with as_it_comes.context() as patch:
        patch.setattr(ssl.SSLContext, name, method)
        patched = _default(client)
        assert called
        assert _default(client) is patched
    assert _default(client) is not patched


def _raising(name: str, error: type[Exception]) -> type[ssl.SSLContext]:
    def get(_: Any) -> Any:
        raise error(name)

    return type("Odd", (Injected,), {name: property(get, getattr(_BASE, name).__set__)})


@pytest.mark.parametrize("error", [AttributeError, NotImplementedError, RuntimeError])
@pytest.mark.parametrize("name", ["verify_flags", "options", "minimum_version"])
def test_one_whose_settings_cannot_be_read_is_not_shared(
    client: ModuleType, as_it_comes: pytest.MonkeyPatch, name: str, error: type[Exception]
) -> None:
    kind = _raising(name, error)
    as_it_comes.setattr(ssl, "_create_default_https_context", lambda: kind(ssl.PROTOCOL_TLS_CLIENT))
    as_it_comes.setattr(ssl, "SSLContext", kind)
    first, second = _default(client), _default(client)
    assert type(first) is type(second) is kind
    assert first is not second


def test_nor_is_one_that_takes_no_attributes(
    client: ModuleType, as_it_comes: pytest.MonkeyPatch
) -> None:
    class Closed(Injected):
        def __setattr__(self, name: str, value: Any) -> None:
            if not hasattr(type(self), name) or callable(getattr(type(self), name)):
                raise AttributeError(name)
            super().__setattr__(name, value)

    as_it_comes.setattr(ssl, "SSLContext", Closed)
    first, second = _default(client), _default(client)
    assert type(first) is type(second) is Closed
    assert first is not second


class Wrapper:
    """A context that is none, but has one inside."""

    __slots__ = ("inner",)

    def __init__(self) -> None:
        object.__setattr__(self, "inner", ssl.create_default_context())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.inner, name, value)


def test_nor_is_a_wrapper(client: ModuleType, as_it_comes: pytest.MonkeyPatch) -> None:
    as_it_comes.setattr(ssl, "_create_default_https_context", Wrapper)
    first, second = _default(client), _default(client)
    assert type(first) is type(second) is Wrapper
    assert first is not second


_CHANGES: dict[str, Callable[[ssl.SSLContext], Any]] = {
    "verify_mode": lambda context: setattr(context, "check_hostname", False),
    "certificates": lambda context: context.load_default_certs(),
    "ciphers": lambda context: context.set_ciphers("HIGH"),
    "protocols": lambda context: context.set_alpn_protocols(["h2"]),
    "common names": lambda context: setattr(context, "hostname_checks_common_name", False),
    "class of sockets": lambda context: setattr(context, "sslsocket_class", ssl.SSLSocket),
    "a method": lambda context: setattr(context, "wrap_socket", context.wrap_socket),
}


@pytest.mark.parametrize("kind", _CHANGES)
def test_no_change_of_the_shared_one_counts_for_others(client: ModuleType, kind: str) -> None:
    """Such as through `sock.context` of an open connection: http.client's has one of its own."""
    first = _default(client)
    assert _default(client) is first
    _CHANGES[kind](first)
    second = _default(client)
    assert second is not first
    assert _default(client) is second


# ------------------------------------------------------------------------- names of a subclass


def test_a_context_that_is_set_before_is_overwritten(every_client: ModuleType) -> None:
    class Early(every_client.HTTPSConnection):  # type: ignore[misc, name-defined]
        def __init__(self, host: str) -> None:
            self._context = ssl._create_unverified_context()
            super().__init__(host)

    connection = Early("localhost")
    held = connection.__dict__.get("_context")
    assert held is None or held.verify_mode is ssl.CERT_REQUIRED  # ours holds the shared one
    assert connection._context.verify_mode is ssl.CERT_REQUIRED


def test_and_is_not_used_to_connect(client: ModuleType, server: Server) -> None:
    """Nobody trusts this server."""

    class Early(client.HTTPSConnection):  # type: ignore[misc, name-defined]
        def __init__(self, *where: Any) -> None:
            self._context = ssl._create_unverified_context()
            super().__init__(*where, timeout=10)

    connection = Early("localhost", server.port)
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.connect()
    connection.close()


def test_one_that_is_set_afterwards_is_used(client: ModuleType, server: Server) -> None:
    connection = client.HTTPSConnection("localhost", server.port, timeout=10)
    connection._context = server.client_context()
    fetch(connection)


def test_a_property_of_a_subclass_is_set_and_asked(every_client: ModuleType) -> None:
    class Guarded(every_client.HTTPSConnection):  # type: ignore[misc, name-defined]
        @property
        def _context(self) -> Any:
            return self.held

        @_context.setter
        def _context(self, value: Any) -> None:
            self.held = value

    assert Guarded("localhost")._context.verify_mode is ssl.CERT_REQUIRED
    given = ssl.create_default_context()
    assert Guarded("localhost", context=given).held is given


def test_one_of_the_class_is_overwritten(every_client: ModuleType) -> None:
    class Lax(every_client.HTTPSConnection):  # type: ignore[misc, name-defined]
        _context = ssl._create_unverified_context()

    assert Lax("localhost")._context.verify_mode is ssl.CERT_REQUIRED


_NAMES = (
    "_default_context", "_enlisted", "_session", "_session_place", "_offer", "_state", "_place",
    "_tls", "_HTTPSConnection__adjust_context", "_HTTPSConnection__handshake",
    "_HTTPSConnection__find_session", "_HTTPSConnection__session_to_keep",
)  # fmt: skip


def test_names_of_a_subclass_are_its_own(client: ModuleType, server: Server) -> None:
    """An attribute, such as a `requests.Session`, stays what it is, and changes nothing."""

    class Own(client.HTTPSConnection):  # type: ignore[misc, name-defined]
        def __init__(self, *args: Any, **how: Any) -> None:
            for name in _NAMES:
                setattr(self, name, name)
            super().__init__(*args, timeout=10, **how)

    connection = Own("localhost", server.port, context=server.client_context())
    for _ in range(3):
        fetch(connection)
    assert server.resumed == [False, True, True]
    assert [getattr(connection, name) for name in _NAMES] == list(_NAMES)
    connection._context = None
    again = copy.copy(connection)
    assert [getattr(again, name) for name in _NAMES] == list(_NAMES)


def test_one_whose_init_was_never_called(client: ModuleType, server: Server) -> None:
    """It has what http.client's class has, and can be closed."""
    connection = client.HTTPSConnection.__new__(client.HTTPSConnection)
    assert connection._fasthttp_tls is None
    assert connection._context.verify_mode is ssl.CERT_REQUIRED
    connection.__dict__.update(vars(client.HTTPSConnection("localhost", server.port, timeout=10)))
    del connection._fasthttp_tls
    connection._context = server.client_context()
    fetch(connection)


class _Sealed(ssl.SSLContext):
    """A context of which nothing more can be read, once it is made."""

    sealed = False

    def __getattribute__(self, name: str) -> Any:
        if object.__getattribute__(self, "sealed") and name not in (
            "wrap_socket",
            "sslsocket_class",
        ):
            if not name.startswith("_"):
                raise RuntimeError(name)
            if name == "__dict__":
                raise TypeError(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("is_the_class", [False, True])
def test_a_context_that_tells_nothing_connects(
    client: ModuleType, server: Server, monkeypatch: pytest.MonkeyPatch, is_the_class: bool
) -> None:
    """It keeps no sessions."""
    context: Any = _Sealed(ssl.PROTOCOL_TLS_CLIENT)
    context.wrap_socket = server.client_context().wrap_socket
    context.sealed = True
    if is_the_class:
        monkeypatch.setattr(ssl, "SSLContext", _Sealed)
    for _ in range(3):
        fetch(client.HTTPSConnection("localhost", server.port, context=context, timeout=10))
    assert server.resumed == [False] * 3


ODD_SOCKETS: dict[str, Callable[[Any], Any]] = {
    "no context": lambda sock: SimpleNamespace(close=sock.close),
    "another context": lambda sock: SimpleNamespace(
        close=sock.close, context=ssl.create_default_context(), session=sock.session
    ),
    "a session of another kind": lambda sock: SimpleNamespace(
        close=sock.close, context=sock.context, session=object(), session_reused=False
    ),
    "session raises": lambda sock: _OddSession(sock),
}


class _OddSession:
    session_reused = False

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.context = sock.context

    @property
    def session(self) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        self._sock.close()


@pytest.mark.parametrize("kind", ODD_SOCKETS)
def test_a_socket_that_was_put_there_since_leaves_no_session(
    client: ModuleType, server: Server, kind: str
) -> None:
    context = server.client_context()
    for _ in range(2):
        connection = client.HTTPSConnection("localhost", server.port, context=context, timeout=10)
        connection.connect()
        connection.sock = ODD_SOCKETS[kind](connection.sock)
        connection.close()
    fetch(client.HTTPSConnection("localhost", server.port, context=context, timeout=10))
    assert server.resumed == [False]

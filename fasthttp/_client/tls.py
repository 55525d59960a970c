"""HTTPSConnection: a connection inside TLS, and the context it uses when it is given none."""

from __future__ import annotations

import http.client
import os
import socket
import warnings
from collections.abc import Callable
from http.client import HTTPMessage

from .._http import hooks
from . import sessions
from .connection import HTTPConnection, shown
from .exchange import exchange_of

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # for typing.get_type_hints()


def create_https_context(http_version: int) -> Any:
    """The default context: `ssl._create_default_https_context()`, with ALPN "http/1.1" and, where
    TLS 1.3 has it, post-handshake authentication. `http_version` is 10 or 11.
    """
    context = hooks.hook("ssl")._create_default_https_context()
    if http_version == 11:
        context.set_alpn_protocols(["http/1.1"])
    if context.post_handshake_auth is not None:
        context.post_handshake_auth = True
    return context


hooks.replace(_create_https_context=create_https_context)


def _basis(ssl: Any) -> tuple[Any, ...]:
    """What a context is made with: a tool may put its own in the place of `ssl.SSLContext`, as
    truststore does.
    """
    get = os.environ.get
    return (
        ssl,
        ssl._create_default_https_context,
        ssl.SSLContext,
        get("SSL_CERT_FILE"),
        get("SSL_CERT_DIR"),
        get("SSLKEYLOGFILE"),
    )


def _settings(context: Any) -> tuple[Any, ...]:
    return (
        context.verify_mode,
        context.check_hostname,
        context.verify_flags,
        context.options,
        context.minimum_version,
        context.maximum_version,
        context.post_handshake_auth,
        context.hostname_checks_common_name,
        getattr(context, "keylog_filename", None),  # not in every build
        sessions.state_of(context),
    )


class _Shared:
    """A context that is shared, and how it and its class were when it was made. Raises whatever a
    context raises that cannot be read.
    """

    __slots__ = ("_attributes", "_basis", "_methods", "_settings", "context")

    def __init__(self, context: Any, basis: tuple[Any, ...]) -> None:
        self.context = context
        self._basis = basis
        self._methods = dict(vars(type(context)))
        self._attributes = dict(vars(context))
        self._settings = _settings(context)

    def is_as_made(self, basis: tuple[Any, ...]) -> bool:
        """Whether another one, made now, would be the same."""
        context = self.context
        try:
            return (
                self._basis == basis
                and self._methods == vars(type(context))
                and self._attributes == vars(context)
                and self._settings == _settings(context)
            )
        except Exception:
            return False


_shared: dict[int, _Shared] = {}  # by HTTP version


def shared_context(http_version: int) -> Any:
    """The default context, made once: loading the certificates takes tens of milliseconds.

    It is made anew where `ssl._create_default_https_context` or `ssl.SSLContext` has been replaced,
    where the environment names other certificates or another key log, and where somebody has
    changed the settings of the one that was made. One whose settings cannot be read is made for
    each connection.
    """
    ssl = hooks.hook("ssl")
    basis = _basis(ssl)
    known = _shared.get(http_version)
    if known is not None and known.is_as_made(basis):
        return known.context
    context = create_https_context(http_version)
    if type(context) is ssl.SSLContext:
        try:
            sessions.enlist(context, shared=True)
            _shared[http_version] = _Shared(context, basis)
        except Exception:
            _shared.pop(http_version, None)
    return context


class _ContextOfItsOwn:
    """`_context` of a connection that was given none: whoever looks at it may change it, so it is
    not the shared one. Once made it lies in the instance, and this is not asked again.
    """

    def __get__(self, connection: Any, owner: Any = None) -> Any:
        if connection is None:
            return self
        context = hooks.hook("_create_https_context")(connection._http_vsn)
        connection._context = context
        return context


_CONTEXT_OF_ITS_OWN = _ContextOfItsOwn()


class State:
    """What a connection holds that http.client's does not, under one name."""

    __slots__ = ("context", "enlisted", "offer", "place", "session")

    def __init__(self) -> None:
        #: The shared context, where it has none of its own.
        self.context: Any = None
        #: The context that knows of this connection.
        self.enlisted: Any = None
        #: The session offered on the present connection, and how often it has been by now.
        self.offer: tuple[Any, int] | None = None
        #: The context and the key under which the session of the present connection will be kept.
        self.place: tuple[Any, tuple[Any, ...]] | None = None
        #: (context, key, offer) of this connection's last time, where the context keeps none.
        self.session: tuple[Any, tuple[Any, ...], tuple[Any, int]] | None = None


def _state_of(connection: Any) -> State:
    """The state of a connection, which begins here, also for what stands in for one."""
    state: State | None = getattr(connection, "_fasthttp_tls", None)
    if state is None:
        state = connection._fasthttp_tls = State()
    return state


def _may_share_context(connection: Any) -> bool:
    """Whether nobody has put anything in the place of how a context is made and where it lies."""
    return (
        type(connection)._context is _CONTEXT_OF_ITS_OWN
        and hooks.hook("_create_https_context") is create_https_context
        and bool(connection.share_context)
    )


def _give_context(connection: Any) -> None:
    """Let a connection that was given no context have the shared one, or one of its own.

    As with http.client, what a subclass has set before that is overwritten.
    """
    if _may_share_context(connection):
        shown.added_to(connection).pop("_context", None)
        _state_of(connection).context = shared_context(connection._http_vsn)
    else:
        connection._context = hooks.hook("_create_https_context")(connection._http_vsn)


def _context_of(connection: Any) -> Any:
    """The context to connect with."""
    state = getattr(connection, "_fasthttp_tls", None)
    if state is None or state.context is None or "_context" in shown.added_to(connection):
        return connection._context
    return state.context


def _adjust_context(
    connection: Any, key_file: Any, cert_file: Any, check_hostname: bool | None
) -> None:
    context = connection._context
    ssl = hooks.hook("ssl")
    if check_hostname and context.verify_mode == ssl.CERT_NONE:
        raise ValueError(
            "check_hostname needs a SSL context with either CERT_OPTIONAL or CERT_REQUIRED"
        )
    connection.key_file, connection.cert_file = key_file, cert_file
    if key_file or cert_file:
        context.load_cert_chain(cert_file, key_file)
        # Who brings a certificate wants to be asked for it, in TLS 1.3 after the handshake.
        if context.post_handshake_auth is not None:
            context.post_handshake_auth = True
    if check_hostname is not None:
        context.check_hostname = check_hostname


def _handshake(connection: Any, context: Any, name: str, offer: tuple[Any, int] | None) -> None:
    """Put TLS around the connection's socket. Raises `ssl.SSLError` and `OSError`."""
    options = {} if offer is None else {"session": offer[0]}
    deadline = exchange_of(connection).deadline
    if deadline is None:
        connection.sock = context.wrap_socket(connection.sock, server_hostname=name, **options)
        return
    connection.sock = context.wrap_socket(
        connection.sock, server_hostname=name, do_handshake_on_connect=False, **options
    )
    deadline.call(connection.sock, connection.sock.do_handshake)


def is_refused(error: Exception) -> bool:
    """Whether a handshake may have failed because of the session that was offered.

    A server of OpenSSL that asks for certificates and has no "session id context" refuses each of
    its own sessions, with an alert; whoever stands before it may reset the connection.
    """
    ssl = hooks.hook("ssl")
    if isinstance(error, ssl.SSLError):
        is_other = (ssl.SSLCertVerificationError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
        return not isinstance(error, is_other)
    return isinstance(error, ConnectionError)


def find_session(state: State, context: Any, port: int | None, name: str) -> tuple[Any, int] | None:
    """Return a session to offer to a server; note where that of this connection will be kept.

    None where there is none, and where the context is not what it takes, as a wrapper may be.
    """
    state.place = state.offer = None
    own, state.session = state.session, None
    if type(context) is not hooks.hook("ssl").SSLContext:
        return None
    try:
        if state.enlisted is not context:
            state.enlisted = context
            sessions.enlist(context)
        key = sessions.session_key(context, port, name)
        if sessions.refuses(context, key):
            return None
        if own is not None and own[0] is context and own[1] == key:
            state.offer = own[2]
        else:
            state.offer = sessions.take(context, key)
        state.place = context, key
    except Exception:
        return None
    return state.offer


def _find_session(connection: Any, context: Any, name: str) -> tuple[Any, int] | None:
    state = _state_of(connection)
    if not connection.resume_sessions:
        state.place = state.offer = state.session = None
        return None
    port = connection._tunnel_port if connection._tunnel_host else connection.port
    return find_session(state, context, port, name)


def _connect_without_session(connection: Any, context: Any, name: str) -> None:
    """Connect anew where a handshake has failed with a session, and offer this server none any
    more if it succeeds without. Raises what `connect` raises.
    """
    state = _state_of(connection)
    place, state.place, state.offer = state.place, None, None
    sock, connection.sock = connection.sock, None
    sock.close()
    HTTPConnection.connect(connection)
    _handshake(connection, context, name, None)
    if place is not None:
        sessions.refuse(*place)


def _session_to_keep(sock: Any, state: State, context: Any) -> tuple[Any, int] | None:
    """What a next connection may offer: again the session that was resumed, or this one's."""
    if sock.context is not context:  # somebody has put another socket there
        return None
    offer = state.offer
    if offer is not None and offer[1] < sessions.OFFERS and sock.session_reused:
        return offer[0], offer[1] + 1
    session = sock.session
    # Without a ticket, or the identifier of TLS 1.2, there is nothing to resume.
    if type(session) is not hooks.hook("ssl").SSLSession:
        return None
    return (session, 1) if session.has_ticket or session.id else None


def keep_session(state: State, sock: Any) -> None:
    """Keep the session of a connection that is about to be closed, where there is one."""
    if state.place is None:
        return
    (context, key), state.place = state.place, None
    try:
        offer = _session_to_keep(sock, state, context)
        if offer is not None and not sessions.keep(context, key, offer):
            state.session = context, key, offer
    except Exception:  # a socket of somebody's own
        return


class HTTPSConnection(HTTPConnection, http.client.HTTPSConnection):
    """A connection inside TLS; see `http.client.HTTPSConnection`.

    `context` is an `ssl.SSLContext`. `key_file`, `cert_file` and `check_hostname`, which left
    http.client in Python 3.12, are still taken, with a `DeprecationWarning`.
    """

    default_port = 443
    #: Whether connections that are given no context share one. Set it to False, on the class or
    #: an instance's class, for a new context for each, as `http.client` has it.
    share_context = True
    #: Whether the TLS session of a connection that was closed is offered by the next one to the
    #: same server, with the same context.
    resume_sessions = True
    key_file: Any = None
    cert_file: Any = None
    _context: Any = _CONTEXT_OF_ITS_OWN
    _fasthttp_tls: State | None = None

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        timeout: Any = socket._GLOBAL_DEFAULT_TIMEOUT,  # type: ignore[attr-defined]
        source_address: tuple[str, int] | None = None,
        context: Any = None,
        blocksize: int = 8192,
        max_response_headers: int | None = None,
        on_informational: Callable[[int, str, HTTPMessage], object] | None = None,
        strict: bool = False,
        skip_bad_lines: bool = False,
        max_head_bytes: int | None = None,
        deadline: float | None = None,
        retry_stale: bool = False,
        idle_timeout: float | None = None,
        key_file: Any = None,
        cert_file: Any = None,
        check_hostname: bool | None = None,
    ) -> None:
        HTTPConnection.__init__(
            self,
            host,
            port,
            timeout,
            source_address,
            blocksize,
            max_response_headers=max_response_headers,
            on_informational=on_informational,
            strict=strict,
            skip_bad_lines=skip_bad_lines,
            max_head_bytes=max_head_bytes,
            deadline=deadline,
            retry_stale=retry_stale,
            idle_timeout=idle_timeout,
        )
        if context is None:
            _give_context(self)
        else:
            self._context = context
        if key_file is not None or cert_file is not None or check_hostname is not None:
            warnings.warn(
                "key_file, cert_file and check_hostname are deprecated, use a custom context "
                "instead.",
                DeprecationWarning,
                stacklevel=2,
            )
            _adjust_context(self, key_file, cert_file, check_hostname)

    def connect(self) -> None:
        """Open the connection, and the tunnel if there is one, and do the TLS handshake.

        Raises what `HTTPConnection.connect` raises, and `ssl.SSLError` (an `OSError`):
        `ssl.SSLCertVerificationError` where the server's certificate or name is refused.
        """
        HTTPConnection.connect(self)
        context = _context_of(self)
        name = self._tunnel_host or self.host
        offer = _find_session(self, context, name)
        try:
            try:
                _handshake(self, context, name, offer)
            except Exception as error:
                if offer is None or not is_refused(error):
                    raise
                _connect_without_session(self, context, name)
        except BaseException:
            _state_of(self).place = None  # there is no session yet
            HTTPConnection.close(self)
            raise

    def __getstate__(self) -> dict[str, Any]:
        """What pickle keeps: of the contexts, only one that was given, which it then refuses."""
        state = super().__getstate__()
        state.pop("_fasthttp_tls", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "_context" not in shown.added_to(self) and _may_share_context(self):
            _state_of(self).context = shared_context(self._http_vsn)

    def _fasthttp_before_close(self) -> None:
        state = self._fasthttp_tls
        if state is not None:
            keep_session(state, self.sock)

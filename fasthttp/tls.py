"""HTTPSConnection: a connection inside TLS, and the context it uses when it is given none."""

from __future__ import annotations

import http.client
import os
import socket
import warnings

from . import hooks, sessions
from .connection import HTTPConnection
from .exchange import exchange_of

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPMessage
    from typing import Any


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

#: By HTTP version: what the context depends on, the context, and its settings when it was made.
_shared: dict[int, tuple[tuple[Any, ...], Any, tuple[Any, ...]]] = {}


def _settings(context: Any) -> tuple[Any, ...]:
    return (
        context.verify_mode,
        context.check_hostname,
        context.verify_flags,
        context.options,
        context.minimum_version,
        context.maximum_version,
        context.post_handshake_auth,
    )


def shared_context(http_version: int) -> Any:
    """The default context, made once: loading the certificates takes tens of milliseconds.

    It is made anew where `ssl._create_default_https_context` has been replaced, where the
    environment names other certificates or another key log, and where somebody has changed the
    settings of the one that was made.
    """
    get = os.environ.get
    ssl = hooks.hook("ssl")
    basis = (
        ssl,
        ssl._create_default_https_context,
        get("SSL_CERT_FILE"),
        get("SSL_CERT_DIR"),
        get("SSLKEYLOGFILE"),
    )
    known = _shared.get(http_version)
    if known is not None and known[0] == basis and _settings(known[1]) == known[2]:
        return known[1]
    context = create_https_context(http_version)
    if type(context) is ssl.SSLContext:
        sessions.enlist(context, shared=True)
        _shared[http_version] = basis, context, _settings(context)
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
    _context: Any = _ContextOfItsOwn()
    _default_context: Any = None
    _enlisted: Any = None
    #: (context, key, offer) of this connection's last time, where the context keeps none.
    _session: tuple[Any, tuple[Any, ...], tuple[Any, int]] | None = None
    #: The session offered on the present connection, and how often it has been offered by now.
    _offer: tuple[Any, int] | None = None
    _session_place: tuple[Any, tuple[Any, ...]] | None = None

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
        create = hooks.hook("_create_https_context")
        if context is not None:
            self._context = context
        elif self.share_context and create is create_https_context:
            self._default_context = shared_context(self._http_vsn)
        else:
            self._context = create(self._http_vsn)
        if key_file is not None or cert_file is not None or check_hostname is not None:
            warnings.warn(
                "key_file, cert_file and check_hostname are deprecated, use a custom context "
                "instead.",
                DeprecationWarning,
                stacklevel=2,
            )
            self.__adjust_context(key_file, cert_file, check_hostname)

    def __adjust_context(self, key_file: Any, cert_file: Any, check_hostname: bool | None) -> None:
        context = self._context
        ssl = hooks.hook("ssl")
        if check_hostname and context.verify_mode == ssl.CERT_NONE:
            raise ValueError(
                "check_hostname needs a SSL context with either CERT_OPTIONAL or CERT_REQUIRED"
            )
        self.key_file, self.cert_file = key_file, cert_file
        if key_file or cert_file:
            context.load_cert_chain(cert_file, key_file)
            # Who brings a certificate wants to be asked for it, in TLS 1.3 after the handshake.
            if context.post_handshake_auth is not None:
                context.post_handshake_auth = True
        if check_hostname is not None:
            context.check_hostname = check_hostname

    def connect(self) -> None:
        """Open the connection, and the tunnel if there is one, and do the TLS handshake.

        Raises what `HTTPConnection.connect` raises, and `ssl.SSLError` (an `OSError`):
        `ssl.SSLCertVerificationError` where the server's certificate or name is refused.
        """
        HTTPConnection.connect(self)
        context = self.__dict__.get("_context") or self._default_context or self._context
        name = self._tunnel_host or self.host
        self._offer = offer = self.__find_session(context, name)
        options = {} if offer is None else {"session": offer[0]}
        try:
            self.__handshake(context, name, options)
        except BaseException:
            self._session_place = None  # there is no session yet
            self.close()
            raise

    def __handshake(self, context: Any, name: str, options: dict[str, Any]) -> None:
        deadline = exchange_of(self).deadline
        if deadline is None:
            self.sock = context.wrap_socket(self.sock, server_hostname=name, **options)
            return
        self.sock = context.wrap_socket(
            self.sock, server_hostname=name, do_handshake_on_connect=False, **options
        )
        deadline.call(self.sock, self.sock.do_handshake)

    def __find_session(self, context: Any, name: str) -> tuple[Any, int] | None:
        """A session to offer, and a note of where that of this connection will be kept."""
        self._session_place = None
        if not self.resume_sessions or type(context) is not hooks.hook("ssl").SSLContext:
            return None
        if self._enlisted is not context:
            self._enlisted = context
            sessions.enlist(context)
        port = self._tunnel_port if self._tunnel_host else self.port
        key = sessions.session_key(context, port, name)
        self._session_place = context, key
        own, self._session = self._session, None
        if own is not None and own[0] is context and own[1] == key:
            offer: tuple[Any, int] | None = own[2]
        else:
            offer = sessions.take(context, key)
        return offer

    def __session_to_keep(self) -> tuple[Any, int] | None:
        """What a next connection may offer: again the session that was resumed, or this one's."""
        sock, offer = self.sock, self._offer
        reused = getattr(sock, "session_reused", False)
        if offer is not None and offer[1] < sessions.OFFERS and reused:
            return offer[0], offer[1] + 1
        session = getattr(sock, "session", None)
        # Without a ticket, or the identifier of TLS 1.2, there is nothing to resume.
        if session is None or not (session.has_ticket or session.id):
            return None
        return session, 1

    def __getstate__(self) -> dict[str, Any]:
        """What pickle keeps: of the contexts, only one that was given, which it then refuses."""
        state = super().__getstate__()
        for name in ("_default_context", "_enlisted", "_session", "_session_place", "_offer"):
            state.pop(name, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "_context" not in self.__dict__ and self.share_context:
            self._default_context = shared_context(self._http_vsn)

    def _fasthttp_before_close(self) -> None:
        place = self._session_place
        if place is not None:
            self._session_place = None
            offer = self.__session_to_keep()
            if offer is not None and not sessions.keep(*place, offer):
                self._session = *place, offer

"""HTTPSConnection: a connection inside TLS, and the context it uses when it is given none."""

from __future__ import annotations

import http.client
import socket
import warnings

from . import hooks
from .connection import HTTPConnection

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
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


class HTTPSConnection(HTTPConnection, http.client.HTTPSConnection):
    """A connection inside TLS; see `http.client.HTTPSConnection`.

    `context` is an `ssl.SSLContext`. `key_file`, `cert_file` and `check_hostname`, which left
    http.client in Python 3.12, are still taken, with a `DeprecationWarning`.
    """

    default_port = 443
    key_file: Any = None
    cert_file: Any = None

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
        )
        if context is None:
            context = hooks.hook("_create_https_context")(self._http_vsn)
        self._context = context
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
        """Open the connection, and the tunnel if there is one, and do the TLS handshake."""
        HTTPConnection.connect(self)
        self.sock = self._context.wrap_socket(
            self.sock, server_hostname=self._tunnel_host or self.host
        )

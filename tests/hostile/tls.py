"""The server's side of TLS, from the certificates of a run."""

from __future__ import annotations

import ssl

from ..servers.certificates import Certificates


def server_context(certificates: Certificates) -> ssl.SSLContext:
    """What a server needs that is called localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server.chain, certificates.server.key)
    return context

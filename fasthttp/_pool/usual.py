"""What does ordinary exchanges in C, for an engine: pool_c.pyx of `_usual`."""

from __future__ import annotations

from .._client.sockets import NOTHING_YET, PLAIN_SOCKET, TLS_SOCKET
from .._compiled import Exchanges, Pristine, Unchanged
from .connection import Connection
from .hosts import Host, Slots
from .loop import Loop
from .page import Page
from .work import Work

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from .engine import Engine

# What sending and receiving goes through, as it was when this was imported: with TLS, but for
# `_sslobj`.
_SENDS_AND_RECEIVES = "recv", "recv_into", "send", "fileno"
_SOCKETS = PLAIN_SOCKET and Unchanged({}, (), {}, ((PLAIN_SOCKET, _SENDS_AND_RECEIVES),))
_TLS_SOCKETS = TLS_SOCKET and Pristine(
    TLS_SOCKET, ("recv", "send", "read", "_checkClosed", "pending")
)
_CLASSES = {
    "connection": Connection,
    "page": Page,
    "host": Host,
    "slots": Slots,
    "loop": Loop,
    "work": Work,
}


def _asks_once(engine: Engine) -> bool:
    """Return whether a page's fields are to be asked for once: of a jar that is the program's."""
    jar = engine.settings.jar
    if jar is None:
        return False
    from .._web.cookies import Cookies  # which is imported, or there were no jar

    return type(jar) is not Cookies


def exchanges_of(engine: Engine) -> Exchanges | None:
    """Return it; None where nothing does."""
    if Exchanges is None or PLAIN_SOCKET is None:
        return None
    return Exchanges(
        engine,
        asks_once=_asks_once(engine),
        classes=_CLASSES,
        socket_class=PLAIN_SOCKET,
        sockets=_SOCKETS,
        tls_class=TLS_SOCKET,
        tls_methods=_TLS_SOCKETS,
        not_yet=NOTHING_YET,
    )

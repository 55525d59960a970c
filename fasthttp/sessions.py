"""TLS sessions of finished connections, kept so that the next one resumes instead of starting over.

A resumed session skips the verification of the certificate. So a session is only ever offered to
the server, under the name and with the settings of verification it was verified for, and only by
the very context it came from: the key says all that, and the sessions lie in the context itself.
"""

from __future__ import annotations

import weakref
from _thread import allocate_lock  # threading takes longer to import than all of this

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_SERVERS = 256  # of one context
_SESSIONS = 8  # of one server: connections that are open at a time do not share one
#: How often in a row a session may be offered. To take a new one from OpenSSL costs a quarter of a
#: resumed handshake, because it is copied with all the certificates in it. RFC 8446 appendix C.4
#: advises to offer a ticket once, so that nobody who listens can tell that two connections come
#: from the same client; between the same two addresses they can be told to.
OFFERS = 8
_ATTRIBUTE = "_fasthttp_sessions"
_CHANGES = "_fasthttp_changes"
_CHANGING = ("load_cert_chain", "load_verify_locations", "set_ciphers")
_NEVER = object()
_lock = allocate_lock()


def session_key(context: Any, port: int | None, name: str) -> tuple[Any, ...]:
    """What must be the same for a session to be used again; `name` is the server's name."""
    return (
        port,
        name,
        context.verify_mode,
        context.check_hostname,
        context.verify_flags,
        context.hostname_checks_common_name,
        vars(context).get(_CHANGES),
    )


def _watch(context: Any) -> None:
    """Count the changes of what a context trusts and of who it says it is.

    A session goes on as the client that it began with, whatever certificate has been loaded since
    (curl's CVE-2016-5419), and past a revocation. No attribute of a context shows either.
    """
    setattr(context, _CHANGES, 0)
    found = weakref.ref(context)  # or the context would be part of a cycle
    for name in _CHANGING:

        def change(*args: Any, _name: str = name, **kwargs: Any) -> Any:
            context = found()
            try:
                return getattr(type(context), _name)(context, *args, **kwargs)
            finally:
                setattr(context, _CHANGES, vars(context)[_CHANGES] + 1)

        setattr(context, name, change)


def enlist(context: Any, *, shared: bool = False) -> None:
    """Take note of one more connection that uses the context; `shared`: there will be others.

    A session refers to its context. Kept in a context that serves one connection only, it would
    make a cycle, with all the certificates of the context in it, for each connection of a program
    that creates a context for each. So contexts keep sessions from their second connection on.
    """
    with _lock:
        seen = vars(context).get(_ATTRIBUTE, _NEVER)
        if seen is _NEVER:
            _watch(context)
        if seen is None or shared:
            setattr(context, _ATTRIBUTE, {})
        elif seen is _NEVER:
            setattr(context, _ATTRIBUTE, None)


def take(context: Any, key: tuple[Any, ...]) -> tuple[Any, int] | None:
    """A session for this server, as it was kept, and which then is no longer; or None."""
    with _lock:
        kept = vars(context).get(_ATTRIBUTE)
        sessions = kept.pop(key, None) if kept else None
        if not sessions:
            return None
        session: tuple[Any, int] = sessions.pop()
        if sessions:
            kept[key] = sessions
        return session


def keep(context: Any, key: tuple[Any, ...], session: tuple[Any, int]) -> bool:
    """Keep a session and how often it will have been offered when it is offered next, of each
    context those of the servers that were used last; false where the context has served one
    connection only.
    """
    with _lock:
        kept = vars(context).get(_ATTRIBUTE)
        if kept is None:
            return False
        kept[key] = [*kept.pop(key, [])[1 - _SESSIONS :], session]
        while len(kept) > _SERVERS:
            del kept[next(iter(kept))]
        return True

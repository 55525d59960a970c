"""TLS sessions of finished connections, kept so that the next one resumes instead of starting over.

A resumed session skips the verification of the certificate. So a session is only ever offered to
the server, under the name and with the settings of verification it was verified for, and only by
the very context it came from: the key says all that, and the sessions lie in the context itself.

There is no lock. A finalizer may close a connection at any moment, in the thread that is here
already, and a child may be forked by another one: both would wait for ever. Each step is one
operation of a dict or a deque, whole with the GIL and without it; where two meet, a session may
be lost, and none is ever offered by both.
"""

from __future__ import annotations

import weakref
from collections import deque

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any

_SERVERS = 256  # of one context
_SESSIONS = 8  # of one server: connections that are open at a time do not share one
_REFUSING = 4096  # servers of one context that are offered no session
#: How often in a row a session may be offered. To take a new one from OpenSSL costs a quarter of a
#: resumed handshake, because it is copied with all the certificates in it. RFC 8446 appendix C.4
#: advises to offer a ticket once, so that nobody who listens can tell that two connections come
#: from the same client; between the same two addresses they can be told to.
OFFERS = 8
_ATTRIBUTE = "_fasthttp_sessions"
#: What changes whom a context trusts, who it says it is or how it speaks, and shows in none of its
#: attributes. Some came with later Pythons.
_CHANGING = (
    "load_cert_chain",
    "load_default_certs",
    "load_dh_params",
    "load_verify_locations",
    "set_alpn_protocols",
    "set_ciphers",
    "set_ciphersuites",
    "set_client_sigalgs",
    "set_default_verify_paths",
    "set_ecdh_curve",
    "set_groups",
    "set_npn_protocols",
    "set_psk_client_callback",
    "set_server_sigalgs",
)


class _Held:
    """What is kept in a context.

    `state` is another object after each change of the context; `kept` has the sessions by key,
    from the second connection on; `refusing` the keys of servers that refuse to resume.
    """

    __slots__ = ("kept", "refusing", "state")

    def __init__(self) -> None:
        self.state = object()
        self.kept: dict[Any, deque[tuple[Any, int]]] | None = None
        self.refusing: dict[Any, None] = {}


def _held_by(context: Any) -> _Held | None:
    held: _Held | None = vars(context).get(_ATTRIBUTE)
    return held


def state_of(context: Any) -> object:
    """What is another object whenever the context has been changed by one of its methods."""
    held = _held_by(context)
    return None if held is None else held.state


def session_key(context: Any, port: int | None, name: str) -> tuple[Any, ...]:
    """What must be the same for a session to be used again; `name` is the server's name."""
    return (
        port,
        name,
        context.verify_mode,
        context.check_hostname,
        context.verify_flags,
        context.hostname_checks_common_name,
        state_of(context),
    )


def _watch(context: Any) -> None:
    """Note the changes of what a context trusts and of who it says it is.

    A session goes on as the client that it began with, whatever certificate has been loaded since
    (curl's CVE-2016-5419), and past a revocation. No attribute of a context shows either.
    """
    found = weakref.ref(context)  # or the context would be part of a cycle
    for name in _CHANGING:
        if not hasattr(type(context), name):
            continue

        def change(*args: Any, _name: str = name, **kwargs: Any) -> Any:
            context = found()
            try:
                return getattr(type(context), _name)(context, *args, **kwargs)
            finally:
                held = _held_by(context)
                if held is not None:
                    held.state = object()

        setattr(context, name, change)


def enlist(context: Any, *, shared: bool = False) -> None:
    """Take note of one more connection that uses the context; `shared`: there will be others.

    A session refers to its context. Kept in a context that serves one connection only, it would
    make a cycle, with all the certificates of the context in it, for each connection of a program
    that creates a context for each. So contexts keep sessions from their second connection on.

    Raises what a context raises that is none, or does not take attributes.
    """
    held = _held_by(context)
    is_new = held is None
    if held is None:
        _watch(context)  # before anything can depend on it
        held = vars(context).setdefault(_ATTRIBUTE, _Held())
    if held.kept is None and (shared or not is_new):
        held.kept = {}


def take(context: Any, key: tuple[Any, ...]) -> tuple[Any, int] | None:
    """A session for this server, as it was kept, and which then is no longer; or None."""
    held = _held_by(context)
    sessions = held.kept.get(key) if held is not None and held.kept else None
    try:
        return sessions.pop() if sessions else None
    except IndexError:  # another thread was faster
        return None


def keep(context: Any, key: tuple[Any, ...], session: tuple[Any, int]) -> bool:
    """Keep a session and how often it will have been offered when it is offered next, of each
    context those of the servers that were used last; false where the context has served one
    connection only. That of a server that refuses them is dropped.
    """
    held = _held_by(context)
    if held is None or held.kept is None:
        return False
    if key not in held.refusing:
        sessions = held.kept.pop(key, None)  # to come last among the servers
        if sessions is None:
            sessions = deque(maxlen=_SESSIONS)
        sessions.append(session)
        found = held.kept.setdefault(key, sessions)
        if found is not sessions:  # somebody else was here meanwhile
            found.extend(sessions)
        _drop_first(held.kept, _SERVERS)
    return True


def refuse(context: Any, key: tuple[Any, ...]) -> None:
    """Offer this server no session any more."""
    held = _held_by(context)
    if held is not None:
        held.refusing[key] = None
        _drop_first(held.refusing, _REFUSING)
        if held.kept:
            held.kept.pop(key, None)


def refuses(context: Any, key: tuple[Any, ...]) -> bool:
    """Whether this server is to be offered none."""
    held = _held_by(context)
    return held is not None and key in held.refusing


def _drop_first(mapping: dict[Any, Any], most: int) -> None:
    """Leave a mapping no more than `most` entries, the last ones."""
    try:
        while len(mapping) > most:
            mapping.pop(next(iter(mapping)), None)
    except (RuntimeError, StopIteration):  # somebody else changes it: the next call goes on
        pass

"""How many sessions are kept, for how long, and what ends their use: sessions.py alone."""

from __future__ import annotations

import gc
import ssl
import threading
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from fasthttp._bench.implementations import load_package

from .conftest import Server
from .test_sessions import connect, fetch


@pytest.fixture
def sessions(implementation: str) -> Any:
    return load_package(implementation)._client.sessions


@pytest.fixture
def context(sessions: Any) -> ssl.SSLContext:
    """One that is shared."""
    made = ssl.create_default_context()
    sessions.enlist(made, shared=True)
    return made


def _keys(sessions: Any, context: ssl.SSLContext, count: int) -> list[Any]:
    return [sessions.session_key(context, 443, f"{number}.example") for number in range(count)]


def _all_of(sessions: Any, context: ssl.SSLContext, key: Any) -> list[Any]:
    return list(iter(lambda: sessions.take(context, key), None))


def test_a_server_has_eight_sessions_the_last_ones(sessions: Any, context: ssl.SSLContext) -> None:
    (key,) = _keys(sessions, context, 1)
    for number in range(11):
        assert sessions.keep(context, key, (number, 1))
    assert _all_of(sessions, context, key) == [(number, 1) for number in range(10, 2, -1)]


def test_a_context_has_sessions_of_256_servers_the_last_ones(
    sessions: Any, context: ssl.SSLContext
) -> None:
    keys = _keys(sessions, context, 258)
    for key in keys[:256]:
        sessions.keep(context, key, (key, 1))
    sessions.keep(context, keys[0], (keys[0], 1))  # used again, and so not among the first to go
    for key in keys[256:]:
        sessions.keep(context, key, (key, 1))
    has = [bool(_all_of(sessions, context, key)) for key in keys]
    assert has == [True, False, False, *[True] * 255]


def test_what_is_taken_is_gone(sessions: Any, context: ssl.SSLContext) -> None:
    key, other = _keys(sessions, context, 2)
    sessions.keep(context, key, (1, 1))
    sessions.keep(context, other, (2, 1))
    assert sessions.take(context, key) == (1, 1)
    assert sessions.take(context, key) is None
    assert sessions.take(context, other) == (2, 1)


def test_nothing_is_kept_before_the_second_connection(sessions: Any) -> None:
    context = ssl.create_default_context()
    key = ("a key",)
    assert not sessions.keep(context, key, (0, 1))
    sessions.enlist(context)
    assert not sessions.keep(context, key, (1, 1))
    assert sessions.take(context, key) is None
    sessions.enlist(context)
    assert sessions.keep(context, key, (2, 1))
    sessions.enlist(context)  # one more changes nothing
    assert sessions.take(context, key) == (2, 1)


def test_a_refusing_server_is_offered_none(sessions: Any, context: ssl.SSLContext) -> None:
    key, other = _keys(sessions, context, 2)
    for each in key, other:
        sessions.keep(context, each, (1, 1))
    sessions.refuse(context, key)
    assert sessions.keep(context, key, (2, 1))
    assert sessions.take(context, key) is None
    assert sessions.take(context, other) == (1, 1)
    assert [sessions.refuses(context, each) for each in (key, other)] == [True, False]


def test_4096_refusing_servers_are_known_the_last_ones(
    sessions: Any, context: ssl.SSLContext
) -> None:
    for number in range(4098):
        sessions.refuse(context, (number,))
    known = [sessions.refuses(context, (number,)) for number in range(4098)]
    assert known == [False, False, *[True] * 4096]


# ------------------------------------------------------------------------------------ changes

CHANGES: dict[str, Callable[[Any], Any]] = {
    "load_verify_locations": lambda context: context.load_verify_locations(
        cadata=_certificate(), cafile=None
    ),
    "load_default_certs": lambda context: context.load_default_certs(),
    "set_default_verify_paths": lambda context: context.set_default_verify_paths(),
    "set_ciphers": lambda context: context.set_ciphers("HIGH"),
    "set_alpn_protocols": lambda context: context.set_alpn_protocols(["http/1.1"]),
    "set_ecdh_curve": lambda context: context.set_ecdh_curve("prime256v1"),
}


def _certificate() -> str:
    import trustme

    return trustme.CA().cert_pem.bytes().decode()


def _may_fail(change: Callable[[Any], Any]) -> Callable[[Any], None]:
    def attempt(context: Any) -> None:
        with pytest.raises(OSError, match=r"."):
            change(context)

    return attempt


#: What fails may have changed something before.
CHANGES["load_cert_chain"] = _may_fail(lambda context: context.load_cert_chain("/nonexistent"))
CHANGES["load_verify_locations, failing"] = _may_fail(
    lambda context: context.load_verify_locations("/nonexistent")
)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_context_ends_the_use_of_all_sessions(
    sessions: Any, context: ssl.SSLContext, name: str
) -> None:
    """Each change, the second too; and no earlier state comes back."""
    keys = []
    for _ in range(3):
        (key,) = _keys(sessions, context, 1)
        assert sessions.take(context, key) is None
        sessions.keep(context, key, (1, 1))
        keys.append(key)
        CHANGES[name](context)
    assert len(set(keys)) == 3


@pytest.mark.parametrize("attribute", ["verify_mode", "check_hostname", "verify_flags", "common"])
def test_a_setting_is_part_of_the_key(
    sessions: Any, context: ssl.SSLContext, attribute: str
) -> None:
    before = sessions.session_key(context, 443, "a")
    assert before == sessions.session_key(context, 443, "a")
    if attribute == "verify_flags":
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    elif attribute == "common":
        context.hostname_checks_common_name = not context.hostname_checks_common_name
    else:
        context.check_hostname = False
        if attribute == "verify_mode":
            context.verify_mode = ssl.CERT_NONE
    assert before != sessions.session_key(context, 443, "a")
    assert len({sessions.session_key(context, *server) for server in SERVERS}) == len(SERVERS)


SERVERS = ((443, "a"), (443, "b"), (444, "a"), (None, "a"))


def test_changed_methods_do_what_they_did(sessions: Any) -> None:
    context = ssl.create_default_context()
    sessions.enlist(context)
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    assert "ECDHE-RSA-AES128-GCM-SHA256" in {each["name"] for each in context.get_ciphers()}
    with pytest.raises(ssl.SSLError, match=r"(?i)no cipher"):
        context.set_ciphers("nothing of the kind")


@pytest.mark.parametrize("server", ["TLSv1_2"], indirect=True)
def test_the_first_connection_sees_changes_too(client: ModuleType, server: Server) -> None:
    """The context is watched from its first connection on, not from its second."""
    context = server.client_context()
    connection = connect(client, server, context)
    fetch(connection)
    context.load_verify_locations(cadata=_certificate())
    fetch(connection)
    fetch(connection)
    assert server.resumed == [False, False, True]


def test_nothing_keeps_a_context_alive(sessions: Any) -> None:
    gc.collect()
    gc.disable()
    try:
        context = ssl.create_default_context()
        sessions.enlist(context, shared=True)
        sessions.refuse(context, ("a key",))
        seen = weakref.ref(context)
        del context
        assert seen() is None
    finally:
        gc.enable()


# ------------------------------------------------------------------------------------ threads


def test_no_session_is_given_out_twice(sessions: Any, context: ssl.SSLContext) -> None:
    (key,) = _keys(sessions, context, 1)
    taken: list[list[int]] = [[] for _ in range(4)]

    def work(number: int) -> None:
        for turn in range(500):
            sessions.keep(context, key, (number * 1000 + turn, 1))
            got = sessions.take(context, key)
            if got is not None:
                taken[number].append(got[0])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    everything = [each for some in taken for each in some]
    assert len(everything) == len(set(everything)) > 0


class _OpenSocket:
    """As good as an open socket whose session is to be kept."""

    session_reused = False

    def __init__(self, context: ssl.SSLContext, session: Any) -> None:
        self.context = context
        self.session = session

    def close(self) -> None:
        """Nothing."""


@pytest.mark.thread_unsafe(reason="sets the collector's threshold")
@pytest.mark.parametrize("server", ["TLSv1_2"], indirect=True)
def test_a_finalizer_may_close_a_connection_at_any_moment(
    client: ModuleType, sessions: Any, server: Server
) -> None:
    """Collected while the same thread keeps or takes a session, it would wait for itself."""
    context = server.client_context()
    first = connect(client, server, context)
    first.request("GET", "/")
    session = first.sock.session
    first.getresponse().read()
    first.close()
    sessions.enlist(context, shared=True)
    keys = _keys(sessions, context, 300)

    class Holder:
        def __init__(self, key: Any) -> None:
            self.itself = self
            self.connection = client.HTTPSConnection("localhost", context=context)
            self.connection.sock = _OpenSocket(context, session)
            self.connection._fasthttp_tls = type(first._fasthttp_tls)()
            self.connection._fasthttp_tls.place = context, key

        def __del__(self) -> None:
            self.connection.close()

    threshold = gc.get_threshold()
    gc.set_threshold(5)
    try:
        for key in keys:
            Holder(key)
            for _ in range(3):
                sessions.keep(context, key, (session, 1))
            sessions.take(context, key)
    finally:
        gc.set_threshold(*threshold)
        gc.collect()
    # Those of the last servers: what finalizers kept is there, and the bounds hold.
    assert len(_all_of(sessions, context, keys[-1])) == 3
    assert sum(bool(_all_of(sessions, context, key)) for key in keys) == 255

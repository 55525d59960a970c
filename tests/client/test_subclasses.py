"""What a subclass has for itself, and what it leaves out, changes nothing.

fasthttp's classes have state and steps that `http.client`'s do not have. Their names cannot
collide, and no object needs more than what `http.client` gives it.
"""

from __future__ import annotations

import enum
import http.client
import io
import ssl
from collections.abc import Callable
from http.client import HTTPMessage, NotConnected, ResponseNotReady
from types import ModuleType
from typing import Any

import pytest

from .response_delivery import Delivery, FakeSocket, fake_socket
from .scripted_server import Script

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n2\r\nok\r\n0\r\nC: d\r\n\r\n"
)

#: What http.client has in CPython 3.15.2 alone, and what fasthttp documents as additions.
_NEWER = {"max_response_headers", "_max_headers", "get_proxy_response_headers", "_wrap_ipv6"}
_NEWER |= {"_raw_proxy_headers"}
_DOCUMENTED = {
    "HTTPConnection": {"__enter__", "__exit__", "__getstate__", "__setstate__", "__slots__"},
    "HTTPSConnection": {
        *("__enter__", "__exit__", "__getstate__", "__setstate__", "__slots__"),
        *("share_context", "resume_sessions"),
        *("key_file", "cert_file"),  # which http.client had before 3.12
    },
    "HTTPResponse": {
        *("raw_headers", "skipped_lines", "trailers"),
        "code",  # which http.client's have after begin() alone
        *("__getstate__", "__setstate__", "__slots__"),
    },
}
#: What Python itself puts there, of which each version has something else.
_OF_PYTHON = {"__annotations__", "__firstlineno__", "__static_attributes__", "__annotate_func__"}
_OF_PYTHON |= {"__annotations_cache__", "__annotate__"}


def _made(module: ModuleType, kind: str) -> Any:
    if kind == "HTTPResponse":
        return module.HTTPResponse(fake_socket(_OK))
    options = {"context": ssl.create_default_context()} if kind == "HTTPSConnection" else {}
    return getattr(module, kind)("example.org", **options)


@pytest.mark.parametrize("kind", ["HTTPConnection", "HTTPSConnection", "HTTPResponse"])
def test_names_of_its_own_cannot_collide(client: ModuleType, kind: str) -> None:
    ours, theirs = _made(client, kind), _made(http.client, kind)
    ours_has = {*dir(ours), *vars(ours)}
    http_client_has = {*dir(theirs), *vars(theirs), *_NEWER, *_OF_PYTHON}
    added = ours_has - http_client_has - _DOCUMENTED[kind]
    assert not {name for name in added if not name.startswith("_fasthttp")}
    for made in (ours, theirs):
        made.close()


#: Names that fasthttp has had for itself, and some that it might have had.
_TAKEN = (
    *("_deadline", "_policy", "_host_line", "_own_host", "_doubt", "_resend", "_start_deadline"),
    *("_set_deadline", "_send_again", "_send_with_care", "_put_framing", "_blocks_of", "exchange"),
    *("_body_blocks", "_start_anew", "_forget_finished_response", "leave_to_parent", "_exchange"),
    *("_leave_connection_out_of_step", "_session", "_offer", "_enlisted", "_default_context"),
    *("strict", "deadline", "retry_stale", "idle_timeout", "skip_bad_lines", "_state", "_lock"),
)


def test_a_connection_keeps_what_a_subclass_has(client: ModuleType, script: Script) -> None:
    class Own(client.HTTPConnection):  # type: ignore[misc,name-defined]
        def __init__(self, *args: Any, **options: Any) -> None:
            for name in _TAKEN:
                setattr(self, name, 1.5)
            super().__init__(*args, **options)

    script.answers(b"")
    own = Own("example.org")
    own._create_connection = script.connection(client)._create_connection
    for body in (None, b"body", [b"a", b"b"]):
        own.request("POST", "/", body)
        script.says(_OK)
        assert own.getresponse().read() == b"ok"
    assert {getattr(own, name) for name in _TAKEN} == {1.5}
    assert script.opened == 1
    own.close()


_TAKEN_IN_RESPONSES = (
    *("_policy", "_headers", "_head", "_msg", "_lines", "_skipped", "_heard", "_failed", "_file"),
    *("_in_step", "_ends_connection", "_overhead", "_trailer_lines", "_end_of_message"),
    *("_read_part", "_end_early", "_take_chunks", "_build_message", "_begin_fast", "_end_chunks"),
    *("trailers", "raw_headers", "skipped_lines"),
)


@pytest.mark.parametrize("answer", [_OK, _CHUNKED], ids=["sized", "chunked"])
@pytest.mark.parametrize("before", [True, False])
def test_a_response_keeps_what_a_subclass_has(
    client: ModuleType, deliver: Delivery, answer: bytes, before: bool
) -> None:
    class Own(client.HTTPResponse):  # type: ignore[misc,name-defined]
        def __init__(self, *args: Any, **options: Any) -> None:
            if before:
                self.have()
            super().__init__(*args, **options)
            self.have()

        def have(self) -> None:
            for name in _TAKEN_IN_RESPONSES:
                setattr(self, name, 2.5)

    response = Own(deliver.sock(answer), method="GET")
    response.begin()
    assert response.getheader("A") == ("b" if answer is _CHUNKED else None)
    assert response.read() == b"ok"
    assert response.headers.get("X") is None
    assert {getattr(response, name) for name in _TAKEN_IN_RESPONSES} == {2.5}
    response.close()


@pytest.mark.parametrize("name", ["trailers", "raw_headers", "skipped_lines"])
def test_what_is_made_up_can_be_assigned_and_set_back(
    client: ModuleType, deliver: Delivery, name: str
) -> None:
    response = deliver(client, _CHUNKED)
    response.read()
    before = list(getattr(response, name))
    setattr(response, name, "mine")
    assert getattr(response, name) == vars(response)[name] == "mine"
    delattr(response, name)
    assert list(getattr(response, name)) == before


# --------------------------------------------------- without an __init__ of ours


def _bare_connection(client: ModuleType, script: Script) -> Any:
    """A connection that has what http.client gives to its own, and nothing else."""
    bare = client.HTTPConnection.__new__(client.HTTPConnection)
    vars(bare).update(vars(http.client.HTTPConnection("example.org")))
    bare._create_connection = script.connection(client)._create_connection
    return bare


def _stand_in(client: ModuleType, script: Script) -> Any:
    """An object of another class that has borrowed the methods, and http.client's attributes."""
    borrowed: dict[str, Any] = {}
    for cls in (http.client.HTTPConnection, client.HTTPConnection):
        borrowed |= {
            name: value
            for name, value in vars(cls).items()
            if name in dir(http.client.HTTPConnection) and name not in ("__dict__", "__weakref__")
        }
    kind = type("StandIn", (), borrowed)
    stand_in = kind.__new__(kind)
    vars(stand_in).update(vars(_bare_connection(client, script)))
    return stand_in


@pytest.mark.parametrize("make", [_bare_connection, _stand_in])
def test_a_connection_needs_what_http_client_gives_it(
    client: ModuleType, script: Script, make: Callable[..., Any]
) -> None:
    script.answers(b"")
    connection = make(client, script)
    for piecewise in (False, True, False):
        if piecewise:
            connection.putrequest("GET", "/")
            connection.putheader("A", "b")
            connection.endheaders()
        else:
            connection.request("POST", "/", b"body", {"A": "b"})
        script.says(_OK)
        with connection.getresponse() as response:
            assert response.read() == b"ok"
    assert script.opened == 1
    connection.close()
    assert connection.sock is None


def test_a_connection_of_its_own_making_may_be_refused(client: ModuleType, script: Script) -> None:
    connection = _bare_connection(client, script)
    with pytest.raises(ValueError, match="control characters"):
        connection.request("GET\n", "/")
    script.answers(_OK)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"ok"
    connection.close()


class _Reads:
    """What a response without an __init__ is asked."""

    WAYS: dict[str, Callable[[Any], bytes]] = {
        "read": lambda response: bytes(response.read()),
        "read(1)": lambda response: b"".join(iter(lambda: response.read(1), b"")),
        "read1": lambda response: b"".join(iter(response.read1, b"")),
        "readline": lambda response: b"".join(iter(response.readline, b"")),
        "readinto": lambda response: _by_readinto(response),
        "peek": lambda response: bytes(response.peek()) and bytes(response.read()),
    }


def _by_readinto(response: Any) -> bytes:
    buffer, content = bytearray(1), b""
    while response.readinto(buffer):
        content += buffer
    return content


@pytest.mark.parametrize("way", _Reads.WAYS)
@pytest.mark.parametrize("answer", [_OK, _CHUNKED], ids=["sized", "chunked"])
@pytest.mark.parametrize("begun", [True, False], ids=["begin", "set by hand"])
def test_a_response_needs_what_http_client_gives_it(
    client: ModuleType, deliver_buffered: Delivery, way: str, answer: bytes, begun: bool
) -> None:
    class Own(client.HTTPResponse):  # type: ignore[misc,name-defined]
        def __init__(self, sock: Any) -> None:
            given = http.client.HTTPResponse(sock, method="GET")
            for name, value in vars(given).items():
                setattr(self, name, value)
            given.fp = None  # it is this one's now

    response = Own(deliver_buffered.sock(answer))
    if begun:
        response.begin()
    else:
        while response.fp.readline() != b"\r\n":
            pass
        response.headers = response.msg = HTTPMessage()
        response.status = response.code = 200
        response.chunked, response.chunk_left = answer is _CHUNKED, None
        response.length = None if answer is _CHUNKED else 2
        response.will_close = False
    assert _Reads.WAYS[way](response) == b"ok"
    assert response.isclosed()
    assert response.getheader("A") == ("b" if begun and answer is _CHUNKED else None)
    assert list(response.skipped_lines) == []
    assert response.trailers["C"] == ("d" if answer is _CHUNKED else None)
    response.close()


@pytest.mark.parametrize("way", _Reads.WAYS)
@pytest.mark.parametrize("answer", [_OK, _CHUNKED], ids=["sized", "chunked"])
def test_a_stand_in_for_a_response_may_borrow_the_methods(
    client: ModuleType, deliver_buffered: Delivery, way: str, answer: bytes
) -> None:
    borrowed: dict[str, Any] = {}
    for cls in (http.client.HTTPResponse, client.HTTPResponse):
        borrowed |= {
            name: value
            for name, value in vars(cls).items()
            if callable(value) and name in dir(http.client.HTTPResponse)
        }
    kind = type("StandIn", (io.BufferedIOBase,), borrowed)
    stand_in: Any = kind.__new__(kind)
    given = http.client.HTTPResponse(deliver_buffered.sock(answer), method="GET")
    stand_in.__dict__.update(vars(given))
    given.fp = None  # it is the other's now
    stand_in.begin()
    assert _Reads.WAYS[way](stand_in) == b"ok"
    assert stand_in.isclosed()
    assert stand_in.getheader("A") == ("b" if answer is _CHUNKED else None)


# ------------------------------------------------ in the very steps of http.client


def test_an_overridden_close_is_called_where_http_client_calls_it(
    every_client: ModuleType, script: Script
) -> None:
    calls = []

    class Own(every_client.HTTPConnection):  # type: ignore[misc,name-defined]
        def close(self) -> None:
            calls.append(self._HTTPConnection__state)
            super().close()

    script.answers(_OK, _OK)
    own = Own("example.org")
    own._create_connection = script.connection(every_client)._create_connection
    own.request("GET", "/")
    own.getresponse().close()  # in mid-body, so that the connection is out of step
    own.request("GET", "/")  # http.client reads the rest of the first answer as the second
    assert calls == []
    http.client.HTTPConnection.close(own)


def test_a_request_survives_a_close_that_forgets_it(client: ModuleType, script: Script) -> None:
    class Forgetful(client.HTTPConnection):  # type: ignore[misc,name-defined]
        options: Any = None

        def request(self, *args: Any, **options: Any) -> None:
            self.options = args
            super().request(*args, **options)

        def getresponse(self) -> Any:
            if self.options is None:
                raise ResponseNotReady
            return super().getresponse()

        def close(self) -> None:
            super().close()
            self.options = None

    script.answers(_OK, _OK, _OK)
    connection = Forgetful("example.org")
    connection._create_connection = script.connection(client)._create_connection
    for _ in range(3):
        connection.request("GET", "/")
        connection.getresponse().close()
    assert script.opened == 3
    connection.close()


class _Method(str, enum.Enum):
    GET = "GET"


class _Formatted(str):
    def __format__(self, spec: str) -> str:
        return "no/" + str.__str__(self)

    def __str__(self) -> str:
        return "text/" + str.__str__(self)[1:]


@pytest.mark.parametrize("method", [_Method.GET, _Formatted("XGET"), "GET"], ids=repr)
@pytest.mark.parametrize("url", [_Formatted("/a"), "/a"], ids=repr)
def test_the_request_line_is_what_percent_s_makes_of_it(
    every_client: ModuleType, method: str, url: str
) -> None:
    def sent(module: ModuleType) -> list[bytes]:
        connection = module.HTTPConnection("example.org")
        sock = connection.sock = FakeSocket()
        connection.request(method, url)
        connection.close()
        return sock.sent

    expected = b"%b HTTP/1.1\r\n" % ("%s %s" % (method, url)).encode()  # noqa: UP031
    assert b"".join(sent(every_client)).startswith(expected)
    assert sent(every_client) == sent(http.client)


@pytest.mark.parametrize(
    ("host", "port"),
    [("example.org", 80), ("example.org", 8080), ("::1", 80), ("::1", 8080), ("b\xfccher.de", 81)],
)
@pytest.mark.parametrize("tunnel", [False, True])
def test_an_overridden_putheader_gets_host_as_from_http_client(
    newest_client: ModuleType, host: str, port: int, tunnel: bool
) -> None:
    class Own(newest_client.HTTPConnection):  # type: ignore[misc,name-defined]
        def putheader(self, header: Any, *values: Any) -> None:
            seen.append((header, *values))
            super().putheader(header, *values)

    seen: list[Any] = []
    connection = Own("proxy" if tunnel else host, 80 if tunnel else port)
    if tunnel:
        connection.set_tunnel(host, port)
    connection.sock = FakeSocket()
    connection.request("GET", "/")
    connection.close()
    written = f"[{host}]" if ":" in host else host.encode("idna").decode()
    expected = written.encode() if port == 80 else f"{written}:{port}"
    assert seen[0] == ("Host", expected)


def test_a_patched_get_all_is_asked(
    every_client: ModuleType, deliver: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = deliver(every_client, b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setattr(HTTPMessage, "get_all", lambda *_: ["patched"], raising=False)
    assert response.getheader("A") == "patched"


@pytest.mark.parametrize(
    "read",
    [
        lambda response: response.read(),
        lambda response: response.read(5),
        lambda response: response.readinto(bytearray(5)),
        lambda response: response.read1(5),
        lambda response: response.peek(),
        lambda response: response.readline(),
    ],
    ids=["read", "read(5)", "readinto", "read1", "peek", "readline"],
)
def test_reading_before_begin_fails_as_in_http_client(
    client: ModuleType, deliver_buffered: Delivery, read: Callable[[Any], Any]
) -> None:
    def failure(module: ModuleType) -> type[BaseException]:
        with pytest.raises((AssertionError, TypeError)) as caught:
            read(deliver_buffered.response(module, _OK))
        return caught.type

    assert failure(client) is failure(http.client)


def test_no_answer_comes_where_nothing_was_connected(client: ModuleType) -> None:
    connection = client.HTTPConnection("example.org")
    connection.auto_open = 0
    with pytest.raises(NotConnected):
        connection.request("GET", "/")
    with pytest.raises(ResponseNotReady):  # http.client: AttributeError of None
        connection.getresponse()


def test_a_connection_is_a_context_manager(client: ModuleType, script: Script) -> None:
    script.answers(_OK)
    with script.connection(client) as connection:
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"ok"
        assert connection.sock is not None
    assert connection.sock is None

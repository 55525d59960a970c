"""Every kind of request goes out byte for byte as the stdlib's http.client sends it.

With the same audit events, and with the connection left in the same state, over a fake socket and
over a real one.
"""

from __future__ import annotations

import email.message
import http.client
import sys
from collections import OrderedDict, UserDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ..request_recorder import WAYS, Act, assert_same, record

_both_ways = pytest.mark.parametrize("way", WAYS)
pytestmark = pytest.mark.full(any=("way",))


def _request(*args: Any, **kwargs: Any) -> Act:
    return lambda connection: connection.request(*args, **kwargs)


def test_a_get_in_full(every_client: ModuleType) -> None:
    """So that at least one request is spelt out here."""
    got = record(every_client, _request("GET", "/path?query", headers={"User-Agent": "test"}))
    assert got.sent == [
        b"GET /path?query HTTP/1.1\r\n"
        b"Host: example.org\r\n"
        b"Accept-Encoding: identity\r\n"
        b"User-Agent: test\r\n"
        b"\r\n"
    ]


def test_a_post_in_full(every_client: ModuleType) -> None:
    got = record(every_client, _request("POST", "/", "caf\xe9", {"Content-Type": "text/plain"}))
    assert got.wire == (
        b"POST / HTTP/1.1\r\n"
        b"Host: example.org\r\n"
        b"Accept-Encoding: identity\r\n"
        b"Content-Length: 4\r\n"
        b"Content-Type: text/plain\r\n"
        b"\r\n"
        b"caf\xe9"
    )


TARGETS = {
    "root": "/",
    "empty": "",
    "a query": "/a/b;c?d=e&f#g",
    "asterisk": "*",
    "absolute": "http://other.example/path",
    "absolute with a port": "http://other.example:8080/",
    "absolute with a user": "http://me@other.example/",
    "absolute without a path": "http://other.example",
    "absolute without a host": "http:///path",
    "absolute and secure": "https://other.example/",
    "absolute with IPv6": "http://[::1]:80/",
    "not absolute at all": "httpd/conf",
    "a scheme in capitals": "HTTP://other.example/",
    "authority": "other.example:443",
    "the last visible character": "/~}|",
}


@_both_ways
@pytest.mark.parametrize("name", TARGETS)
def test_targets(client: ModuleType, name: str, way: str) -> None:
    assert_same(client, _request("GET", TARGETS[name]), way=way)


@_both_ways
@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "post", "pAtCh", "X!~"]
)
@pytest.mark.parametrize("body", [None, b"", b"x"])
def test_methods_with_and_without_a_body(
    client: ModuleType, method: str, body: bytes | None, way: str
) -> None:
    """Which of them say Content-Length: 0."""
    assert_same(client, _request(method, "/", body), way=way)


HOSTS = {
    "a name": ("example.org", None),
    "a name and the default port": ("example.org", 80),
    "a name and a port": ("example.org", 8080),
    "a port in the name": ("example.org:8080", None),
    "the default port in the name": ("example.org:80", None),
    "no port behind the colon": ("example.org:", None),
    "a port twice": ("example.org:81", 82),
    "a name in capitals": ("EXAMPLE.org", None),
    "IPv4": ("192.0.2.1", None),
    "IPv6": ("::1", 80),
    "IPv6 in brackets": ("[::1]", None),
    "IPv6 in brackets and a port": ("[2001:db8::1]:8080", None),
    "an international name": ("b\xfccher.example", None),
    "a name beyond Latin-1": ("\u65e5\u672c.example", 81),
    "a name of one label": ("localhost", None),
    "no name": ("", 80),
    "port 0": ("example.org", 0),
}


@_both_ways
@pytest.mark.parametrize("name", HOSTS)
def test_hosts(client: ModuleType, name: str, way: str) -> None:
    host, port = HOSTS[name]
    assert_same(client, _request("GET", "/"), way=way, host=host, port=port)


@_both_ways
def test_a_zone_of_ipv6_stays_out_of_the_host_field(client: ModuleType, way: str) -> None:
    """The stdlib from 3.11 on."""
    got = record(client, _request("GET", "/"), way=way, host="[fe80::1%eth0]:81")
    assert b"\r\nHost: [fe80::1]:81\r\n" in got.wire
    got = record(client, _request("GET", "http://[fe80::1%25eth0]/"), way=way)
    assert b"\r\nHost: [fe80::1]\r\n" in got.wire
    if sys.version_info >= (3, 11):
        assert_same(client, _request("GET", "/"), way=way, host="fe80::1%eth0", port=81)


class _Mapping:
    """The least that serves as headers."""

    def __init__(self, *items: tuple[Any, Any]) -> None:
        self._items = items

    def __iter__(self) -> Any:
        return (name for name, _ in self._items)

    def items(self) -> Any:
        return iter(self._items)


class _Text(str):
    """A str that encodes itself in its own way."""

    def encode(self, *_: Any) -> bytes:
        return b"own"


def _message() -> email.message.Message:
    message = email.message.Message()
    message["A"] = "1"
    message["a"] = "2"
    return message


def _http_message() -> http.client.HTTPMessage:
    message = http.client.HTTPMessage()
    message["Host"] = "other"
    return message


HEADERS: dict[str, Callable[[], Any]] = {
    "none": dict,
    "several": lambda: {"B": "2", "A": "1"},
    "bytes": lambda: {"A": b"\x00\xff", "B": bytearray(b"array"), "C": memoryview(b"view")},
    "numbers": lambda: {"A": 0, "B": -(10**30), "C": True},
    "Latin-1": lambda: {"A": "caf\xe9 \xff\x80"},
    "controls": lambda: {"A": "\0\x01\x0b\x0c\x7f\t"},
    "empty": lambda: {"A": "", "B": b""},
    "blanks": lambda: {"A": "  b  "},
    "folded": lambda: {"A": "b\r\n c", "B": b"b\n\tc", "C": "b\r\n\t\r\n c"},
    "odd names": lambda: {"A b": "c", "A(b)": "c", "!": "c", "A\x7f": "c", "a\tb": "c"},
    "names of bytes": lambda: {b"A": "b"},
    "names of bytes and of str": lambda: {b"Host": "b", "C": "d"},
    "a Host": lambda: {"Host": "other.example"},
    "a Host in other letters": lambda: {"hOsT": "other.example"},
    "an Accept-Encoding": lambda: {"ACCEPT-encoding": "gzip"},
    "both": lambda: {"accept-encoding": "gzip", "host": "x", "A": "b"},
    "a Host of bytes": lambda: {b"host": b"other.example"},
    "a dict that is ordered": lambda: OrderedDict([("B", "2"), ("A", "1")]),
    "a dict of one's own": lambda: UserDict({"A": "1", "Host": "x"}),
    "the least": lambda: _Mapping(("A", "1"), ("A", "2")),
    "a message": _message,
    "a message of http.client": _http_message,
    "texts of one's own": lambda: {_Text("A"): _Text("b")},
    "64 of them": lambda: {f"X-{n}": "y" for n in range(64)},
    "65 of them": lambda: {f"X-{n}": "y" for n in range(65)},
    "a thousand": lambda: {f"X-{n}": n for n in range(1000)},
    "a long one": lambda: {"A": "x" * 70_000},
    "Connection": lambda: {"Connection": "close", "Expect": "100-continue"},
}


@_both_ways
@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("body", [None, b"body"])
def test_headers(client: ModuleType, name: str, body: bytes | None, way: str) -> None:
    assert_same(client, lambda it: it.request("PUT", "/", body, HEADERS[name]()), way=way)


def test_headers_are_not_written_to(client: ModuleType) -> None:
    for headers in ({"A": "b"}, {"Host": "x"}):
        before = dict(headers)
        record(client, _request("POST", "/", b"x", headers))
        assert headers == before


@_both_ways
def test_requests_do_not_share_their_headers(client: ModuleType, way: str) -> None:
    """The default is a dict that everybody shares."""
    assert (
        client.HTTPConnection.request.__defaults__
        == http.client.HTTPConnection.request.__defaults__
    )
    got = [record(client, _request("GET", f"/{n}"), way=way).wire for n in range(2)]
    assert got[0].replace(b"/0", b"/1") == got[1]


def _version_10(connection: Any) -> None:
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"


HTTP_10: dict[str, Callable[[Any], None]] = {
    "a get": lambda it: it.request("GET", "/"),
    "an absolute target": lambda it: it.request("GET", "http://other.example/"),
    "headers": lambda it: it.request("GET", "/", None, {"Host": "x", "A": "b"}),
    "a body": lambda it: it.request("POST", "/", b"body"),
    "no body": lambda it: it.request("POST", "/"),
    "an iterable": lambda it: it.request("POST", "/", iter([b"a", b"b"])),
    "encode_chunked": lambda it: it.request(
        "POST", "/", [b"a"], {"Transfer-Encoding": "chunked"}, encode_chunked=True
    ),
}


@_both_ways
@pytest.mark.parametrize("name", HTTP_10)
def test_http_1_0(client: ModuleType, name: str, way: str) -> None:
    """By the two attributes with which programs have always asked for it."""

    def act(connection: Any) -> None:
        _version_10(connection)
        HTTP_10[name](connection)

    assert_same(client, act, way=way)


@_both_ways
@pytest.mark.parametrize(
    ("number", "text"), [(10, "HTTP/1.1"), (11, "HTTP/1.0"), (11, "HTTP/9"), (9, "x")]
)
def test_version_attributes_count_one_by_one(
    client: ModuleType, number: int, text: str, way: str
) -> None:
    def act(connection: Any) -> None:
        connection._http_vsn = number
        connection._http_vsn_str = text
        connection.request("POST", "/", [b"a", b"b"], {"A": "b"})

    assert_same(client, act, way=way)


def test_version_attributes_of_the_class_count(
    client: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner in (client.HTTPConnection, http.client.HTTPConnection):
        monkeypatch.setattr(owner, "_http_vsn", 10)
        monkeypatch.setattr(owner, "_http_vsn_str", "HTTP/1.0")
    for way in WAYS:
        got = assert_same(client, _request("GET", "/"), way=way)
        assert got.wire == b"GET / HTTP/1.0\r\n\r\n"


@_both_ways
def test_default_port_is_an_attribute(client: ModuleType, way: str) -> None:
    def act(connection: Any) -> None:
        connection.default_port = 8080
        connection.request("GET", "/")

    assert b"Host: example.org\r\n" in assert_same(client, act, way=way, port=8080).wire
    assert b"Host: example.org:80\r\n" in assert_same(client, act, way=way, port=80).wire


@_both_ways
def test_the_host_is_looked_up_for_each_request(client: ModuleType, way: str) -> None:
    """Attributes that programs change between requests."""

    def act(connection: Any) -> None:
        for host, port in (("a", 80), ("b", 80), ("b", 81), ("::1", 81), ("\xfc", 1), ("a", 80)):
            connection.host, connection.port = host, port
            connection.request("GET", "/")
            connection._HTTPConnection__state = http.client._CS_IDLE  # type: ignore[attr-defined]

    got = assert_same(client, act, way=way)
    assert got.wire.count(b"\r\nHost: ") == 6
    assert b"\r\nHost: xn--tda:1\r\n" in got.wire


STEPS: dict[str, Callable[[Any], None]] = {
    "all of them": lambda it: (it.putrequest("GET", "/"), it.putheader("A", "b"), it.endheaders()),
    "skip_host": lambda it: (it.putrequest("GET", "/", skip_host=True), it.endheaders()),
    "skip_host by place": lambda it: (it.putrequest("GET", "/", 1, 0), it.endheaders()),
    "skip_accept_encoding": lambda it: (
        it.putrequest("GET", "/", skip_accept_encoding=True),
        it.endheaders(),
    ),
    "skip both": lambda it: (it.putrequest("GET", "/", True, True), it.endheaders()),
    "several values": lambda it: (
        it.putrequest("GET", "/"),
        it.putheader("A", "b", b"c", 4, "\xe9"),
        it.putheader("No value"),
        it.endheaders(),
    ),
    "a body at the end": lambda it: (it.putrequest("PUT", "/"), it.endheaders(b"body")),
    "a body by name": lambda it: (it.putrequest("PUT", "/"), it.endheaders(message_body=b"body")),
    "a chunked body at the end": lambda it: (
        it.putrequest("PUT", "/"),
        it.endheaders([b"a", b"", b"bc"], encode_chunked=True),
    ),
    "a body afterwards": lambda it: (
        it.putrequest("PUT", "/"),
        it.endheaders(),
        it.send(b"one"),
        it.send(bytearray(b"two")),
        it.send([b"three", b"four"]),
    ),
    "no empty line": lambda it: (it.putrequest("GET", "/"), it.putheader("A", "b")),
    "lines of one's own": lambda it: (
        it.putrequest("GET", "/"),
        it._output(b"Own: line"),
        it.endheaders(),
    ),
    "nothing but a send": lambda it: it.send(b"anything"),
    "a header of bytes": lambda it: (
        it.putrequest("GET", "/"),
        it.putheader(b"A", b"b"),
        it.endheaders(),
    ),
}


@_both_ways
@pytest.mark.parametrize("name", STEPS)
def test_step_by_step(client: ModuleType, name: str, way: str) -> None:
    assert_same(client, STEPS[name], way=way)


@_both_ways
def test_a_request_by_names(client: ModuleType, way: str) -> None:
    act = _request(method="PUT", url="/", body=b"x", headers={"A": "b"}, encode_chunked=True)
    assert_same(client, act, way=way)

"""Known CVEs of HTTP/1.1 clients, each replayed against both implementations.

SECURITY.md has the table: which weakness each one is, and the test, here or elsewhere, that shows
that fasthttp does not have it.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPException, IncompleteRead
from types import ModuleType
from typing import Any

import pytest

from ..client.request_recorder import record
from ..client.response_delivery import PATIENCE
from ..client.response_observer import until_empty
from ..client.scripted_server import Script

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_SECOND = b"HTTP/1.1 299 Second\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def script() -> Iterator[Script]:
    """A server of which each connection gives an answer written down beforehand."""
    with Script() as prepared:
        yield prepared


def _exchange(connection: Any, method: str = "GET") -> tuple[int, bytes]:
    connection.request(method, "/")
    response = connection.getresponse()
    return response.status, response.read()


# ------------------------------------------------------------- an answer that does not end

#: No flood is longer, so that a client without a limit fails here and does not hang. In bytes.
_FLOOD = 64 << 20
#: What may have been sent when the client gives up: its limits, and the buffers of the kernel.
_TAKEN = 16 << 20
_LINE = b"X: " + b"y" * 60_000 + b"\r\n"

#: What begins, and what follows without an end. "max_response_headers" is set so high that bytes
#: have to be counted as well.
FLOODS: dict[str, tuple[bytes, bytes, dict[str, Any]]] = {
    "CVE-2013-1752": (_OK + b"X: ", b"y" * 9000, {}),
    "CVE-2013-1752 in a trailer": (_CHUNKED + b"0\r\nX: ", b"y" * 9000, {}),
    "CVE-2021-3737": (b"HTTP/1.1 100 Continue\r\n", b"X: y\r\n", {}),
    "CVE-2021-31525": (_OK, b"X" * 9000, {}),
    "CVE-2023-38039": (_OK, _LINE, {"max_response_headers": 10**6}),
    "CVE-2026-55951": (b"HTTP/1.1 103 Early\r\n", _LINE, {"max_response_headers": 10**6}),
    "CVE-2026-22815": (_CHUNKED + b"0\r\n", b"X: y\r\n", {}),
    "CVE-2026-54399": (_CHUNKED + b"0\r\n", _LINE, {"max_response_headers": 10**6}),
    "CVE-2026-82728": (b"HTTP/1.1 200 ", b"y" * 9000, {}),
    "CVE-2026-82728 in an extension": (_CHUNKED + b"1;", b"y" * 9000, {}),
    "CVE-2023-39326": (_CHUNKED, b"1;" + b"y" * 9000 + b"\r\na\r\n", {}),
    "CVE-2024-22019": (_CHUNKED, b"1;" + b"y" * 60 + b"\r\na\r\n", {}),
    "GHSA-w4q2-g22w-6fr4": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", {}),
    "GHSA-w4q2-g22w-6fr4 with 103": (b"", b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n", {}),
}


class _Flood:
    """Sends pieces into a socket until the other end has had enough; `sent` counts bytes."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.near = socket.create_connection(listener.getsockname(), timeout=PATIENCE)
            self._far, _ = listener.accept()
        self._far.settimeout(PATIENCE)
        self.sent = 0
        self._thread = threading.Thread(target=self._send, args=(pieces,))
        self._thread.start()

    def _send(self, pieces: Iterable[bytes]) -> None:
        with contextlib.suppress(OSError), self._far:
            for piece in pieces:
                if self.sent >= _FLOOD:
                    return
                self._far.sendall(piece)
                self.sent += len(piece)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.near.shutdown(socket.SHUT_RDWR)
        self.near.close()
        self._thread.join()


@contextlib.contextmanager
def _flooded(
    client: ModuleType, begin: bytes, unit: bytes, **options: Any
) -> Iterator[tuple[Any, _Flood]]:
    many = unit * max(1, 60_000 // len(unit))
    flood = _Flood(itertools.chain((begin,), itertools.repeat(many)))
    connection = client.HTTPConnection("example.org", **options)
    connection._create_connection = lambda *_: flood.near
    try:
        yield connection, flood
    finally:
        connection.close()
        flood.stop()


@pytest.mark.parametrize("cve", FLOODS)
def test_an_answer_without_an_end_is_given_up(client: ModuleType, cve: str) -> None:
    begin, unit, options = FLOODS[cve]
    with _flooded(client, begin, unit, **options) as (connection, flood):
        connection.request("GET", "/")
        with pytest.raises(HTTPException):
            connection.getresponse().read()
        assert flood.sent < _TAKEN


@pytest.mark.parametrize("cve", ["CVE-2013-1752", "CVE-2023-38039", "CVE-2026-82728"])
def test_a_proxy_that_floods_is_given_up(client: ModuleType, cve: str) -> None:
    """The answer to CONNECT is not the server's, and no more trusted."""
    begin, unit, options = FLOODS[cve]
    with _flooded(client, begin, unit, **options) as (connection, flood):
        connection.set_tunnel("origin")
        with pytest.raises(HTTPException):
            connection.connect()
        assert flood.sent < _TAKEN


def test_cve_2023_39326_ordinary_extensions_are_no_flood(
    client: ModuleType, script: Script
) -> None:
    """What servers send in earnest: a signature of a hundred bytes for each chunk of some KiB."""
    chunk = b"800;chunk-signature=" + b"f" * 100 + b"\r\n" + b"x" * 2048 + b"\r\n"
    script.answers(_CHUNKED + chunk * 20 + b"0;chunk-signature=" + b"f" * 100 + b"\r\n\r\n")
    assert _exchange(script.connection(client)) == (200, b"x" * 2048 * 20)


# ---------------------------------------------------------------------- sizes and lengths

READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda response: response.read(),
    "read(10)": lambda response: until_empty(lambda: response.read(10)),
    "readinto": lambda response: until_empty(lambda: response.readinto(bytearray(10))),
    "read1": lambda response: until_empty(response.read1),
    "lines": list,
}

#: Chunk sizes that C's strtol() takes, or cuts off, or multiplies until it overflows.
SIZES = {
    "CVE-2017-13090": b"-FFFFFFFF",
    "CVE-2026-45352": b"-2",
    "CVE-2021-32714": b"F000000000000000000000000000000004",
    "CVE-2026-42580": b"100000004",
    "CVE-2026-42580 in 64 bits": b"10000000000000004",
    "CVE-2019-16239": b"7FFFFFFFFFFFFFFF",
    "CVE-2026-82672": b"4ZZZZ",
    "CVE-2026-82672 of two": b"4 9",
    "CVE-2026-82729": b"1" * 60_000,
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("cve", SIZES)
def test_a_chunk_size_is_taken_for_what_it_is_or_refused(
    client: ModuleType, script: Script, cve: str, read: str
) -> None:
    """Never for 4, nor for all that comes; what came behind it is never an answer.

    Lines end in silence where a chunk is broken, as IOBase.readline() has it in http.client.
    """
    smuggled = b"HTTP/1.1 200 Evil\r\nContent-Length: 4\r\n\r\nevil"
    script.last_words(_CHUNKED + SIZES[cve] + b"\r\ntest\r\n0\r\n\r\n" + smuggled)
    script.answers(_SECOND)
    connection = script.connection(client)
    connection.request("GET", "/")
    response = connection.getresponse()
    try:
        assert (read, READS[read](response)) == ("lines", [])
    except HTTPException as error:
        assert len(str(error)) < 1000
    response.close()
    assert _exchange(connection) == (299, b"ok")


@pytest.mark.parametrize("cve", ["CVE-2017-13090", "CVE-2026-45352"])
def test_a_negative_chunk_size_does_not_wait_for_the_end(
    client: ModuleType, script: Script, cve: str
) -> None:
    """For read(-2) is all there is, and the server does not hang up."""
    script.answers(_CHUNKED + SIZES[cve] + b"\r\ntest\r\n0\r\n\r\n")
    connection = script.connection(client)
    connection.request("GET", "/")
    response = connection.getresponse()
    connection.sock.settimeout(2)
    with pytest.raises(IncompleteRead):
        response.read()


@pytest.mark.parametrize("digits", [19, 20, 1000, 4300, 4301, 60_000])
@pytest.mark.parametrize("where", ["length", "chunk", "status"])
def test_cve_2020_10735_numbers_of_many_digits(
    client: ModuleType, script: Script, where: str, digits: int
) -> None:
    """int() of so many is slow on older Pythons, and a ValueError on others."""
    number = b"9" * digits
    script.last_words(
        {
            "length": _OK + b"Content-Length: " + number + b"\r\n\r\nab",
            "chunk": _CHUNKED + number + b"\r\nab",
            "status": b"HTTP/1.1 " + number + b" OK\r\n\r\n",
        }[where]
    )
    connection = script.connection(client)
    try:
        assert _exchange(connection) == (200, b"ab")  # no length at all: until the end
        assert where == "length"
        assert digits > 4300
    except HTTPException as error:
        for each in (error, error.__cause__, error.__context__):
            assert len(str(each)) <= max(5000, digits + 100)
            assert repr(each)


# ----------------------------------------------------------------- where a message ends

#: Transfer-Encodings that some client took for "chunked".
NOT_CHUNKED = {
    "CVE-2022-1705": b"\x0bchunked",
    "CVE-2019-15605": b"chunked\x0c",
    "CVE-2022-32213": b"chunkedchunked",
    "CVE-2023-47641": b"chunked123",
    "CVE-2025-69224": "chun\u212aed".encode(),
    "CVE-2022-32213 with NUL": b"chunked\0",
}


@pytest.mark.parametrize("cve", NOT_CHUNKED)
def test_what_is_not_quite_chunked_is_not_chunked(
    client: ModuleType, script: Script, cve: str
) -> None:
    body = b"2\r\nab\r\n0\r\n\r\n"
    script.last_words(_OK + b"Transfer-Encoding: " + NOT_CHUNKED[cve] + b"\r\n\r\n" + body)
    assert _exchange(script.connection(client)) == (200, body)


@pytest.mark.parametrize(
    "name", [b"Transfer-Encoding\0", b"Transfer-Encoding ", b"Transfer\rEncoding"]
)
def test_cve_2024_52530_a_name_is_the_whole_name(
    client: ModuleType, script: Script, name: bytes
) -> None:
    """Also CVE-2019-16276 (a blank before the colon) and CVE-2020-8201 (a CR for a hyphen)."""
    body = b"2\r\nab\r\n0\r\n\r\n"
    script.last_words(_OK + name + b": chunked\r\n\r\n" + body)
    assert _exchange(script.connection(client)) == (200, body)


# ------------------------------------------------------------ which answer is to which request


def test_cve_2026_42584_a_head_keeps_its_answer_behind_interim_ones(
    client: ModuleType, script: Script
) -> None:
    early = b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
    script.answers(early * 2 + _OK + b"Content-Length: 5\r\n\r\n")
    connection = script.connection(client)
    assert _exchange(connection, "HEAD") == (200, b"")
    connection.request("GET", "/second")
    script.says(early + _SECOND)
    second = connection.getresponse()
    assert (second.status, second.read(), script.opened) == (299, b"ok", 1)


def test_cve_2024_24791_a_final_answer_to_expect_leaves_the_connection_in_step(
    client: ModuleType, script: Script
) -> None:
    """The body has been sent by then, and nothing of it is read as the next request."""
    script.answers(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
    connection = script.connection(client)
    connection.request("POST", "/first", b"x" * 5000, {"Expect": "100-continue"})
    assert connection.getresponse().read() == b""
    connection.request("GET", "/second")
    script.says(_SECOND)
    assert connection.getresponse().status == 299
    connection.close()
    head, _, rest = script.heard(0).partition(b"\r\n\r\n")
    assert b"Content-Length: 5000" in head
    assert rest.startswith(b"x" * 5000 + b"GET /second HTTP/1.1\r\n")


@pytest.mark.parametrize("body", [b"GET /evil HTTP/1.1\r\n\r\n", [b"GET /evil HTTP/1.1\r\n\r\n"]])
@pytest.mark.parametrize("method", ["CONNECT", "GET", "DELETE", "TRACE", "X"])
def test_cve_2026_56866_a_body_is_framed_whatever_the_method(
    client: ModuleType, method: str, body: Any
) -> None:
    """Or the server reads it as another request, and answers it."""
    wire = record(client, lambda it: it.request(method, "/", body)).wire
    head = wire.partition(b"\r\n\r\n")[0]
    framing = rb"\r\n(Content-Length: 22|Transfer-Encoding: chunked)(\r\n|$)"
    assert len(re.findall(framing, head)) == 1


@pytest.mark.parametrize("way", ["fake", "socket"])
@pytest.mark.parametrize("part", ["method", "target", "name", "value"])
def test_cve_2018_12116_no_character_is_cut_down_to_a_control(
    client: ModuleType, part: str, way: str
) -> None:
    """U+010D U+010A end in the bytes of CR and LF."""
    bad = "a\u010d\u010ab"
    given: dict[str, tuple[str, str, dict[str, str]]] = {
        "method": (bad, "/", {}),
        "target": ("GET", "/" + bad, {}),
        "name": ("GET", "/", {bad: "c"}),
        "value": ("GET", "/", {"A": bad}),
    }
    method, target, headers = given[part]
    got = record(client, lambda it: it.request(method, target, headers=headers), way=way)
    assert got.error is not None
    assert got.wire == b""

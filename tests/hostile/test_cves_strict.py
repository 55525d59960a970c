"""Known CVEs that are a matter of leniency: read as by http.client, or refused by choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPException
from types import ModuleType
from typing import Any

import pytest

from ..client.response_observer import until_empty
from ..client.scripted_server import Script
from .test_cves_reuse import FOLDED

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_SIZED = _OK + b"Content-Length: 2\r\n\r\nab"
_SECOND = b"HTTP/1.1 299 Second\r\nContent-Length: 2\r\n\r\nok"
#: Of the field syntax and of lengths, 9112 says what 9110 does.
_CLAUSE = r"RFC 911[02] section \d"

READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda response: response.read(),
    "read(10)": lambda response: until_empty(lambda: response.read(10)),
    "readinto": lambda response: until_empty(lambda: response.readinto(bytearray(10))),
    "read1": lambda response: until_empty(response.read1),
    "lines": list,
    "peek": lambda response: (response.peek(), response.read()),
}


@pytest.fixture
def script() -> Iterator[Script]:
    """A server of which each connection gives an answer written down beforehand."""
    with Script() as prepared:
        yield prepared


def _exchange(connection: Any) -> tuple[int, bytes]:
    connection.request("GET", "/")
    response = connection.getresponse()
    return response.status, response.read()


def _head(fields: bytes, body: bytes = b"ab") -> bytes:
    return _OK + fields + b"\r\n" + body


def _chunks(body: bytes) -> bytes:
    return _CHUNKED + body


#: What is read leniently by default, as http.client does it, and refused by choice.
LENIENT = {
    "CVE-2016-2216": _head(b"Content-Length: 2\r\nA: b\rSet-Cookie: c\r\n"),
    "CVE-2018-7159": _head(b"Content-Length: 2 2\r\n"),
    "CVE-2019-15605": _head(b"Transfer-Encoding: chunked\x0c\r\n"),
    "CVE-2019-16276": _head(b"Content-Length : 2\r\n"),
    "CVE-2020-8201": _head(b"Content\rLength: 2\r\n"),
    "CVE-2020-8287": _head(b"Content-Length: 2\r\nContent-Length: 1\r\n"),
    "CVE-2021-22960": _chunks(b"2;\nab\r\n0\r\n\r\n"),
    "CVE-2021-32715": _head(b"Content-Length: +2\r\n"),
    "CVE-2022-1705": _head(b"Transfer-Encoding: \x0bchunked\r\n"),
    "CVE-2022-32213": _head(b"Transfer-Encoding: chunked, identity\r\n"),
    "CVE-2022-32214": _head(b"Content-Length: 2\r\nA: b\rContent-Length: 9\r\n"),
    "CVE-2022-32215": FOLDED,
    "CVE-2022-35256": _head(b"Content-Length: 2\r\nA: b\r\r\n"),
    "CVE-2023-30589": _head(b"A: b\rContent-Length: 2\r\n"),
    "CVE-2023-47627": _head(b"Content-Length: 0_2\r\n"),
    "CVE-2023-47641": _head(b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "CVE-2024-27982": _head(b" Content-Length: 2\r\n"),
    "CVE-2024-52304": _chunks(b"2;a\nab\r\n0\r\n\r\n"),
    "CVE-2024-52530": _head(b"Content-Length: 2\r\nTransfer-Encoding\0: chunked\r\n"),
    "CVE-2025-1217": _head(b"Content-Length: 2\r\nA: b\r\n c\r\n"),
    "CVE-2025-1734": _head(b"Content-Length: 2\r\nno colon\r\n"),
    "CVE-2025-22871": _chunks(b"2\nab\r\n0\r\n\r\n"),
    "CVE-2025-23167": _head(b"Content-Length: 2\r\n\rX: y\r\n"),
    "CVE-2025-43859": _chunks(b"2\r\nabXY0\r\n\r\n"),
    "CVE-2025-58056": _chunks(b"2;a=b\nab\r\n0\r\n\r\n"),
    "CVE-2026-1801": _chunks(b"2\r\nab\r\n0\n\r\n"),
    "CVE-2026-33870": _chunks(b'2;a="\r\nab\r\n0\r\n\r\n'),
    "CVE-2026-34520": _head(b"Content-Length: 2\r\nA: b\0c\r\n"),
    "CVE-2026-34520 in an interim response": b"HTTP/1.1 103 Early\r\nA: b\0c\r\n\r\n" + _SIZED,
    "CVE-2026-34520 in a trailer": _chunks(b"2\r\nab\r\n0\r\nA: b\0c\r\n\r\n"),
}


@pytest.mark.parametrize("cve", LENIENT)
def test_strict_refuses_what_is_read_leniently(
    client: ModuleType, script: Script, cve: str
) -> None:
    """By an error that names the clause; and nothing more is read from that connection."""
    script.last_words(LENIENT[cve])
    assert _exchange(script.connection(client))[0] == 200
    script.last_words(LENIENT[cve])
    script.answers(_SECOND)
    connection = script.connection(client, strict=True)
    with pytest.raises(HTTPException, match=_CLAUSE):
        _exchange(connection)
    assert _exchange(connection) == (299, b"ok")


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("cve", [cve for cve in LENIENT if LENIENT[cve].startswith(_CHUNKED)])
def test_strict_refuses_chunks_however_they_are_read(
    client: ModuleType, script: Script, cve: str, read: str
) -> None:
    """A body that is broken must not look complete to who reads it by lines."""
    script.last_words(LENIENT[cve])
    connection = script.connection(client, strict=True)
    connection.request("GET", "/")
    response = connection.getresponse()
    with pytest.raises(HTTPException, match=_CLAUSE):
        READS[read](response)


@pytest.mark.parametrize(
    "answer",
    [
        _SIZED,
        _chunks(b"2\r\nab\r\n0\r\n\r\n"),
        _chunks(b'2;a=b;c="d\\"e"\r\nab\r\n00\r\nA: b\r\n\r\n'),
        b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + _SIZED,
        _head(b"A:\r\nB: \tcaf\xe9 \r\nContent-Length: 2\r\n"),
        _head(b"Transfer-Encoding: Chunked\r\n", b"2\r\nab\r\n0\r\n\r\n"),
    ],
)
def test_strict_takes_what_is_in_order(client: ModuleType, script: Script, answer: bytes) -> None:
    """So that refusing is not all that it does."""
    script.answers(answer)
    assert _exchange(script.connection(client, strict=True)) == (200, b"ab")

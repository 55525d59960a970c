"""Known CVEs by which one answer becomes that to another request: where the end of a message is in
doubt, or HTTP ends with it, the connection is not used again.
"""

from __future__ import annotations

import email
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from ..client.scripted_server import Script

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n"
_SECOND = b"HTTP/1.1 299 Second\r\nContent-Length: 2\r\n\r\nok"

# Later releases of Python, 3.14.4 among them, know a coding whose name is on the next line.
_KNOWN = email.message_from_string("A:\r\n b\r\n\r\n")["A"] == "b"
FOLDED = _OK + b"Content-Length: 2\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"
FOLDED += b"2\r\nab\r\n0\r\n\r\n" if _KNOWN else b"ab"

#: Read to its end by http.client, and not to its end, or beyond it, by the next reader.
DOUBTFUL = {
    "CVE-2020-8287": _OK + b"Content-Length: 2\r\nContent-Length: 60\r\n\r\nab",
    "CVE-2022-32213": _OK + b"Content-Length: 2\r\nTransfer-Encoding: x, chunked\r\n\r\nab",
    "CVE-2022-32215": FOLDED,
    "CVE-2023-47641": _CHUNKED + b"Content-Length: 60\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    "CVE-2024-52530": _OK + b"Content-Length: 2\r\nTransfer-Encoding\0: chunked\r\n\r\nab",
    "CVE-2025-43859": _CHUNKED + b"\r\n2\r\nabXY0\r\n\r\n",
}


@pytest.fixture
def script() -> Iterator[Script]:
    """A server of which each connection gives an answer written down beforehand."""
    with Script() as prepared:
        yield prepared


def _second_comes_alone(connection: Any, script: Script) -> None:
    """Before an answer is waited for, which the first server would not give."""
    connection.request("GET", "/second")
    assert script.opened == 2
    assert connection.getresponse().status == 299


@pytest.mark.parametrize("cve", DOUBTFUL)
def test_nothing_follows_what_two_readers_read_differently(
    client: ModuleType, script: Script, cve: str
) -> None:
    """What a proxy takes for the rest of it may come later, and would be the next answer."""
    script.answers(DOUBTFUL[cve], _SECOND)
    connection = script.connection(client)
    connection.request("GET", "/first")
    assert connection.getresponse().read() == b"ab"
    _second_comes_alone(connection, script)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("GET", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        ("CONNECT", _OK + b"Content-Length: 0\r\n\r\n"),
    ],
    ids=["101", "CONNECT"],
)
def test_cve_2026_56866_nothing_follows_a_tunnel(
    client: ModuleType, script: Script, method: str, answer: bytes
) -> None:
    """What is behind it is no HTTP any more, or may not be to everybody."""
    script.answers(answer, _SECOND)
    connection = script.connection(client)
    connection.request(method, "/first")
    assert connection.getresponse().read() == b""
    _second_comes_alone(connection, script)

"""What `debuglevel` prints is what the stdlib prints, through the same `print`."""

from __future__ import annotations

import http.client
import io
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from .request_recorder import record
from .response_delivery import Delivery, FakeSocket
from .scripted_server import Script

_NEWEST_WORDS = sys.version_info >= (3, 12)  # before, "sendIng a read()able" and the like


def _answered(connection: Any) -> None:
    connection.request("GET", "/")
    connection.getresponse().close()


class _Answering(FakeSocket):
    """Sends nothing, answers always the same."""

    def makefile(self, mode: str = "r", *_: Any) -> Any:
        return io.BytesIO(
            b"HTTP/1.1 100 Continue\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nA: b\r\na:  \xe9\r\nContent-Length: 2\r\n\r\nxy"
        )


SENDING: dict[str, Callable[[Any], Any]] = {
    "a get": lambda it: it.request("GET", "/"),
    "a post": lambda it: it.request("POST", "/", b"body", {"A": "b"}),
    "a str": lambda it: it.request("POST", "/", "text"),
    "an iterable": lambda it: it.request("POST", "/", [b"a", b"", b"b"]),
    "an iterable of a known length": lambda it: it.request(
        "POST", "/", [b"a", b"", b"b"], {"Content-Length": "2"}
    ),
    "a send": lambda it: it.send(b"body"),
    "a send of an array": lambda it: it.send(bytearray(b"body")),
    "steps": lambda it: (it.putrequest("GET", "/"), it.putheader("A", "b"), it.endheaders(b"x")),
}
FILES: dict[str, Callable[[Any], Any]] = {
    "a file": lambda it: it.request("POST", "/", io.BytesIO(b"file")),
    "a text file": lambda it: it.request("POST", "/", io.StringIO("text")),
    "a send of a file": lambda it: it.send(io.BytesIO(b"file")),
    "a send of a text file": lambda it: it.send(io.StringIO("text")),
}


def _printed(
    client: ModuleType, act: Callable[[Any], Any], capsys: pytest.CaptureFixture[str], level: int
) -> str:
    def leveled(connection: Any) -> None:
        connection.set_debuglevel(level)
        act(connection)

    capsys.readouterr()
    record(client, leveled)
    return re.sub("0x[0-9a-f]+", "0x...", capsys.readouterr().out)


@pytest.mark.parametrize("level", [-1, 0, 1, 2])
@pytest.mark.parametrize("name", SENDING)
def test_sending(
    client: ModuleType, capsys: pytest.CaptureFixture[str], name: str, level: int
) -> None:
    expected = _printed(http.client, SENDING[name], capsys, level)
    assert _printed(client, SENDING[name], capsys, level) == expected
    assert bool(expected) == (level > 0)


@pytest.mark.parametrize("name", FILES)
def test_sending_files(client: ModuleType, capsys: pytest.CaptureFixture[str], name: str) -> None:
    got = _printed(client, FILES[name], capsys, 1)
    if _NEWEST_WORDS:
        assert got == _printed(http.client, FILES[name], capsys, 1)
    assert ("encoding file using iso-8859-1" in got) == ("text" in name)
    assert ("sending a readable" in got) == ("send" in name)
    assert ("reading a readable" in got) == ("send" not in name)


@pytest.mark.parametrize("level", [0, 1])
def test_receiving(
    newest_client: ModuleType, capsys: pytest.CaptureFixture[str], level: int
) -> None:
    """An interim response, a status line and headers; the blank line is no header."""
    connection = newest_client.HTTPConnection("example.org")
    connection.set_debuglevel(level)
    connection.sock = _Answering()
    _answered(connection)
    connection.close()
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[1:]
        == [
            r"reply: 'HTTP/1.1 100 Continue\r\n'",
            "headers: []",
            r"reply: 'HTTP/1.1 200 OK\r\n'",
            "header: A: b",
            "header: a: \xe9",
            "header: Content-Length: 2",
        ]
        * level
    )


def test_the_level_of_the_class_counts(
    client: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As programs set it: HTTPConnection.debuglevel = 1."""
    connection = client.HTTPConnection("example.org")
    for owner in (client.HTTPConnection, http.client.HTTPConnection):
        with monkeypatch.context() as patch:
            patch.setattr(owner, "debuglevel", 1)
            connection.sock = _Answering()
            _answered(connection)
            connection.close()
            assert "send: b'GET / HTTP/1.1" in capsys.readouterr().out
        connection.sock = _Answering()
        _answered(connection)
        connection.close()
        assert capsys.readouterr().out == ""


def test_the_level_of_a_response_is_its_own(
    every_client: ModuleType, deliver: Delivery, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
    response = every_client.HTTPResponse(deliver.sock(raw), 1)
    assert response.debuglevel == 1
    response.begin()
    response.close()
    assert capsys.readouterr().out == "reply: 'HTTP/1.1 200 OK\\r\\n'\nheader: A: b\n"
    response = every_client.HTTPResponse(deliver.sock(raw), debuglevel=0)
    response.debuglevel = 2
    response.begin()
    response.close()
    assert "header: A: b" in capsys.readouterr().out


def test_a_tunnel(
    newest_client: ModuleType, capsys: pytest.CaptureFixture[str], script: Script
) -> None:
    script.answers(b"HTTP/1.1 200 OK\r\nVia: proxy\r\n\r\n")
    connection = script.connection(newest_client, "proxy")
    connection.set_debuglevel(1)
    connection.set_tunnel("origin")
    connection.connect()
    # The response to CONNECT is not told the level, so it prints no reply.
    assert capsys.readouterr().out.splitlines() == [
        r"send: b'CONNECT origin:80 HTTP/1.1\r\nHost: origin:80\r\n\r\n'",
        "header: Via: proxy",
        "",
    ]


def test_the_print_of_the_module_is_used(
    every_client: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """http.client.print = ... is how programs send it to a log."""
    said: list[tuple[Any, ...]] = []
    monkeypatch.setattr(http.client, "print", lambda *args: said.append(args), raising=False)
    connection = every_client.HTTPConnection("example.org")
    connection.set_debuglevel(1)
    connection.sock = _Answering()
    _answered(connection)
    connection.close()
    assert [args[0] for args in said] == [
        *("send:", "reply:", "headers:", "reply:", "header:", "header:", "header:")
    ]

"""A `http.client` not seen before: what cannot be proved equal is left alone, and said."""

from __future__ import annotations

import http.client
import sys
import warnings
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from ..client.scripted_server import Script
from .surface import surface

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture
def fresh(fasthttp: Any) -> Iterator[Any]:
    """fasthttp as if it had not warned yet."""
    fasthttp.patch.knowledge.cache_clear()
    with mock.patch.object(fasthttp.patch, "_has_warned", False):
        yield fasthttp
        fasthttp.uninstall()
    fasthttp.patch.knowledge.cache_clear()


def _unseen(fasthttp: Any, *places: str) -> Any:
    """A while in which these functions have a form that no fasthttp has seen."""
    seen = type(fasthttp.patch.knowledge()).objection.__globals__["SEEN"]
    return mock.patch.dict(seen, dict.fromkeys(places, ("0123456789abcdef",)))


def _exchange() -> None:
    with Script() as script:
        script.answers(_ANSWER)
        connection = script.connection(http.client)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello"


def test_it_is_left_alone_and_said_once(fresh: Any) -> None:
    before = surface()
    with _unseen(fresh, "HTTPResponse.begin", "HTTPConnection.putheader"):
        with pytest.warns(fresh.InstallWarning, match=r"HTTPResponse\.begin \(has a form"):
            left = fresh.install()
        assert left.keys() == {"HTTPResponse.begin", "HTTPConnection.putheader"}
        for place in left:
            assert surface()[place] is before[place]
        assert surface()["parse_headers"] is not before["parse_headers"]
        _exchange()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert fresh.install() == left
        fresh.uninstall()


@pytest.mark.parametrize(
    ("place", "leaf"),
    [
        ("HTTPResponse._read_status", "HTTPResponse.begin"),
        ("HTTPResponse._check_close", "HTTPResponse.begin"),
        ("_read_headers", "HTTPResponse.begin"),
        ("HTTPConnection._send_output", "HTTPConnection._send_request"),
        ("HTTPConnection.endheaders", "HTTPConnection._send_request"),
    ],
)
def test_what_would_skip_it_goes_the_plain_way(fresh: Any, place: str, leaf: str) -> None:
    calls = []
    code = vars(getattr(http.client, leaf.partition(".")[0]))[leaf.partition(".")[2]].__code__

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is code:
            calls.append(leaf)

    with _unseen(fresh, place):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fresh.install()
        sys.setprofile(note)
        try:
            _exchange()
        finally:
            sys.setprofile(None)
        fresh.uninstall()
    assert calls == [leaf]


def test_without_its_source_nothing_is_replaced(fresh: Any) -> None:
    before = surface()
    fresh.patch.knowledge.cache_clear()
    loader = mock.Mock(get_code=mock.Mock(return_value=None), get_source=lambda _: None)
    with mock.patch.object(http.client.__spec__, "loader", loader):
        with pytest.warns(fresh.InstallWarning, match="no source"):
            fresh.install()
        assert surface() == before
        fresh.uninstall()


def test_another_source_than_the_one_that_runs(fresh: Any) -> None:
    """As where the file was changed under a running process: the code decides."""
    loader: Any = http.client.__spec__.loader  # type: ignore[union-attr]
    code = compile("def parse_headers(): pass", "client.py", "exec")
    fresh.patch.knowledge.cache_clear()
    other = mock.Mock(get_code=lambda _: code, get_source=loader.get_source)
    before = surface()
    with mock.patch.object(http.client.__spec__, "loader", other):
        assert "parse_headers" in fresh.install()
        assert surface() == before
        fresh.uninstall()


def test_every_function_here_is_known(fasthttp: Any) -> None:
    """On every Python that the tests run on, nothing is left alone."""
    assert fasthttp.install() == {}
    assert fasthttp.install(newest=True) == {}
    fasthttp.uninstall()
    knowledge = fasthttp.patch.knowledge()
    missing = {"_strip_ipv6_iface", "_parse_header_lines", "HTTPConnection._wrap_ipv6"}
    for place in fasthttp.patch.guards.watched():
        expected = (None, "is missing") if place in missing else (None,)
        assert knowledge.objection(place) in expected, place

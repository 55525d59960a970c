"""HTTP/1.0 servers and clients: bodies until the end, and keep-alive only where it is said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from .body_readers import WAYS
from .site import Site
from .upstream import UNTIL_CLOSE


@pytest.fixture
def old(client: ModuleType, upstream: int) -> Iterator[Any]:
    """A connection to the Python server, which speaks HTTP/1.0 below /old/."""
    with contextlib.closing(client.HTTPConnection("127.0.0.1", upstream, timeout=30)) as connection:
        yield connection


def _get(connection: Any, path: str) -> Any:
    connection.request("GET", path)
    return connection.getresponse()


@pytest.mark.parametrize("read_by", WAYS.values(), ids=WAYS)
def test_body_without_length_lasts_until_the_close(
    old: Any, read_by: Callable[[Any], bytes]
) -> None:
    """Version 10, length None, every byte there."""
    response = _get(old, "/old/endless")
    assert (response.version, response.status, response.reason) == (10, 200, "Fine")
    assert (response.length, response.will_close, old.sock) == (None, True, None)
    assert read_by(response) == UNTIL_CLOSE


def test_length_is_honoured_and_the_connection_closed(old: Any) -> None:
    """Without keep-alive an HTTP/1.0 answer is the last of its connection."""
    response = _get(old, "/old/length")
    assert (response.version, response.will_close, response.read()) == (10, True, b"sized")
    assert old.sock is None
    assert _get(old, "/old/length").read() == b"sized"


def test_keep_alive_is_honoured(old: Any) -> None:
    """ "Connection: Keep-Alive" in an HTTP/1.0 answer keeps the socket."""
    response = _get(old, "/old/kept")
    sock = old.sock
    assert (response.version, response.will_close, response.read()) == (10, False, b"kept")
    assert _get(old, "/old/kept").read() == b"kept"
    assert old.sock is sock


def test_body_shorter_than_its_length_is_incomplete(client: ModuleType, old: Any) -> None:
    """IncompleteRead has what came and what is missing."""
    with pytest.raises(client.IncompleteRead) as caught:
        _get(old, "/old/short").read()
    assert (caught.value.partial, caught.value.expected) == (b"cut off", 43)


def test_interim_answers_are_skipped(old: Any) -> None:
    """100s that nobody asked for come before the final answer, which is the response."""
    response = _get(old, "/interim")
    assert (response.status, response.getheader("X-Interim")) == (200, None)
    assert response.read() == b"the final one"


def test_http10_request_gets_a_body_until_the_close(plain: Any, site: Site) -> None:
    """nginx sends a page of unknown length to an HTTP/1.0 client without chunks."""
    plain._http_vsn, plain._http_vsn_str = 10, "HTTP/1.0"
    response = _get(plain, "/sub/text.txt")
    assert (response.chunked, response.length, response.will_close) == (False, None, True)
    assert response.read() == site.text.replace(b"needle", b"a longer needle")

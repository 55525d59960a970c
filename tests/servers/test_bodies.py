"""nginx: every way of reading gives the same bytes, sized or chunked, plain or over TLS."""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from .body_readers import WAYS
from .nginx import Nginx
from .site import Site, digest
from .upstream import STREAMED

pytestmark = pytest.mark.usefixtures("nginx")


@pytest.fixture(params=list(WAYS))
def read_by(request: pytest.FixtureRequest) -> Callable[[Any], bytes]:
    """Each way of reading in turn."""
    return WAYS[request.param]


def _response(connection: Any, path: str, **headers: str) -> Any:
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    response = connection.getresponse()
    assert (response.status, response.version) == (200, 11)
    return response


def test_small_file(plain: Any, site: Site, read_by: Callable[[Any], bytes]) -> None:
    """A body shorter than any buffer."""
    assert read_by(_response(plain, "/small.txt")) == site.small


@pytest.mark.parametrize("way", ["read", "read_pieces", "readinto", "read1", "iteration"])
def test_large_file(plain: Any, site: Site, way: str) -> None:
    """32 MiB with a Content-Length, compared by digest."""
    response = _response(plain, "/large.bin")
    assert response.length == site.large_size
    body = WAYS[way](response)
    assert (len(body), digest(body)) == (site.large_size, site.large_digest)


def test_large_file_into_one_buffer(plain: Any, site: Site) -> None:
    """readinto() fills a buffer of the full size with the whole body."""
    body, done = bytearray(site.large_size), 0
    response = _response(plain, "/large.bin")
    with memoryview(body) as view:
        while done < site.large_size:
            done += response.readinto(view[done:])
    assert digest(body) == site.large_digest
    assert response.readinto(bytearray(10)) == 0
    assert response.isclosed()


@pytest.mark.parametrize("way", ["read", "readinto", "read1"])
def test_large_file_over_tls(secure: Any, site: Site, way: str) -> None:
    """The same 32 MiB, encrypted."""
    assert digest(WAYS[way](_response(secure, "/large.bin"))) == site.large_digest


def test_chunked_rewritten_page(plain: Any, site: Site, read_by: Callable[[Any], bytes]) -> None:
    """nginx's sub_filter has no length to announce."""
    response = _response(plain, "/sub/text.txt")
    assert response.chunked
    assert response.length is None
    assert read_by(response) == site.text.replace(b"needle", b"a longer needle")


def test_chunked_gzip_stays_compressed(
    plain: Any, site: Site, read_by: Callable[[Any], bytes]
) -> None:
    """Content-Encoding is the caller's; only the transfer coding is taken off."""
    response = _response(plain, "/gzip/text.txt", Accept_Encoding="gzip")
    assert response.chunked
    assert response.getheader("content-encoding") == "gzip"
    assert zlib.decompress(read_by(response), wbits=31) == site.text


def test_gzip_is_not_used_unasked(plain: Any, site: Site) -> None:
    """The default Accept-Encoding is identity, so nginx sends the file with its length."""
    response = _response(plain, "/gzip/text.txt")
    assert response.getheader("Content-Encoding") is None
    assert response.read() == site.text


def test_chunks_of_a_streaming_upstream(plain: Any, read_by: Callable[[Any], bytes]) -> None:
    """Chunks of odd sizes, one of them looking like the end."""
    response = _response(plain, "/streamed/")
    assert response.chunked
    assert read_by(response) == b"".join(STREAMED)


def test_chunk_extensions_and_trailers_are_dropped(
    client: ModuleType, upstream: int, read_by: Callable[[Any], bytes]
) -> None:
    """The Python server's own chunks carry extensions and a trailer; the body has neither."""
    connection = client.HTTPConnection("127.0.0.1", upstream, timeout=30)
    with contextlib.closing(connection):
        response = _response(connection, "/streamed/")
        assert read_by(response) == b"".join(STREAMED)
        assert response.getheader("X-Late") is None


def test_trailer_is_consumed_and_the_connection_kept(plain: Any, site: Site) -> None:
    """nginx's add_trailer: the next answer on the same socket starts after the trailer."""
    response = _response(plain, "/trailer/small.txt")
    sock = plain.sock
    assert response.chunked
    assert response.read() == site.small
    assert response.getheader("X-Late") is None
    assert _response(plain, "/trailer/small.txt").read() == site.small
    assert plain.sock is sock


@pytest.mark.parametrize("path", ["/sub/text.txt", "/text.txt"])
@pytest.mark.parametrize("way", ["read", "read_pieces", "readinto"])
def test_body_read_to_its_end_frees_the_connection(plain: Any, path: str, way: str) -> None:
    """Reading up to the empty answer is enough for the next request on the same socket."""
    for _ in range(3):
        response = _response(plain, path)
        sock = plain.sock
        assert WAYS[way](response)
        assert response.isclosed()
    assert plain.sock is sock


@pytest.mark.parametrize("path", ["/sub/text.txt", "/text.txt"])
@pytest.mark.parametrize("way", ["read1", "read1_sized", "iteration", "readline", "peek"])
def test_body_read_piecemeal_frees_the_connection(
    newest: ModuleType, nginx: Nginx, path: str, way: str
) -> None:
    """read1() and readline() close at the last byte, as the newest http.client does."""
    connection = newest.HTTPConnection(nginx.host, nginx.port, timeout=30)
    with contextlib.closing(connection):
        for _ in range(3):
            response = _response(connection, path)
            sock = connection.sock
            assert WAYS[way](response)
            assert response.isclosed()
        assert connection.sock is sock


def test_reads_after_the_end_are_empty(plain: Any, site: Site) -> None:
    """Every way of reading a finished response gives nothing, without an error."""
    response = _response(plain, "/small.txt")
    assert response.read() == site.small
    for again in WAYS.values():
        assert again(response) == b""


def test_ways_of_reading_can_be_mixed(plain: Any, site: Site) -> None:
    """A line, a few bytes, whatever is there, and the rest."""
    for path, text in (
        ("/text.txt", site.text),
        ("/sub/text.txt", site.text.replace(b"needle", b"a longer needle")),
    ):
        response = _response(plain, path)
        body = response.readline() + response.read(7) + response.read1(100) + response.readline(3)
        rest = bytearray(1000)
        body += bytes(rest[: response.readinto(rest)])
        body += response.read()
        assert body == text


def test_response_is_a_binary_file(plain: Any, site: Site) -> None:
    """io's own classes read through it, and `with` closes it."""
    with _response(plain, "/text.txt") as response:
        assert response.readable()
        assert isinstance(response.fileno(), int)
        with io.TextIOWrapper(response, encoding="ascii") as text:
            assert [line.encode() for line in text] == site.text.splitlines(keepends=True)
    assert response.closed


def test_length_counts_down(plain: Any, site: Site) -> None:
    """`length` is what is left of a sized body."""
    response = _response(plain, "/text.txt")
    response.read(1000)
    assert response.length == len(site.text) - 1000
    response.readinto(bytearray(24))
    assert response.length == len(site.text) - 1024
    response.read()

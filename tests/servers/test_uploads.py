"""Request bodies of every kind arrive whole at nginx and at the server behind it."""

from __future__ import annotations

import array
import io
import random
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .nginx import Nginx
from .site import digest

BODY = b"a body\r\nof \xe9 few lines\r\n" * 40
BIG = random.Random(8).randbytes(8 * 1024 * 1024)


def _generator() -> Iterable[bytes]:
    for start in range(0, len(BODY), 100):
        yield BODY[start : start + 100]


# Kinds of body whose length can be known before they are sent.
SIZED: dict[str, Callable[[], Any]] = {
    "bytes": lambda: BODY,
    "bytearray": lambda: bytearray(BODY),
    "memoryview": lambda: memoryview(BODY),
    "array": lambda: array.array("H", BODY),
    "str": lambda: BODY.decode("latin-1"),
}
# Kinds that are sent in chunks unless the caller gives the length.
UNSIZED: dict[str, Callable[[], Any]] = {
    "list": lambda: list(_generator()),
    "generator": _generator,
    "binary file": lambda: io.BytesIO(BODY),
    "text file": lambda: io.StringIO(BODY.decode("latin-1"), newline=""),
    "list with an empty part": lambda: [BODY[:50], b"", BODY[50:]],
}


def _echo(connection: Any, method: str = "POST", **arguments: Any) -> tuple[Any, bytes]:
    """The response of /echo, and its body."""
    connection.request(method, "/echo", **arguments)
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200
    assert response.getheader("X-Echo-Method") == method
    return response, body


def _seen(response: Any) -> tuple[str | None, str | None]:
    """Content-Length and Transfer-Encoding as nginx saw them."""
    return response.getheader("X-Seen-Length"), response.getheader("X-Seen-Encoding")


@pytest.mark.parametrize("kind", SIZED)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_sized_body_is_sent_with_its_length(plain: Any, kind: str, method: str) -> None:
    """A str is sent as ISO-8859-1, a buffer by its bytes."""
    response, body = _echo(plain, method, body=SIZED[kind]())
    assert body == BODY
    assert _seen(response) == (str(len(BODY)), None)


@pytest.mark.parametrize("kind", UNSIZED)
def test_unsized_body_is_sent_in_chunks(plain: Any, kind: str) -> None:
    """Files and iterables announce no length."""
    for _ in range(2):
        response, body = _echo(plain, body=UNSIZED[kind]())
        assert body == BODY
        assert _seen(response) == (None, "chunked")


@pytest.mark.parametrize("kind", UNSIZED)
def test_unsized_body_with_a_given_length_is_not_chunked(plain: Any, kind: str) -> None:
    """The caller's Content-Length is believed."""
    headers = {"Content-Length": str(len(BODY)), "Content-Type": "text/odd"}
    response, body = _echo(plain, body=UNSIZED[kind](), headers=headers)
    assert body == BODY
    assert _seen(response) == (str(len(BODY)), None)
    assert response.getheader("X-Seen-Type") == "text/odd"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_missing_body_is_announced_as_empty(plain: Any, method: str) -> None:
    """Methods that expect a body send Content-Length: 0."""
    response, body = _echo(plain, method)
    assert (body, _seen(response)) == (b"", ("0", None))


def test_get_without_a_body_announces_none(plain: Any) -> None:
    """Neither a length nor chunks."""
    response, body = _echo(plain, "GET")
    assert (body, _seen(response)) == (b"", (None, None))


@pytest.mark.parametrize("chunked", [False, True])
def test_big_body_comes_back_whole(plain: Any, chunked: bool) -> None:
    """8 MiB there and back, twice over one connection."""
    pieces = [BIG[start : start + 1_000_003] for start in range(0, len(BIG), 1_000_003)]
    sockets = []
    for _ in range(2):
        response, body = _echo(plain, body=pieces if chunked else BIG)
        assert digest(body) == digest(BIG)
        assert _seen(response)[1] == ("chunked" if chunked else None)
        sockets.append(plain.sock)
    assert sockets[0] is sockets[1]


def test_big_body_over_tls_comes_back_whole(secure: Any) -> None:
    """The same, encrypted."""
    assert digest(_echo(secure, body=BIG)[1]) == digest(BIG)


def test_open_file_is_uploaded(plain: Any, tmp_path: Path) -> None:
    """A file on disk, opened in binary mode, from its current position."""
    path = tmp_path / "upload.bin"
    path.write_bytes(b"skipped" + BIG[:3_000_000])
    with path.open("rb") as file:
        file.seek(len(b"skipped"))
        assert digest(_echo(plain, body=file)[1]) == digest(BIG[:3_000_000])


def test_body_sent_step_by_step(plain: Any) -> None:
    """putrequest, putheader, endheaders, send: the long way."""
    plain.putrequest("POST", "/echo")
    plain.putheader("Content-Length", str(len(BODY)))
    plain.endheaders(BODY[:10])
    plain.send(BODY[10:300])
    plain.send(io.BytesIO(BODY[300:]))
    assert plain.getresponse().read() == BODY


def test_encode_chunked_frames_the_message_body(plain: Any) -> None:
    """endheaders(encode_chunked=True) with a Transfer-Encoding of the caller's."""
    plain.putrequest("POST", "/echo")
    plain.putheader("Transfer-Encoding", "chunked")
    plain.endheaders(_generator(), encode_chunked=True)
    assert plain.getresponse().read() == BODY


def test_caller_may_frame_the_chunks_itself(plain: Any) -> None:
    """Without encode_chunked, what is given is sent as it is."""
    framed = [b"6\r\nfirst \r\n", b"3\r\nand\r\n", b"0\r\n\r\n"]
    response, body = _echo(plain, body=framed, headers={"Transfer-Encoding": "chunked"})
    assert (body, _seen(response)) == (b"first and", (None, "chunked"))


def test_expected_100_continue_is_skipped(plain: Any) -> None:
    """nginx sends an interim answer when asked; the response is the final one."""
    for _ in range(2):
        response, body = _echo(plain, body=BODY, headers={"Expect": "100-continue"})
        assert (response.status, body) == (200, BODY)


def test_body_over_the_limit_gives_413(plain: Any) -> None:
    """nginx answers before it has read the body, and closes."""
    plain.request("POST", "/narrow", body=b"x" * 2048)
    response = plain.getresponse()
    assert (response.status, response.reason) == (413, "Request Entity Too Large")
    assert response.will_close
    assert b"413" in response.read()


@pytest.mark.parametrize("body", [BODY, [BODY[:50], BODY[50:]]], ids=["sized", "chunked"])
def test_put_stores_a_file(plain: Any, nginx: Nginx, body: Any) -> None:
    """nginx's own dav module: PUT, GET, DELETE, GET."""
    statuses, path = [], f"/dav/stored-{threading.get_ident()}.bin"
    for method, sent in (("PUT", body), ("GET", None), ("DELETE", None), ("GET", None)):
        plain.request(method, path, body=sent)
        response = plain.getresponse()
        statuses.append(response.status)
        received = response.read()
        if statuses == [201, 200]:
            assert received == BODY
    assert statuses == [201, 200, 204, 404]


@pytest.mark.parametrize("text", ["\N{EURO SIGN}", "a\N{SNOWMAN}b"])
def test_text_beyond_latin1_is_refused_before_a_byte_is_sent(plain: Any, text: str) -> None:
    """The connection is not even opened."""
    with pytest.raises(UnicodeEncodeError):
        plain.request("POST", "/echo", body=text)
    assert plain.sock is None


@pytest.mark.parametrize(
    ("target", "headers"),
    [("/two words", {}), ("/a\r\nX: y", {}), ("/", {"X": "a\r\nY: b"}), ("/", {"X:Y": "z"})],
)
def test_injection_is_refused_before_a_byte_is_sent(
    client: ModuleType, plain: Any, target: str, headers: dict[str, str]
) -> None:
    """A target or header that would change the request's shape."""
    with pytest.raises((client.InvalidURL, ValueError)):
        plain.request("GET", target, headers=headers)
    assert plain.sock is None

"""Times the codec alone, without sockets: the stdlib, the pure twin, C, httptools if installed."""

import http.client
import importlib
import io
from collections.abc import Callable
from typing import Any

import pytest

from fasthttp._bench.implementations import TWINS, load_implementation

Compare = Callable[[str, Callable[[], Any], Any], None]

TWELVE = [
    ("Server", "nginx/1.24.0"),
    ("Date", "Sat, 21 Nov 2026 08:00:00 GMT"),
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", "1024"),
    ("Connection", "keep-alive"),
    ("Vary", "Accept-Encoding"),
    ("Cache-Control", "max-age=3600, must-revalidate"),
    ("ETag", '"5f3-6128b1f4a1e80"'),
    ("Last-Modified", "Fri, 20 Nov 2026 08:00:00 GMT"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Request-Id", "0123456789abcdef0123456789abcdef"),
]
FORTY = TWELVE + [(f"X-Custom-Header-{i}", f"value {i} " + "x" * 32) for i in range(28)]
FIELDS = {12: TWELVE, 40: FORTY}


def module(who: str) -> Any:
    return http.client if who == "stdlib" else load_implementation(who)


def twin(name: str, who: str) -> Any:
    return importlib.import_module(f"fasthttp.{TWINS[name]}_{who}")


def block(count: int) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in FIELDS[count]).encode() + b"\r\n"


@pytest.mark.parametrize("who", ["stdlib", "py", "c"])
@pytest.mark.parametrize("count", [12, 40])
def test_parse_headers(who: str, count: int, benchmark: Any) -> None:
    parse, wire = module(who).parse_headers, block(count)

    def filled() -> tuple[tuple[Any], dict[str, Any]]:
        """A new file for each call, with the block in its buffer: to rewind one would be timed."""
        file = io.BufferedReader(io.BytesIO(wire))
        file.peek()
        return (file,), {}

    assert parse(*filled()[0]).items() == FIELDS[count]
    benchmark.group = f"parse_headers, {count} fields"
    benchmark.pedantic(parse, setup=filled, rounds=20_000, warmup_rounds=100)


@pytest.mark.parametrize("who", ["py", "c", "httptools"])
@pytest.mark.parametrize("count", [12, 40])
def test_parse_head_without_building_a_message(who: str, count: int, compare: Compare) -> None:
    wire = b"HTTP/1.1 200 OK\r\n" + block(count)
    if who == "httptools":
        httptools = pytest.importorskip("httptools")

        class Protocol:
            def __init__(self) -> None:
                self.fields: list[tuple[bytes, bytes]] = []

            def on_header(self, name: bytes, value: bytes) -> None:
                self.fields.append((name, value))

        def work() -> Any:
            protocol = Protocol()
            parser = httptools.HttpResponseParser(protocol)
            parser.feed_data(wire)
            return parser.get_status_code(), dict(protocol.fields)[b"ETag"].decode()

    else:
        parse = twin("headers", who).parse_head

        def work() -> Any:
            _, head = parse(wire, 65536, 100)
            return head.status, head.get("ETag")

    compare(f"a head of {count} fields: status and one field", work, (200, dict(TWELVE)["ETag"]))


@pytest.mark.parametrize("who", ["py", "c"])
@pytest.mark.parametrize("size", [64, 1024, 65536])
def test_decode_chunks(who: str, size: int, compare: Compare) -> None:
    number = max(1, 65536 // size)
    wire = (b"%x\r\n%b\r\n" % (size, b"x" * size)) * number + b"0\r\n\r\n"
    decode = twin("chunks", who).decode_chunks

    def work() -> Any:
        content, _, _, _, stop = decode(wire, -1, len(wire), 65536)
        return len(content), stop

    compare(f"decode {number} chunks of {size} B", work, (number * size, 2))


@pytest.mark.parametrize("who", ["py", "c"])
def test_encode_head(who: str, compare: Compare) -> None:
    encode = twin("request", who).encode_head
    headers = {"User-Agent": "x/1.0", "Accept": "*/*", "X-One": "1", "X-Two": "2"}
    right = (
        b"GET /index.html HTTP/1.1\r\nHost: example.org\r\nAccept-Encoding: identity\r\n"
        b"User-Agent: x/1.0\r\nAccept: */*\r\nX-One: 1\r\nX-Two: 2\r\n\r\n"
    )
    host = b"Host: example.org\r\n"
    compare(
        "a request head, 4 fields", lambda: encode("GET", "/index.html", host, -1, headers), right
    )

"""What comes of the bytes of a response: read from a socket by `HTTPResponse`, and fed to a parser.

Both are written down as the same `Outcome`, so that they can be compared.
"""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from fasthttp._bench.implementations import load_package

from ..client.response_delivery import Delivery

#: How responses are read.
MODES: dict[str, dict[str, Any]] = {
    "lenient": {},
    "strict": {"strict": True},
    "skipping": {"skip_bad_lines": True},
    "small head": {"max_head_bytes": 200},
    "few fields": {"max_response_headers": 3},
    "upgrade": {"strict": True, "asked_upgrade": True},
}
#: The pool's own way, which no argument of a connection asks for.
SCRAPING: dict[str, Any] = {"scraping": True, "max_response_headers": 1000}
#: In bytes: what of the chunked coding is kept from one call to the next is shorter.
_SIZE_LINE = 20


@dataclass
class Outcome:
    """All that a caller can see of one response."""

    head: tuple[Any, ...] | None = None
    #: Whether it is chunked, its length, whether the connection closes.
    framing: tuple[bool, int | None, bool] | None = None
    body: bytes = b""
    error: tuple[str, str] | None = None
    trailers: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[bytes] = field(default_factory=list)
    informational: list[Any] = field(default_factory=list)
    can_reuse: bool = False


def head_of(found: Any) -> tuple[Any, ...]:
    headers = found.headers
    return (
        found.version,
        found.status,
        found.reason,
        headers.items(),
        headers.get_payload() if not headers.is_multipart() else len(headers.get_payload()),
        [type(defect).__name__ for defect in headers.defects],
        found.raw_headers,
        found.getheader("Set-Cookie"),
        found.getheader("absent", "default"),
    )


def failure_of(error: Exception) -> tuple[str, str]:
    # An IncompleteRead's text counts the bytes of one call.
    incomplete = type(error).__name__ == "IncompleteRead"
    return type(error).__name__, "" if incomplete else str(error).partition(": ")[2] or str(error)


def _bytes_left(sock: socket.socket) -> bool:
    with contextlib.suppress(OSError):
        return sock.recv(1) != b""
    return False


def pulled(implementation: str, wire: bytes, method: str | None, **settings: Any) -> Outcome:
    """What `HTTPResponse` makes of these bytes, and the end of the connection behind them."""
    package = load_package(implementation)
    outcome = Outcome()
    settings = dict(settings)
    upgrade = settings.pop("asked_upgrade", False)
    most = settings.pop("max_response_headers", None)
    with Delivery("socket") as deliver:
        sock = deliver.sock(wire)
        response = package.client.HTTPResponse(sock, method=method)
        policy = package._client.policy.Policy(
            lambda *told: outcome.informational.append(_informational(*told)), **settings
        )
        response._fasthttp_exchange = package._client.exchange.Exchange(policy)
        response._fasthttp_upgrade = upgrade
        try:
            response.begin(_max_headers=most)
            outcome.head = head_of(response)
            outcome.framing = bool(response.chunked), response.length, bool(response.will_close)
            outcome.body = response.read()
            outcome.trailers = response.trailers.items()
            in_step = package._client.response.is_in_step(response)
            outcome.can_reuse = in_step and not response.will_close and not _bytes_left(sock)
        except (HTTPException, OSError) as error:
            outcome.error = failure_of(error)
            outcome.body = getattr(error, "partial", b"")
        outcome.skipped = response.skipped_lines
        response.close()
    return outcome


def _informational(status: int, reason: str, headers: Any) -> Any:
    return status, reason, headers.items()


def parser_of(implementation: str, method: str | None, told: Any = None, **settings: Any) -> Any:
    """A parser with these settings, which may be SCRAPING; `told` is its `on_informational`."""
    package = load_package(implementation)
    if "scraping" not in settings:
        return package.incoming.ResponseParser(method, on_informational=told, **settings)
    reading = package.incoming.Reading(
        package._http.rules.SCRAPING, settings["max_response_headers"], None, told
    )
    return package.incoming.ResponseParser._by(reading, method, False)


def fed(
    implementation: str, pieces: Sequence[bytes], method: str | None, **settings: Any
) -> Outcome:
    """What the parser makes of these bytes as they arrive, and of the end of the connection."""
    outcome = Outcome()
    parser = parser_of(
        implementation,
        method,
        lambda *told: outcome.informational.append(_informational(*told)),
        **settings,
    )
    content = []
    try:
        for piece in pieces:
            content.append(parser.feed(piece))
            _assert_holds_little(parser)
        outcome.can_reuse = _end(parser, content)
        outcome.trailers = parser.trailers.items()
        assert b"".join(pieces).endswith(parser.leftover)
    except (HTTPException, OSError) as error:
        outcome.error = failure_of(error)
        content.append(parser.content_of_error)
        assert getattr(error, "partial", content[-1]) == content[-1]
        _assert_raises_again(parser, error)
    outcome.body = b"".join(content)
    if parser.head is not None:
        outcome.head = head_of(parser.head)
        outcome.framing = parser.chunked, parser.length, parser.will_close
    outcome.skipped = parser.skipped_lines
    return outcome


def _end(parser: Any, content: list[bytes]) -> bool:
    """Tell a parser of the end of the connection. Return whether, but for that, the connection
    could serve again: the pull parser's verdict is on the message alone.
    """
    could: bool | None = parser.can_reuse if parser.ended else None
    content.append(parser.eof())
    assert parser.ended
    assert not parser.can_reuse
    _assert_holds_little(parser)
    return parser.is_clear and not parser.will_close if could is None else could


def _assert_holds_little(parser: Any) -> None:
    assert len(parser._held) < _SIZE_LINE
    if parser.ended:
        assert not (parser._held or parser._line or parser._section)


def _assert_raises_again(parser: Any, error: Exception) -> None:
    held = parser.leftover, parser.skipped_lines, parser.head
    for call in (lambda: parser.feed(b"HTTP/1.1 200 OK\r\n\r\n"), parser.eof):
        assert _raised_by(call) is error
    assert (parser.leftover, parser.skipped_lines, parser.head) == held


def _raised_by(call: Callable[[], object]) -> Exception | None:
    try:
        call()
    except (HTTPException, OSError) as error:
        return error
    return None


def cuts(wire: bytes, seed: int = 0) -> Iterator[list[bytes]]:
    """The ways in which these bytes arrive: whole, byte by byte, and in random pieces."""
    yield [wire]
    if len(wire) <= 4096:
        yield [wire[i : i + 1] for i in range(len(wire))]
    chance = random.Random(f"{seed}{len(wire)}")
    for _ in range(2):
        ends = sorted(chance.sample(range(len(wire) + 1), min(len(wire), chance.randint(1, 9))))
        yield [wire[a:b] for a, b in zip([0, *ends], [*ends, len(wire)], strict=True)]


def assert_same(
    implementation: str, wire: bytes, method: str | None = "GET", **settings: Any
) -> None:
    """Assert that both make the same of these bytes, however they arrive."""
    expected = pulled(implementation, wire, method, **settings)
    if expected.error is not None and expected.error[0] != "IncompleteRead":
        expected.body = b""  # of which the error of the pull parser says nothing
    for pieces in cuts(wire):
        got = fed(implementation, pieces, method, **settings)
        if got.error is not None and got.error[0] != "IncompleteRead":
            got.body = b""
        assert got == expected, (wire, method, settings, pieces[:20])


def whole_differs(
    implementation: str, wire: bytes, method: str | None = "GET", **settings: Any
) -> str | None:
    """What `take_whole` gives otherwise than the parser, as text, empty where it is nothing; None
    where it leaves these bytes to the parser.
    """
    parser = parser_of(implementation, method, **settings)
    response_head = load_package(implementation)._http.response_head
    taken = response_head.take_whole(wire, method, parser._reading)
    if taken is None:
        return None
    head, content = taken
    made = response_head.ResponseHead(head.version, head.status, head.reason, head)
    body = parser.feed(wire)
    found = {
        "ended": (True, parser.ended),
        "can reuse": (True, parser.can_reuse),
        "leftover": (b"", parser.leftover),
        "skipped": ([], parser.skipped_lines),
        "trailers": ([], parser.trailers.items()),
        "content": (content, body),
        "head": (head_of(made), head_of(parser.head) if parser.head else None),
    }
    return "; ".join(f"{name}: {a!r:.200}, {b!r:.200}" for name, (a, b) in found.items() if a != b)

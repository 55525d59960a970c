"""Times parsers of responses that are fed bytes: fasthttp.incoming (C, Python), httptools, h11.

    python bench/parsers.py [--rounds 15] [small headers40 page chunks64]

CPU of one response, in microseconds, fed whole and in pieces of 16 KiB: the median over the rounds,
in each of which all take their turn. Each gives the status, one header and the whole body, which
are checked before. httptools and h11 are left out where they are not installed. httptools keeps one
parser, as on a kept connection; that h11 is told of the request is not in its time.
"""

import argparse
import importlib
import statistics
import time
from collections.abc import Callable
from typing import Any

from fasthttp._bench.answers import answer
from fasthttp._bench.implementations import load_package

_PIECE = 16384
_SCENARIOS = ("small", "headers40", "page", "chunks64")
_ASKS = "Content-Type"
#: CPU of one turn, in seconds.
_TURN = 0.05

Seen = tuple[int, str, bytes]
#: Takes the pieces of a response, and a parser that is ready for them.
Parse = Callable[[list[bytes], Any], Seen]


def _fasthttp(implementation: str) -> tuple[Callable[[], Any], Parse]:
    parser_class = load_package(implementation).incoming.ResponseParser

    def parse(pieces: list[bytes], _: None) -> Seen:
        parser = parser_class("GET")
        content = [parser.feed(piece) for piece in pieces]
        if not parser.can_reuse:
            raise AssertionError("it has not ended")
        return parser.head.status, parser.head.getheader(_ASKS), b"".join(content)

    return lambda: None, parse


class _Protocol:
    """What httptools calls."""

    def begin(self) -> None:
        """Forget the last response."""
        self.headers: dict[bytes, bytes] = {}
        self.parts: list[bytes] = []
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_body(self, part: bytes) -> None:
        self.parts.append(part)

    def on_message_complete(self) -> None:
        self.complete = True


def _httptools() -> tuple[Callable[[], Any], Parse]:
    protocol = _Protocol()
    parser = importlib.import_module("httptools").HttpResponseParser(protocol)
    asked = _ASKS.lower().encode()

    def parse(pieces: list[bytes], _: None) -> Seen:
        protocol.begin()
        for piece in pieces:
            parser.feed_data(piece)
        if not protocol.complete:
            raise AssertionError("it has not ended")
        value = protocol.headers[asked].decode("latin-1")
        return parser.get_status_code(), value, b"".join(protocol.parts)

    return lambda: None, parse


def _h11() -> tuple[Callable[[], Any], Parse]:
    h11: Any = importlib.import_module("h11")
    asked = _ASKS.lower().encode()

    def ready() -> Any:
        connection = h11.Connection(h11.CLIENT)
        connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
        connection.send(h11.EndOfMessage())
        return connection

    def parse(pieces: list[bytes], connection: Any) -> Seen:
        parts: list[bytes] = []
        head: Any = None
        for piece in pieces:
            connection.receive_data(piece)
            while (event := connection.next_event()) is not h11.NEED_DATA:
                if type(event) is h11.Data:
                    parts.append(bytes(event.data))
                elif type(event) is h11.Response:
                    head = event
                elif type(event) is h11.EndOfMessage:
                    value = dict(head.headers)[asked].decode("latin-1")
                    return head.status_code, value, b"".join(parts)
        raise AssertionError("it has not ended")

    return ready, parse


_PARSERS: dict[str, Callable[[], tuple[Callable[[], Any], Parse]]] = {
    "fasthttp (C)": lambda: _fasthttp("c"),
    "fasthttp (Python)": lambda: _fasthttp("py"),
    "httptools": _httptools,
    "h11": _h11,
}


class _Contestant:
    """One parser on the bytes of one scenario, cut in one way."""

    def __init__(self, name: str, scenario: str, size: int) -> None:
        right = answer(f"/{scenario}")
        wire = right.wire
        self.pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
        self.ready, self.parse = _PARSERS[name]()
        status, value, body = self.parse(self.pieces, self.ready())
        if (status, body) != (200, right.body) or value != "text/html; charset=utf-8":
            raise AssertionError(f"{name} is wrong about {scenario}")
        self.count = 1
        while self.turn() * self.count < _TURN:
            self.count *= 2
        self.times: list[float] = []

    def turn(self) -> float:
        """CPU seconds of a response, out of as many as make a turn."""
        parse, pieces = self.parse, self.pieces
        parsers = [self.ready() for _ in range(self.count)]
        begun = time.process_time()
        for parser in parsers:
            parse(pieces, parser)
        return (time.process_time() - begun) / self.count


def _installed(name: str) -> bool:
    try:
        _PARSERS[name]()
    except ImportError as error:
        print(f"without {name}: {error}")
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(_SCENARIOS))
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    names = [name for name in _PARSERS if _installed(name)]
    rows = [
        (scenario, fed, [_Contestant(name, scenario, size) for name in names])
        for scenario in options.scenarios or _SCENARIOS
        for fed, size in (("whole", 1 << 30), ("in pieces", _PIECE))
    ]
    for _ in range(options.rounds):
        for _, _, contestants in rows:
            for each in contestants:
                each.times.append(each.turn())
    print(" | ".join(["CPU per response, µs", *names]))
    for scenario, fed, contestants in rows:
        medians = [statistics.median(each.times) * 1e6 for each in contestants]
        print(" | ".join([f"{scenario}, {fed}", *(f"{median:,.1f}" for median in medians)]))


if __name__ == "__main__":
    main()

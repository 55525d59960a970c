"""A page is what `fasthttp.incoming` makes of the same bytes, and the connection goes on where it
says so: 1xx, trailers, chunks, odd heads and reuse, as the tests of both other clients have them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..client.connection.test_one_reading import ANSWERS, ORDINARY
from ..codec import cases, chunk_cases
from ..corpus.pool import ENDINGS, Row, play
from ..hostile.wires import EVIL, WIRES
from ..incoming.test_same import ODD

_OK = b"HTTP/1.1 200 OK\r\n"
_SIZED = b"Content-Length: 2\r\n\r\nok"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"


def _wires() -> Iterator[tuple[str, bytes]]:
    """Methods and responses."""
    for wire in ODD.values():
        yield from ((method, wire) for method in ("GET", "HEAD", "CONNECT", "POST"))
    for case in cases.HEADS:
        yield from (("GET", case.wire), ("GET", case.wire + b"\r\nbody"), ("HEAD", case.wire))
    for chunks in chunk_cases.CHUNKS:
        for ending in (b"", b"0\r\n\r\n", b"\r\n0\r\nA: b\r\n\r\n"):
            yield "GET", _CHUNKED + chunks.wire + ending
    yield from ANSWERS.values()
    yield from (("GET", _OK + lines + _SIZED) for lines in ORDINARY.values())
    for wire in (w.whole for w in WIRES.values()):
        yield from (("GET", wire), ("GET", wire + EVIL), ("HEAD", wire), ("POST", wire + b"\n"))


@pytest.mark.parametrize("delivery", ["whole", "pieces"])
def test_pages(implementation: str, delivery: str) -> None:
    rows = [
        Row(str(number), method, wire, ending, delivery)
        for number, (method, wire) in enumerate(_wires())
        for ending in ENDINGS
    ]
    result = play(implementation, iter(rows))
    assert result.cases == len(rows) > 500
    assert result.reused > 80
    assert result.wrong == []


@pytest.mark.parametrize("delivery", ["whole", "pieces", "bytes"])
def test_what_has_one_reading_costs_no_connection(implementation: str, delivery: str) -> None:
    wires = [*ANSWERS.values(), *(("GET", _OK + lines + _SIZED) for lines in ORDINARY.values())]
    wires = [(method, wire) for method, wire in wires if len(wire) < 1000]
    rows = (Row("", method, wire, "stays", delivery) for method, wire in wires)
    result = play(implementation, rows)
    assert result.reused == result.cases == len(wires)
    assert result.wrong == []

"""The chunked coding: every wire case on both twins, whole, byte by byte and with bytes behind."""

from __future__ import annotations

import pytest

from fasthttp._codec import stops

from .chunk_cases import CHUNKS, ChunkCase
from .twins import Twin

_every_stream = pytest.mark.parametrize("case", CHUNKS, ids=lambda case: case.name)


def _stop(twin: Twin, name: str) -> int:
    return {
        "more": twin.chunks.MORE,
        "full": twin.chunks.FULL,
        "last": twin.chunks.LAST,
        "odd": twin.chunks.ODD,
    }[name]


@_every_stream
def test_whole(twin: Twin, case: ChunkCase) -> None:
    content, used, left, whole, stop = twin.chunks.decode_chunks(
        case.wire, case.start, case.limit, case.max_line
    )
    assert stop == _stop(twin, case.stop), case.reason
    assert (content, case.wire[used:], left, whole) == (
        case.content,
        case.rest,
        case.then,
        case.whole,
    ), case.reason


@_every_stream
def test_within_larger_bytes(twin: Twin, case: ChunkCase) -> None:
    """What lies before `start` changes nothing."""
    for before in (b"5\r\n", b"\r\n" * 40):
        given = case.start, case.limit, case.max_line
        behind = twin.chunks.decode_chunks(before + case.wire, *given, len(before))
        assert behind == twin.chunks.decode_chunks(case.wire, *given)


def test_start_and_limit(twin: Twin) -> None:
    data = b"1\r\nx\r\n"
    assert twin.chunks.decode_chunks(data, 0, 9, 99, len(data)) == (b"", 0, 0, 0, twin.chunks.MORE)
    for limit, start in ((-1, 0), (1, -1), (1, len(data) + 1)):
        with pytest.raises(ValueError, match="limit must not be negative, and start within data"):
            twin.chunks.decode_chunks(data, -1, limit, 99, start)


@_every_stream
def test_in_pieces(twin: Twin, case: ChunkCase) -> None:
    """What is not consumed is offered again with the next piece, as a reader does it."""
    for size in (1, 2, 3, 7):
        _check_in_pieces(twin, case, size)


def _check_in_pieces(twin: Twin, case: ChunkCase, size: int) -> None:
    buffer, content, whole = b"", b"", 0
    left, stop, fed = case.start, twin.chunks.MORE, 0
    while stop == twin.chunks.MORE and fed < len(case.wire):
        buffer += case.wire[fed : fed + size]
        fed += size
        got, used, left, done, stop = twin.chunks.decode_chunks(
            buffer, left, case.limit - len(content), case.max_line
        )
        whole = len(content) + done if done else whole
        content += got
        buffer = buffer[used:]
    if case.limit == 0:
        return
    assert stop == _stop(twin, case.stop)
    assert (content, left, whole) == (case.content, case.then, case.whole)
    assert buffer + case.wire[fed:] == case.rest


@_every_stream
def test_every_prefix_gives_a_prefix(twin: Twin, case: ChunkCase) -> None:
    """No prefix says that the last chunk was there, and none that something is odd too early."""
    answers = []
    for end in range(len(case.wire) - len(case.rest)):
        content, used, _, _, stop = twin.chunks.decode_chunks(
            case.wire[:end], case.start, case.limit, case.max_line
        )
        assert case.content.startswith(content)
        assert used <= end
        answers.append(stop)
    assert set(answers) <= {twin.chunks.MORE, twin.chunks.FULL}


@_every_stream
def test_bytes_behind_the_end_change_nothing(twin: Twin, case: ChunkCase) -> None:
    if case.stop == "more":
        return
    expected = twin.chunks.decode_chunks(case.wire, case.start, case.limit, case.max_line)
    for trailing in (b"\r\n", b"0\r\n\r\n", b"\0\xff"):
        wire = case.wire + trailing
        got = twin.chunks.decode_chunks(wire, case.start, case.limit, case.max_line)
        assert got == expected, trailing


def test_stops_are_the_same_numbers_in_both(both: tuple[Twin, Twin]) -> None:
    compiled, pure = both
    for name in ("more", "full", "last", "odd"):
        assert _stop(compiled, name) == _stop(pure, name)


def test_many_chunks_are_decoded_at_once(twin: Twin) -> None:
    wire = b"".join(b"%x\r\n%b\r\n" % (n, bytes([n]) * n) for n in range(1, 200)) + b"0\r\n"
    content, used, left, whole, stop = twin.chunks.decode_chunks(wire, -1, 1 << 40, 99)
    assert content == b"".join(bytes([n]) * n for n in range(1, 200))
    assert (used, left, whole, stop) == (len(wire), -1, len(content), twin.chunks.LAST)


def test_content_is_cut_at_any_limit(twin: Twin) -> None:
    wire = b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n"
    for limit in range(1, 8):
        content, used, left, whole, stop = twin.chunks.decode_chunks(wire, -1, limit, 99)
        assert content == b"abcdefg"[:limit]
        assert stop == twin.chunks.FULL
        rest = twin.chunks.decode_chunks(wire[used:], left, 99, 99)
        assert content + rest[0] == b"abcdefg"
        assert whole == (0 if limit < 3 else 3 if limit < 7 else 7)


def test_why_it_stops_has_the_same_numbers(twin: Twin) -> None:
    chunks = twin.chunks
    assert (*(stops.MORE, stops.FULL, stops.LAST, stops.ODD),) == (
        chunks.MORE,
        chunks.FULL,
        chunks.LAST,
        chunks.ODD,
    )
    assert (stops.INCOMPLETE, stops.ODD_HEAD) == (twin.headers.INCOMPLETE, twin.headers.ODD)

"""SocketFile and the codec: whole heads and runs of chunks, however their bytes arrive."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from .cases import HEADS, Accepted, HeadCase
from .sockets import Pair, ScriptedSocket, talking
from .twins import Twin

_Opener = Callable[[Any], Any]
_HEAD = b"HTTP/1.1 200 OK\r\nServer: x\r\nA: b\r\n\r\n"
_CHUNKS = b"5\r\nhello\r\n1;ext\r\n \r\nA\r\nworld.....\r\n0\r\n"
_CONTENT = b"hello world....."


def _cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


# ------------------------------------------------------------------------- read_head


@pytest.mark.parametrize("case", HEADS, ids=lambda case: case.name)
def test_read_head_gives_what_parse_head_does(twin: Twin, pair: Pair, case: HeadCase) -> None:
    """And consumes nothing where that is nothing."""
    pair.says(case.wire + b"body", end=True)
    file = twin.stream.SocketFile(pair.near)
    head = file.read_head(case.max_line, case.max_fields)
    if isinstance(case.outcome, Accepted):
        assert (head.status, head.reason) == (case.outcome.status, case.outcome.reason)
        assert head.items() == list(case.outcome.fields)
        assert file.read() == b"body"
    else:
        assert head is None
        assert file.read() == case.wire + b"body"
    file.close()


@pytest.mark.parametrize("size", [1, 2, 3, 16, 17, 18, 19, 20, 33])
def test_read_head_from_pieces_loses_nothing(open_file: _Opener, size: int) -> None:
    """Not every twin waits for the rest of a head; either it has all of it or it leaves it all."""
    file = open_file(ScriptedSocket(list(_cut(_HEAD + b"body", size))))
    head = file.read_head(65536, 100)
    if head is None:
        assert file.read() == _HEAD + b"body"
    else:
        assert head.items() == [("Server", "x"), ("A", "b")]
        assert file.read() == b"body"


def test_read_head_does_not_wait_behind_the_head(open_file: _Opener) -> None:
    sock = ScriptedSocket([_HEAD])
    assert open_file(sock).read_head(65536, 100) is not None
    assert sock.calls == 1


def test_read_head_at_the_end_of_the_stream(open_file: _Opener) -> None:
    assert open_file(ScriptedSocket()).read_head(65536, 100) is None


def test_read_head_of_what_is_cut_off(open_file: _Opener) -> None:
    for end in range(len(_HEAD)):
        file = open_file(ScriptedSocket([_HEAD[:end]]))
        assert file.read_head(65536, 100) is None
        assert file.read() == _HEAD[:end]


def test_read_head_gives_up_on_an_endless_head(pair: Pair, open_file: _Opener) -> None:
    """Beyond the buffer or the line limit the line reader has to decide."""
    endless = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 30_000
    file = open_file(pair.near)
    with talking(pair, endless):
        assert file.read_head(65536, 10**6) is None
        assert file.read() == endless


def test_read_head_twice_reads_two(open_file: _Opener) -> None:
    other = _HEAD.replace(b"200", b"404")
    file = open_file(ScriptedSocket([_HEAD + other]))
    assert file.read_head(65536, 100).status == 200
    assert file.read_head(65536, 100).status == 404


# ----------------------------------------------------------------------- read_chunks


def _decode(
    twin: Twin, file: Any, limits: Sequence[int], max_line: int = 100
) -> tuple[bytes, str, bytes]:
    """Read chunks to their end as body.py does: what the codec leaves, line by line.

    Returns the content, how it ended ("last", "odd", "cut off") and what is behind it.
    """
    content, left, asked = b"", -1, 0
    while True:
        limit = limits[asked % len(limits)]
        asked += 1
        got, left, whole, stop = file.read_chunks(left, limit, max_line)
        assert 0 <= whole <= len(got)
        assert limit < 0 or len(got) <= limit
        content += got
        if stop == twin.chunks.LAST:
            return content, "last", file.read()
        if stop == 5:  # the same, and the empty line behind it
            return content, "last", b"\r\n" + file.read()
        if stop == twin.chunks.FULL:
            assert len(got) == limit
            continue
        if left > 0:
            assert stop == 4, "the stream ended within a chunk"
            assert file.read() == b""
            return content, "cut off", b""
        if left == 0 and (end := file.read(2)) != b"\r\n":
            return content, "odd" if len(end) == 2 else "cut off", end + file.read()
        line = file.readline()
        try:
            left = int(line.partition(b";")[0], 16) or -1
        except ValueError:
            return content, "odd" if line else "cut off", line + file.read()
        if left < 0:
            return content, "last", file.read()


@pytest.mark.parametrize("limits", [(-1,), (1,), (2, 7), (100,), (5, 1, 10), (1 << 40,)])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 100])
def test_chunks_from_pieces(
    twin: Twin, open_file: _Opener, size: int, limits: Sequence[int]
) -> None:
    file = open_file(ScriptedSocket(list(_cut(_CHUNKS + b"\r\nbehind", size))))
    assert _decode(twin, file, limits) == (_CONTENT, "last", b"\r\nbehind")


@pytest.mark.parametrize("end", range(len(_CHUNKS)))
def test_chunks_that_are_cut_off(twin: Twin, open_file: _Opener, end: int) -> None:
    file = open_file(ScriptedSocket([_CHUNKS[:end]]))
    content, how, _ = _decode(twin, file, (-1,))
    assert _CONTENT.startswith(content)
    # A last size line without its LF is one for the line reader.
    assert how == ("last" if _CHUNKS[:end].endswith((b"\r\n0", b"\r\n0\r")) else how)
    assert how in ("last", "cut off")


@pytest.mark.parametrize("limit", [-1, 1, 1000, 16384, 65536, 100_000])
@pytest.mark.parametrize("size", [1, 100, 16383, 16384, 16385, 65536, 300_000])
def test_big_chunks(twin: Twin, pair: Pair, open_file: _Opener, size: int, limit: int) -> None:
    body = (bytes(range(256)) * 2400)[: max(size, 4000)]
    if limit == 1:
        body = body[:4000]
    wire = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in _cut(body, size))
    file = open_file(pair.near)
    with talking(pair, wire + b"0\r\n\r\n"):
        assert _decode(twin, file, (limit,)) == (body, "last", b"\r\n")


#: Chunks of which some are received where they belong, and others not, with what announces them:
#: what stands between two of them has another length than the last time, or only looks like more.
_MIXED: list[tuple[int, bytes]] = [
    (65536, b"10000\r\n"), (65536, b"10000\r\n"), (16384, b"4000\r\n"), (16383, b"3FFF\r\n"),
    (70_000, b"000000000011170\r\n"), (70_000, b"11170\r\n"), (3, b"3\r\n"), (1, b"1\r\n"),
    (262_144, b"40000\r\n"), (300_001, b"493e1\r\n"), (17_000, b"4268;a=b\r\n"), (40, b"28\r\n"),
    (20_000, b"4e20\r\n"),
]  # fmt: skip


def _mixed() -> tuple[bytes, bytes]:
    """Their content, which looks like chunks everywhere, and how it is sent."""
    content, wire = b"", b""
    for size, line in _MIXED:
        part = (b"0\r\n\r\n\r\n10000\r\n" * (size // 7 + 1))[:size]
        content += part
        wire += line + part + b"\r\n"
    return content, wire + b"0\r\n\r\n"


@pytest.mark.parametrize("limits", [(-1,), (65536,), (1 << 40,), (100_000, 3), (16384, -1)])
@pytest.mark.parametrize("size", [999, 1448, 16384, 65543, 65545, 1 << 20])
def test_large_chunks_from_pieces(
    twin: Twin, open_file: _Opener, size: int, limits: Sequence[int]
) -> None:
    content, wire = _mixed()
    behind = b"HTTP/1.1 200 OK\r\n\r\n"
    file = open_file(ScriptedSocket(list(_cut(wire + behind, size))))
    assert _decode(twin, file, limits) == (content, "last", b"\r\n" + behind)


@pytest.mark.parametrize("timeout", [None, 20.0])
def test_large_chunks_from_a_socket(
    twin: Twin, pair: Pair, open_file: _Opener, timeout: float | None
) -> None:
    content, wire = _mixed()
    pair.near.settimeout(timeout)
    file = open_file(pair.near)
    with talking(pair, wire + b"x" * 1000):
        assert _decode(twin, file, (-1,)) == (content, "last", b"\r\n" + b"x" * 1000)


@pytest.mark.parametrize("end", [65536, 65537, 65538, 65540, 65545, 131_000, 131_080, 131_085])
def test_large_chunks_that_are_cut_off(twin: Twin, open_file: _Opener, end: int) -> None:
    content = bytes(range(256)) * 512
    wire = b"10000\r\n" + content[:65536] + b"\r\n10000\r\n" + content[65536:] + b"\r\n"
    file = open_file(ScriptedSocket([wire[:7], wire[7 : 7 + end]]))
    got, how, _ = _decode(twin, file, (-1,))
    assert how == "cut off"
    assert content.startswith(got)
    assert len(got) == (end if end <= 65536 else min(max(65536, end - 9), 131_072))


@pytest.mark.parametrize("limit", [65536, 65537, 131_072])
def test_no_more_is_waited_for_than_was_asked(open_file: _Opener, limit: int) -> None:
    """What comes behind the content may come late: there is no receive for it."""
    content = b"x" * 65536
    wire = b"10000\r\n" + content + b"\r\n10000\r\n" + content
    sock = ScriptedSocket([wire, AssertionError("one receive too many")])
    file = open_file(sock)
    got, left, _, _ = file.read_chunks(-1, limit, 100)
    assert len(got) == limit
    assert left == (0 if limit % 65536 == 0 else 65535)


@pytest.mark.parametrize("size", [10, 20_000, 200_000])
def test_a_whole_chunk_is_told_from_a_broken_one(
    twin: Twin, pair: Pair, open_file: _Opener, size: int
) -> None:
    """`whole` is where the last finished chunk ends: what is behind it is no valid part."""
    good = b"x" * size
    file = open_file(pair.near)
    with talking(pair, b"%x\r\n%b\r\n%x\r\n%b" % (size, good, size, good[:-1])):
        content = b""
        left = -1
        while True:
            got, left, whole, stop = file.read_chunks(left, -1, 100)
            content += got
            if stop == 4:
                break
            assert left == 0  # stopped in front of a size line that was there only in part
            assert whole == len(got)
            assert file.read(2) == b"\r\n"
            left = int(file.readline(), 16)
    assert (len(content), left) == (2 * size - 1, 1)
    assert len(content) - len(got) + whole == size


@pytest.mark.parametrize("left", [5, 20_000, 1 << 40, 1 << 59])
def test_the_rest_of_a_chunk_that_never_comes(twin: Twin, open_file: _Opener, left: int) -> None:
    file = open_file(ScriptedSocket([b"ab"]))
    assert file.read_chunks(left, -1, 100) == (b"ab", left - 2, 0, 4)


def test_chunks_at_the_end_of_the_stream(twin: Twin, open_file: _Opener) -> None:
    content, left, whole, stop = open_file(ScriptedSocket()).read_chunks(-1, -1, 100)
    assert (content, left, whole) == (b"", -1, 0)
    assert stop == 4


def test_a_size_line_beyond_the_limit_is_left_to_the_line_reader(
    twin: Twin, open_file: _Opener
) -> None:
    for wire in (b"1;" + b"x" * 200 + b"\r\na", b"1;" + b"x" * 200):
        file = open_file(ScriptedSocket(list(_cut(wire, 30))))
        content, left, _, stop = file.read_chunks(-1, -1, 50)
        assert (content, left, stop) == (b"", -1, twin.chunks.ODD)
        assert file.readline(51) == wire[:51]


def test_a_size_line_beyond_the_buffer_is_left_to_the_line_reader(
    twin: Twin, pair: Pair, open_file: _Opener
) -> None:
    wire = b"1;" + b"x" * 200_000 + b"\r\na"
    file = open_file(pair.near)
    with talking(pair, wire):
        content, left, _, stop = file.read_chunks(-1, -1, 1 << 40)
        assert (content, left, stop) == (b"", -1, twin.chunks.ODD)
        assert file.read() == wire


def test_chunks_do_not_wait_behind_the_last(pair: Pair, open_file: _Opener) -> None:
    """The connection stays open, so that waiting would last."""
    pair.near.settimeout(2)
    pair.says(b"2\r\nab\r\n0\r\n\r\n")
    file = open_file(pair.near)
    content, left, whole, _ = file.read_chunks(-1, -1, 100)
    assert (content, left, whole) == (b"ab", -1, 2)
    pair.far.shutdown(socket.SHUT_WR)
    assert file.read() == b""  # the empty trailer section was taken with the last chunk


@pytest.mark.parametrize(
    ("behind", "stop", "rest"),
    [
        (b"\r\n", 5, b""),
        (b"\r\nHTTP/1.1 200 OK", 5, b"HTTP/1.1 200 OK"),
        (b"", 2, b""),
        (b"\r", 2, b"\r"),
        (b"\n", 2, b"\n"),
        (b"\n\r\n", 2, b"\n\r\n"),
        (b"X: y\r\n\r\n", 2, b"X: y\r\n\r\n"),
    ],
)
def test_an_empty_trailer_section_is_taken_with_the_last_chunk(
    open_file: Any, behind: bytes, stop: int, rest: bytes
) -> None:
    file = open_file(ScriptedSocket([b"1\r\na\r\n0\r\n" + behind]))
    assert file.read_chunks(-1, -1, 100) == (b"a", -1, 1, stop)
    assert file.read() == rest


def test_the_trailer_section_is_not_waited_for(open_file: Any) -> None:
    sock = ScriptedSocket([b"1\r\na\r\n0\r\n", b"\r\n"])
    file = open_file(sock)
    assert file.read_chunks(-1, -1, 100) == (b"a", -1, 1, 2)
    assert sock.calls == 1
    assert file.readline() == b"\r\n"

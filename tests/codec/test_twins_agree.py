"""Generated hostile input: both twins give the very same, and what they accept is what the
stdlib's `parse_headers` makes of it.
"""

from __future__ import annotations

import email.parser
import http.client
import io
from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from ..drawn import examples
from . import strategies
from .sockets import ScriptedSocket
from .twins import Twin

_many = examples(400)
_some = examples(200)

_Both = tuple[Twin, Twin]


def _contents(length: int, head: Any) -> tuple[Any, ...]:
    """All that can be seen of a head."""
    if head is None:
        return (length,)
    items = head.items()
    names = {name for name, _ in items} | {"absent"}
    values = {name: head.get(name.swapcase()) for name in names}
    line = (head.version, head.status, head.reason)
    return length, line, items, head.outline(), values


@given(strategies.heads, strategies.line_limits, strategies.field_limits)
@_many
def test_heads(both: _Both, wire: bytes, max_line: int, max_fields: int) -> None:
    compiled, pure = (
        _contents(*twin.headers.parse_head(wire, max_line, max_fields)) for twin in both
    )
    assert compiled == pure


@given(strategies.blocks, strategies.line_limits, strategies.field_limits)
@_many
def test_fields(both: _Both, wire: bytes, max_line: int, max_fields: int) -> None:
    compiled, pure = (twin.headers.parse_fields(wire, max_line, max_fields) for twin in both)
    assert compiled == pure


@given(strategies.blocks)
@_many
def test_no_prefix_is_accepted_that_is_not_whole(both: _Both, wire: bytes) -> None:
    for end in range(len(wire)):
        compiled, pure = (twin.headers.parse_fields(wire[:end], 65536, 100) for twin in both)
        assert compiled == pure
        assert compiled[0] < 0 or wire[: compiled[0]].endswith(b"\n")


def _stdlib_message(block: bytes) -> http.client.HTTPMessage:
    """What http.client.parse_headers() says where it has no limits."""
    parser = email.parser.Parser(_class=http.client.HTTPMessage)
    return parser.parsestr(block.decode("iso-8859-1"))


@given(wire=st.one_of(strategies.blocks, strategies.blocks, strategies.heads))
@_many
def test_accepted_fields_are_those_of_email_parser(twin: Twin, wire: bytes) -> None:
    length, fields = twin.headers.parse_fields(wire, 65536, 100)
    if fields is None:
        return
    message = _stdlib_message(wire[:length])
    assert fields == message.items()
    assert message.defects == []
    assert message.get_payload() == ""


@given(wire=strategies.heads)
@_many
def test_accepted_heads_are_read_as_by_the_stdlib(twin: Twin, wire: bytes) -> None:
    length, head = twin.headers.parse_head(wire, 65536, 90)
    if head is None:
        return
    sock: Any = mock.Mock()
    sock.makefile.return_value = io.BytesIO(wire[:length])
    response = http.client.HTTPResponse(sock)
    response.begin()
    assert (head.version, head.status, head.reason) == (
        response.version,
        response.status,
        response.reason,
    )
    assert head.items() == response.getheaders()
    get = response.headers.get
    assert head.outline()[3:8] == (
        get("transfer-encoding"),
        get("content-length"),
        get("connection"),
        get("keep-alive"),
        get("proxy-connection"),
    )
    for name in response.headers:
        assert head.get(name) == response.getheader(name)
    response.close()


@given(
    strategies.chunk_streams,
    strategies.lefts,
    strategies.content_limits,
    strategies.line_limits,
)
@_many
def test_chunks(both: _Both, wire: bytes, left: int, limit: int, max_line: int) -> None:
    compiled, pure = (twin.chunks.decode_chunks(wire, left, limit, max_line) for twin in both)
    assert compiled == pure


@given(
    method=strategies.methods,
    target=strategies.targets,
    length=st.one_of(st.just(-1), st.integers(0, 2**62)),
    headers=st.dictionaries(strategies.header_names, strategies.header_values, max_size=5),
)
@_many
def test_request_heads(
    both: _Both, method: Any, target: Any, length: int, headers: dict[Any, Any]
) -> None:
    compiled, pure = (
        twin.request.encode_head(method, target, b"Host: h\r\n", length, headers) for twin in both
    )
    assert compiled == pure


def _by_lines(file: Any, left: int) -> tuple[bytes, int, str]:
    """Go on where the codec stopped, as body.py does, with one chunk: content, `left`, the end."""
    if left == 0 and len(file.read(2)) < 2:
        return b"", 0, "cut off at a chunk's end"
    if left <= 0:
        line = file.readline()
        try:
            left = int(line.partition(b";")[0], 16)
        except ValueError:
            return b"", 0, f"no size in {line!r}"
        if left <= 0:
            return b"", 0, f"the last chunk is of {left}, in front of {file.read()!r}"
    content = file.read(min(left, 1 << 20))
    return content, left - len(content), "" if len(content) == left else "cut off in a chunk"


def _drain(twin: Twin, pieces: list[bytes], limits: list[int]) -> tuple[bytes, str]:
    """The content of a chunk stream, and how it ended."""
    file = twin.stream.SocketFile(ScriptedSocket(pieces))
    content, left, asked, end = b"", -1, 0, ""
    while not end:
        limit = limits[asked % len(limits)]
        asked += 1
        got, left, whole, stop = file.read_chunks(left, limit, 65536)
        content += got
        assert 0 <= whole <= len(got)
        if stop in (twin.chunks.LAST, 5):
            behind = (b"\r\n" if stop == 5 else b"") + file.read()
            end = f"the last chunk is of 0, in front of {behind!r}"
        elif stop == twin.chunks.FULL:
            assert len(got) == limit
        elif stop == 4 and left > 0:
            end = "cut off in a chunk"
        else:
            got, left, end = _by_lines(file, left)
            content += got
    file.close()
    return content, end


@given(st.data(), st.lists(st.one_of(st.just(-1), st.integers(1, 50)), min_size=1, max_size=4))
@_some
def test_chunks_from_a_socket(both: _Both, data: st.DataObject, limits: list[int]) -> None:
    """However it arrives, and however much is asked for at a time."""
    wire = data.draw(strategies.chunk_streams)
    pieces = data.draw(strategies.pieces_of(wire))
    compiled, pure = (_drain(twin, pieces, limits) for twin in both)
    assert compiled == pure == _drain(both[1], [wire] if wire else [], [-1])


@given(st.data(), strategies.line_limits, strategies.field_limits)
@_some
def test_heads_from_a_socket(
    both: _Both, data: st.DataObject, max_line: int, max_fields: int
) -> None:
    """Either the head that is in all of it, or nothing consumed."""
    wire = data.draw(strategies.heads)
    pieces = data.draw(strategies.pieces_of(wire))
    for twin in both:
        length, expected = twin.headers.parse_head(wire, max_line, max_fields)
        file = twin.stream.SocketFile(ScriptedSocket(pieces))
        head = file.read_head(max_line, max_fields)
        if head is None:
            assert file.read() == wire
            assert expected is None or len(pieces) > 1
        else:
            assert _contents(length, head) == _contents(length, expected)
            assert file.read() == wire[length:]
        file.close()


_OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["read", "readline", "readinto"]), st.integers(0, 60)),
        st.tuples(st.sampled_from(["read1", "peek", "readinto1"]), st.integers(0, 60)),
        st.tuples(st.just("readline"), st.just(-1)),
    ),
    max_size=12,
)


def _apply(file: Any, name: str, size: int, rest: bytes) -> int:
    """Do one operation; check it against what is still to come; how much it took."""
    if name == "peek":
        seen = file.peek(size)
        assert rest.startswith(seen)
        assert seen or not rest
        return 0
    if name.startswith("readinto"):
        buffer = bytearray(size)
        got = bytes(buffer[: getattr(file, name)(buffer)])
    else:
        got = getattr(file, name)(size)
    most = len(rest) if size < 0 else min(size, len(rest))
    if name == "readline" and (end := rest.find(b"\n")) >= 0:
        most = min(most, end + 1)
    assert rest.startswith(got)
    if name.endswith("1"):
        assert min(1, most) <= len(got) <= most
    else:
        assert len(got) == most
    return len(got)


@given(st.data(), _OPERATIONS)
@_some
def test_files_read_what_is_there(
    twin: Twin, data: st.DataObject, operations: list[tuple[str, int]]
) -> None:
    """Any mixture of calls gives the bytes in order, none twice and none lost."""
    wire = data.draw(st.lists(st.sampled_from([b"ab", b"\n", b"c" * 30]), max_size=12))
    rest = b"".join(wire)
    file = twin.stream.SocketFile(ScriptedSocket(data.draw(strategies.pieces_of(rest))))
    for name, size in operations:
        rest = rest[_apply(file, name, size, rest) :]
    assert file.read() == rest
    file.close()
    assert file.leftover == 0

"""Chunk streams as they come from the wire, and what the codec makes of them.

Nothing here needs knowledge of the code. The decoder stops where it needs more bytes ("more"),
has given as much as was asked for ("full"), has seen the size line of the last chunk ("last"), or
meets something that is not of the plain form ("odd"). Odd is no error: a line-by-line reader goes
on from there, and it decides what `int()` takes and what is an `IncompleteRead`.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The place in the coding, besides the number of bytes that are left in a chunk.
BEFORE_SIZE, BEFORE_CRLF = -1, 0


@dataclass(frozen=True)
class ChunkCase:
    """One stream: its bytes, the content in them, why decoding stops, and where.

    `rest` is what is not consumed, `then` the place in the coding there, `whole` how much of the
    content belongs to finished chunks. `start` is the place where `wire` begins.
    """

    name: str
    wire: bytes
    content: bytes
    stop: str
    reason: str
    rest: bytes
    then: int
    whole: int
    start: int = BEFORE_SIZE
    limit: int = 1 << 30
    max_line: int = 65536


def _chunks(name: str, wire: bytes, content: bytes, reason: str, max_line: int = 99) -> ChunkCase:
    """Finished chunks, up to the CRLF of the last one."""
    return ChunkCase(
        name, wire, content, "more", reason, b"", BEFORE_CRLF, len(content), max_line=max_line
    )


def _last(name: str, wire: bytes, content: bytes, rest: bytes, reason: str) -> ChunkCase:
    return ChunkCase(name, wire, content, "last", reason, rest, BEFORE_SIZE, len(content))


def _odd_size(name: str, line: bytes, reason: str, max_line: int = 99) -> ChunkCase:
    """A size line that the decoder leaves alone."""
    return ChunkCase(name, line, b"", "odd", reason, line, BEFORE_SIZE, 0, max_line=max_line)


def _at_crlf(name: str, wire: bytes, stop: str, reason: str) -> ChunkCase:
    """Behind a chunk's content, where nothing can be consumed."""
    return ChunkCase(name, wire, b"", stop, reason, wire, BEFORE_CRLF, 0, start=BEFORE_CRLF)


CHUNKS = (
    ChunkCase("no byte yet", b"", b"", "more", "nothing to say", b"", BEFORE_SIZE, 0),
    _chunks("one chunk", b"5\r\nhello", b"hello", "RFC 9112 section 7.1"),
    _chunks("two", b"5\r\nhello\r\n1\r\n!", b"hello!", "one after the other"),
    _chunks(
        "a size in either case",
        b"a\r\n0123456789\r\nA\r\n" + b"x" * 10,
        b"0123456789" + b"x" * 10,
        "hexadecimal",
    ),
    _chunks("zeros in front", b"0" * 14 + b"2\r\nxy", b"xy", "15 digits are the most"),
    _chunks("a size line at its limit", b"0001\r\nx", b"x", "6 bytes with the end", max_line=6),
    _last("the last chunk", b"1\r\n!\r\n0\r\n\r\n", b"!", b"\r\n", "trailers are not its business"),
    _last("the last chunk alone", b"0\r\nA: b\r\n", b"", b"A: b\r\n", "an empty body"),
    _last("the last chunk in many zeros", b"000\r\n", b"", b"", '1*"0" (7.1)'),
    ChunkCase("part of a chunk", b"5\r\nhe", b"he", "more", "the rest comes later", b"", 3, 0),
    ChunkCase(
        "the rest of a chunk", b"llo", b"llo", "more", "as told", b"", BEFORE_CRLF, 3, start=3
    ),
    ChunkCase(
        "the greatest size",
        b"f" * 15 + b"\r\nx",
        b"x",
        "more",
        "below 2**60",
        b"",
        then=16**15 - 2,
        whole=0,
    ),
    ChunkCase(
        "CRLF and the next chunk",
        b"\r\n1\r\nx",
        b"x",
        "more",
        "consumed with the size line",
        b"",
        BEFORE_CRLF,
        1,
        start=BEFORE_CRLF,
    ),
    _at_crlf("CR alone", b"\r", "more", "together with the size line or not at all"),
    _at_crlf("CRLF alone", b"\r\n", "more", "the size line is missing"),
    _at_crlf("CRLF and half a size line", b"\r\n1", "more", "the other half is missing"),
    _at_crlf("CRLF and no size", b"\r\n\r\n", "odd", "IncompleteRead"),
    _at_crlf("LF behind a chunk", b"\n1\r\nx", "odd", "http.client takes any two bytes"),
    _at_crlf("junk behind a chunk", b"xx1\r\nx", "odd", "http.client takes any two bytes"),
    ChunkCase(
        "no CRLF before a size line like the first",
        b"1\r\na1\r\nb",
        b"a",
        "odd",
        "what was understood once has to stand in the same place",
        b"1\r\nb",
        BEFORE_CRLF,
        1,
    ),
    ChunkCase(
        "junk behind the first chunk",
        b"1\r\nax\r\n",
        b"a",
        "odd",
        "what is before it is given",
        b"x\r\n",
        BEFORE_CRLF,
        1,
    ),
    _odd_size("no size", b"\r\n", "IncompleteRead"),
    _odd_size("an empty line", b"\n", "IncompleteRead"),
    _odd_size("an extension without a size", b";a\r\n", "IncompleteRead"),
    _odd_size("no number", b"hello\r\n", "IncompleteRead"),
    _odd_size("NUL", b"1\0\r\nx", "IncompleteRead"),
    _odd_size("a sign", b"+5\r\nhello", "int() takes it"),
    _odd_size("a negative size", b"-1\r\n", "int() takes it"),
    _odd_size("a prefix", b"0x5\r\n", "int() takes it"),
    _odd_size("an underscore", b"1_0\r\n", "int() takes it"),
    _odd_size("a blank in front", b" 1\r\nx", "int() takes it"),
    _odd_size("a blank behind", b"1 \r\nx", "int() takes it"),
    _odd_size("CR CR LF", b"1\r\r\nx", "int() takes it"),
    _odd_size("LF for CRLF", b"2\nab", "readline() does not mind"),
    _odd_size("an extension", b"2;a=b\r\nab", "ignored (7.1.1), and counted (CVE-2023-39326)"),
    _odd_size("an extension without an end", b"2;a", "the same"),
    _odd_size("LF behind an extension", b"2;a\nab", "the way to smuggle (CVE-2025-22871)"),
    _odd_size("16 digits", b"0" * 16, "could overflow"),
    _odd_size("a size line beyond its limit", b"00001\r\nx", "LineTooLong", max_line=6),
    ChunkCase(
        "a limit within a chunk",
        b"5\r\nhello",
        b"he",
        "full",
        "no more than was asked for",
        rest=b"llo",
        then=3,
        whole=0,
        limit=2,
    ),
    ChunkCase(
        "a limit at the end of a chunk",
        b"2\r\nab\r\n",
        b"ab",
        "full",
        "the CRLF waits for the next call",
        rest=b"\r\n",
        then=BEFORE_CRLF,
        whole=2,
        limit=2,
    ),
    ChunkCase(
        "no content wanted",
        b"2\r\nab",
        b"",
        "full",
        "then nothing is looked at",
        rest=b"2\r\nab",
        then=BEFORE_SIZE,
        whole=0,
        limit=0,
    ),
)

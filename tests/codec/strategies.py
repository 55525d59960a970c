"""Hostile input: well-formed heads and chunk streams, and what breaks them in a few places."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from ..splinters import SOUP, broken

#: What parsers disagree about.
_EOL = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"])

_NAMES = st.one_of(
    st.sampled_from(
        [
            *(b"Content-Type", b"content-type", b"Content-Length", b"CONTENT-LENGTH", b"Server"),
            *(b"Transfer-Encoding", b"Connection", b"Keep-Alive", b"proxy-connection", b"ETag"),
            *(b"Set-Cookie", b"X-Amz-Cf-Id", b"x-amz-id-2", b"WWW-Authenticate", b"A", b"-", b"~"),
        ]
    ),
    st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=":"), min_size=1
    ).map(str.encode),
)
_VALUES = st.one_of(
    st.sampled_from(
        [
            *(
                b"",
                b" ",
                b"\t",
                b"close",
                b"chunked",
                b"0",
                b"12",
                b"-1",
                b" text/html",
                b"keep-alive",
            ),
            *(b"multipart/mixed; boundary=x", b"MESSAGE/http", b"text/multipart", b"a: b", b"\xff"),
        ]
    ),
    st.binary(max_size=40).map(
        lambda value: bytes(c for c in value if c == 9 or (c >= 32 and c != 127))
    ),
)


@st.composite
def _field(draw: st.DrawFn) -> bytes:
    blanks = draw(st.sampled_from([b" ", b"", b"  ", b"\t"]))
    return draw(_NAMES) + b":" + blanks + draw(_VALUES) + draw(_EOL)


_STATUS_LINES = st.builds(
    lambda version, status, reason, eol: b"HTTP/" + version + b" " + status + reason + eol,
    st.sampled_from([b"1.1", b"1.1", b"1.0", b"1.2", b"0.9", b"2", b"1.1 "]),
    st.one_of(
        st.sampled_from([b"200", b"304", b"100", b"999", b"099", b"20", b"2000"]),
        st.integers(100, 999).map(lambda status: b"%d" % status),
    ),
    st.one_of(st.sampled_from([b"", b" ", b" OK", b" \t OK \t", b"\tOK"]), _VALUES),
    _EOL,
)


def _block(fields: list[bytes], end: bytes) -> bytes:
    return b"".join(fields) + end


_plain_blocks = st.builds(_block, st.lists(_field(), max_size=8), st.sampled_from([b"\r\n", b"\n"]))

#: Header lines and what is behind them.
blocks = st.one_of(broken(_plain_blocks), broken(_plain_blocks), _plain_blocks, SOUP)
#: Whole heads and what is behind them.
heads = st.builds(
    lambda line, block, behind: line + block + behind,
    st.one_of(_STATUS_LINES, st.just(b"HTTP/1.1 200 OK\r\n"), broken(_STATUS_LINES)),
    blocks,
    st.sampled_from([b"", b"", b"body", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]),
)
#: Limits of a line: most often far away, else around the lengths that are generated.
line_limits = st.one_of(st.just(65536), st.integers(-1, 80))
field_limits = st.one_of(st.just(100), st.integers(-1, 9))


@st.composite
def _chunk_stream(draw: st.DrawFn) -> bytes:
    parts = []
    for content in draw(st.lists(st.binary(max_size=40), max_size=6)):
        size = draw(st.sampled_from([b"%x", b"%X", b"%03x", b"%x;a=b", b"%x;", b"%015x", b"%016x"]))
        if content or draw(st.booleans()):
            parts += [size % len(content), draw(_EOL), content, b"\r\n"]
    parts += draw(
        st.sampled_from([[], [b"0\r\n", b"\r\n"], [b"00;x\r\n"], [b"0\n\n"], [b"f" * 15]])
    )
    return b"".join(parts)


#: Chunk streams; the `left` that they begin with; how much of their content is asked for.
chunk_streams = st.one_of(broken(_chunk_stream()), _chunk_stream(), SOUP)
lefts = st.one_of(st.just(-1), st.just(0), st.integers(1, 50), st.just(2**59))
content_limits = st.one_of(st.just(1 << 40), st.integers(0, 60))


@st.composite
def pieces_of(draw: st.DrawFn, wire: bytes) -> list[bytes]:
    """`wire` cut at up to eight places; no piece is empty, for that would be the end."""
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(wire) - 1)), max_size=8)))
    ends = [0, *cuts, len(wire)]
    return [wire[start:end] for start, end in pairwise(ends) if start < end]


_odd_text = st.text(
    st.one_of(st.characters(max_codepoint=0x17F), st.sampled_from("\r\n\t :\0\x7f\u20ac\ud800")),
    max_size=12,
)
_anything = st.one_of(_odd_text, st.none(), st.binary(max_size=5), st.integers())
_plain = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)


def _mostly(
    usual: st.SearchStrategy[str], unusual: st.SearchStrategy[object]
) -> st.SearchStrategy[object]:
    return st.integers(0, 9).flatmap(lambda die: usual if die else unusual)


#: The method, the target, the names and the values of a request; seldom one that is no text.
methods = _mostly(st.one_of(st.sampled_from(["GET", "POST", "get"]), _plain), _anything)
targets = _mostly(
    st.one_of(st.sampled_from(["/", "/path?a=b", "http://h/", "htt", "*", ""]), _plain), _anything
)
header_names = _mostly(
    st.one_of(
        st.sampled_from(["Host", "hOST", "Accept-Encoding", "accept-encoding", "X", "Cookie"]),
        _plain.map(lambda text: text.replace(":", "-")),
    ),
    st.one_of(_anything, st.sampled_from(["Content-Length", "transfer-encoding", "A:b", "A b"])),
)
header_values = _mostly(
    st.one_of(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=12), _plain),
    st.one_of(_anything, st.booleans(), st.just(1.5), st.integers(-(10**30), 10**30)),
)

"""Generated responses: heads and bodies that are well-formed, broken in places, or neither.

Left out by generation is what the running Python's http.client does otherwise than CPython 3.15.2:
before it, more than 98 headers, 100 interim responses or 100 trailers, and lengths that it would
ask the memory for.
"""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from ..splinters import SOUP, broken

_EOL = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"])
_VISIBLE = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20
).map(lambda text: text.encode("latin-1"))

_STATUS_LINES = st.one_of(
    st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK"]),
    st.builds(
        lambda version, status, reason: b"HTTP/" + version + b" " + status + reason,
        st.sampled_from([b"1.1", b"1.0", b"0.9", b"1.2", b"2", b"1."]),
        st.one_of(
            st.sampled_from([b"204", b"304", b"101", b"199", b"999", b"99", b"1000", b"+200"]),
            st.integers(101, 999).map(lambda status: b"%d" % status),
        ),
        st.one_of(st.sampled_from([b"", b" ", b" OK", b"  OK \t", b"\tOK"]), _VISIBLE),
    ),
)

_OTHER_FIELDS = st.one_of(
    st.sampled_from(
        [
            *(b"Server: x", b"Set-Cookie: a=b", b"set-cookie: c", b"A:", b"A:\t b ", b"X: a:b"),
            *(b"Content-Type: text/html; charset=utf-8", b"Content-Type: text/plain"),
            *(b"Content-Type: multipart/mixed; boundary=x", b"Content-Type: message/http"),
            *(b"Folded: a\r\n b", b"Folded: a\n\tb", b"no colon", b" blank", b"A : b", b": b"),
            *(b"From me", b"A: \0", b"A: b\rC: d", b"\xe9: b", b"A: caf\xe9"),
        ]
    ),
    st.builds(
        lambda name, value: name + b": " + value,
        st.from_regex(rb"[A-Za-z][A-Za-z0-9-]{0,12}", fullmatch=True),
        _VISIBLE,
    ),
)
_CONNECTION_FIELDS = st.sampled_from(
    [
        *(b"Connection: close", b"Connection: Keep-Alive", b"Keep-Alive: timeout=5"),
        *(b"Proxy-Connection: keep-alive", b"connection: x, Close", b"Keep-Alive:"),
    ]
)
_ODD_FRAMING = st.sampled_from(
    [
        *(b"Content-Length: 5", b"Content-Length: -5", b"Content-Length: x", b"Content-Length:"),
        *(b"content-length: +7", b"Content-Length: 1_0", b"Content-Length: 3, 3"),
        *(b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: identity"),
        *(b"Transfer-Encoding: CHUNKED", b"transfer-encoding: chunked "),
    ]
)

_SIZES = st.sampled_from(
    [b"%x", b"%X", b"%x", b"%03x", b"%x;a=b", b"%x;", b" %x", b"%x ", b"+%x", b"0x%x"]
)


@st.composite
def _chunks(draw: st.DrawFn) -> bytes:
    parts = []
    for content in draw(st.lists(st.binary(min_size=1, max_size=50), max_size=5)):
        parts += [draw(_SIZES) % len(content), draw(_EOL), content, b"\r\n"]
    end = st.sampled_from(
        [b"0\r\n\r\n", b"0\r\n\r\n", b"00;x\r\nA: b\r\n\r\n", b"0\n\n", b"0\r\n", b""]
    )
    return b"".join(parts) + draw(end)


@st.composite
def _framed(draw: st.DrawFn) -> tuple[list[bytes], bytes]:
    """Framing fields, and a body of that framing or of another."""
    kind = draw(st.sampled_from(["sized", "chunked", "until the end", "odd"]))
    lines = st.sampled_from([b"", b"a\nb\r\nc", b"\n\n", b"x" * 300, b"line\n" * 20])
    plain = draw(st.one_of(st.binary(max_size=60), lines))
    if kind == "sized":
        more = draw(st.sampled_from([0, 0, 0, -1, 1, 5, 1000]))
        return [b"Content-Length: %d" % max(0, len(plain) + more)], plain
    if kind == "chunked":
        fields = [
            draw(st.sampled_from([b"Transfer-Encoding: chunked", b"transfer-encoding:Chunked"]))
        ]
        if draw(st.integers(0, 4)) == 0:
            fields.append(b"Content-Length: 5")
        return fields, draw(_chunks())
    if kind == "odd":
        return draw(st.lists(_ODD_FRAMING, min_size=1, max_size=2)), draw(
            st.one_of(_chunks(), st.just(plain))
        )
    return [], plain


@st.composite
def _whole(draw: st.DrawFn) -> bytes:
    framing, body = draw(_framed())
    others = draw(st.lists(_OTHER_FIELDS, max_size=4))
    others += draw(st.lists(_CONNECTION_FIELDS, max_size=2))
    fields = draw(st.permutations(framing + others))
    interim = draw(st.sampled_from([b"", b"", b"", b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n"]))
    head = draw(_STATUS_LINES) + draw(_EOL) + b"".join(field + draw(_EOL) for field in fields)
    behind = draw(st.sampled_from([b"", b"", b"HTTP/1.1 500 Behind\r\n\r\n", b"\r\n"]))
    return interim + head + draw(_EOL) + body + behind


#: Whole responses, with what may stand behind them.
responses = st.one_of(_whole(), _whole(), broken(_whole()), SOUP)


@st.composite
def pieces_of(draw: st.DrawFn, wire: bytes) -> list[bytes]:
    """`wire` as it arrives: whole, or in up to six pieces."""
    cuts = draw(st.sets(st.integers(0, len(wire)), max_size=5))
    ends = [0, *sorted(cuts), len(wire)]
    return [wire[start:end] for start, end in pairwise(ends) if start < end] or [b""]


methods = st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "CONNECT", None])

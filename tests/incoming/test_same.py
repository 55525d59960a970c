"""Fed whole, byte by byte and in pieces, the parser gives what `HTTPResponse` gives: over the
corpus, the codec's own cases, the wires of the faults cut at each byte, and generated responses.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..client import generated_responses as responses
from ..codec import cases, chunk_cases
from ..corpus.files import corpus_directory
from ..drawn import examples
from ..hostile.wires import EVIL, WIRES
from .outcomes import MODES, assert_same

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_modes = pytest.mark.parametrize("mode", MODES)


@pytest.mark.parametrize(
    "case",
    [case for case in cases.HEADS if case.max_line == cases.LONG_LINE],
    ids=lambda case: case.name,
)
@pytest.mark.parametrize("mode", ["lenient", "strict", "skipping"])
def test_heads(implementation: str, case: Any, mode: str) -> None:
    assert_same(implementation, case.wire, **MODES[mode])
    assert_same(implementation, case.wire + b"\r\nbody", **MODES[mode])


@pytest.mark.parametrize("case", chunk_cases.CHUNKS, ids=lambda case: case.name)
@pytest.mark.parametrize("mode", ["lenient", "strict"])
def test_chunks(implementation: str, case: Any, mode: str) -> None:
    for ending in (b"", b"0\r\n\r\n", b"\r\n0\r\nA: b\r\n\r\n"):
        assert_same(implementation, _CHUNKED + case.wire + ending, **MODES[mode])


@pytest.mark.parametrize("kind", WIRES)
@_modes
def test_what_breaks_off(implementation: str, kind: str, mode: str) -> None:
    whole = WIRES[kind].whole
    for cut in range(len(whole) + 1):
        assert_same(implementation, whole[:cut], **MODES[mode])
    assert_same(implementation, whole + EVIL, **MODES[mode])


ODD: dict[str, bytes] = {
    "line too long": _OK + b"A: " + b"b" * 65536 + b"\r\n\r\n",
    "line of the limit": _OK + b"A: " + b"b" * (65536 - 5) + b"\r\n\r\n",
    "status line too long": b"HTTP/1.1 200 " + b"b" * 65536 + b"\r\n\r\n",
    "no end of a line": b"H" * 70000,
    "many fields": _OK + b"A: b\r\n" * 101 + b"\r\n",
    "as many as allowed": _OK + b"A: b\r\n" * 100 + b"Content-Length: 0\r\n\r\n",
    "many trailers": _CHUNKED + b"0\r\n" + b"A: b\r\n" * 101 + b"\r\n",
    "trailer too long": _CHUNKED + b"0\r\nA: " + b"b" * 65536 + b"\r\n\r\n",
    "size line too long": _CHUNKED + b"1;" + b"x" * 65536 + b"\r\na\r\n0\r\n\r\n",
    "overhead": _CHUNKED + (b"1;" + b"x" * 900 + b"\r\na\r\n") * 20 + b"0\r\n\r\n",
    "less overhead": _CHUNKED + (b"1;" + b"x" * 90 + b"\r\na\r\n") * 20 + b"0\r\n\r\n",
    "overhead that is made good": _CHUNKED
    + (b"1;" + b"x" * 900 + b"\r\na\r\n" + b"400\r\n" + b"b" * 1024 + b"\r\n") * 30
    + b"0\r\n\r\n",
    "interims": b"HTTP/1.1 103 E\r\nA: b\r\n\r\n" * 99 + _OK + b"\r\n",
    "too many interims": b"HTTP/1.1 103 E\r\n\r\n" * 100 + _OK + b"\r\n",
    "interim in HTTP/2": b"HTTP/2 100 x\r\n\r\n" + _OK + b"\r\n",
    "interim of email's": b"HTTP/1.1 100 x\r\nno colon\r\n\r\n" + _OK + b"\r\n",
    "a switch": b"HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\nthe other protocol",
    "not HTTP": b"ICY 200 OK\r\n\r\n",
    "empty": b"",
    "empty line": b"\r\n",
    "negative chunk": _CHUNKED + b"-1\r\n",
    "huge chunk": _CHUNKED + b"f" * 16 + b"\r\n",
    "nearly huge chunk": _CHUNKED + b"7" + b"f" * 15 + b"\r\nabc",
    "odd chunk ends": _CHUNKED + b"3\r\nabcXX3\r\nabc\n\n0\r\n\r\n",
    "bare LF": _CHUNKED.replace(b"\r\n", b"\n") + b"3\nabc\r\n0\n\n",
    "length and chunks": _OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "lengths": _OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a negative length": _OK + b"Content-Length: -3\r\n\r\nabcd",
    "composite": _OK + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
    "204 with chunks": b"HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "large": _OK + b"Content-Length: 90000\r\n\r\n" + b"x" * 90000,
    "large chunks": _CHUNKED + (b"8000\r\n" + b"x" * 32768 + b"\r\n") * 3 + b"0\r\n\r\n",
    "1.0": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    "closing": _OK + b"Connection: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    "gzip coding": _OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
}


@pytest.mark.full(any=("method",))
@pytest.mark.parametrize("kind", ODD)
@_modes
@pytest.mark.parametrize("method", ["GET", "HEAD", "CONNECT"])
def test_what_is_odd(implementation: str, kind: str, mode: str, method: str) -> None:
    assert_same(implementation, ODD[kind], method, **MODES[mode])


@pytest.mark.skipif(
    not (corpus_directory() / "corpus.jsonl").exists(),
    reason=f"the response corpus is not in {corpus_directory()}: set FASTHTTP_CORPUS",
)
@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", ["lenient", "strict", "skipping"])
def test_the_corpus(implementation: str, mode: str) -> None:
    played = 0
    with (corpus_directory() / "corpus.jsonl").open() as rows:
        for row in map(json.loads, rows):
            wire = base64.b64decode(row["raw_base64"])
            assert_same(implementation, wire, row["request_method"], **MODES[mode])
            played += 1
    assert played > 3000


@given(responses.responses, responses.methods, st.sampled_from(sorted(MODES)))
@examples(400)
def test_generated(implementation: str, wire: bytes, method: str | None, mode: str) -> None:
    assert_same(implementation, wire, method, **MODES[mode])

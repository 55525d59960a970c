"""`take_whole`, which takes what arrives in one piece, gives what the parser gives, or nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..client import generated_responses as responses
from ..client.connection.test_one_reading import ANSWERS, ORDINARY
from ..codec import cases, chunk_cases
from ..conftest import IMPLEMENTATIONS
from ..corpus.files import corpus_directory
from ..drawn import examples
from ..hostile.wires import EVIL, WIRES
from .outcomes import MODES, SCRAPING, cuts, fed, whole_differs
from .test_same import ODD

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_SIZED = _OK + b"Content-Length: 2\r\n\r\nok"
_ALL = {**MODES, "scraping": SCRAPING}
_modes = pytest.mark.parametrize("mode", _ALL)


def taken(
    implementation: str, wires: Iterable[bytes], method: str | None = "GET", mode: str = "scraping"
) -> int:
    """How many of these are taken. Fails where one is taken otherwise than the parser does."""
    count = 0
    for wire in wires:
        differs = whole_differs(implementation, wire, method, **_ALL[mode])
        assert not differs, (wire, differs)
        count += differs is not None
    return count


@_modes
def test_what_is_plain_is_taken(implementation: str, mode: str) -> None:
    plain = (_SIZED, _CHUNKED + b"0\r\n\r\n", _CHUNKED + b"2\r\nok\r\n1\r\n!\r\n0\r\n\r\n")
    expected = 0 if mode in ("strict", "upgrade", "small head") else len(plain)
    assert taken(implementation, plain, mode=mode) == expected
    assert taken(implementation, [_SIZED], "HEAD", mode) == 0


@_modes
@pytest.mark.parametrize("method", ["GET", "HEAD", "CONNECT", None])
def test_every_case(implementation: str, mode: str, method: str | None) -> None:
    heads = [case.wire for case in cases.HEADS]
    taken(implementation, heads, method, mode)
    taken(implementation, [head + b"\r\n" for head in heads], method, mode)
    chunks = [_CHUNKED + case.wire for case in chunk_cases.CHUNKS]
    taken(implementation, chunks, method, mode)
    taken(implementation, [wire + b"0\r\n\r\n" for wire in chunks], method, mode)
    taken(implementation, ODD.values(), method, mode)
    taken(implementation, [_OK + line + _SIZED[17:] for line in ORDINARY.values()], method, mode)
    for asked, wire in ANSWERS.values():
        taken(implementation, [wire], asked, mode)


@_modes
@pytest.mark.parametrize("kind", WIRES)
def test_what_breaks_off(implementation: str, kind: str, mode: str) -> None:
    whole = WIRES[kind].whole
    assert taken(implementation, (whole[:cut] for cut in range(len(whole))), mode=mode) == 0
    taken(implementation, [whole, whole + EVIL, whole + b"\r\n"], mode=mode)


@pytest.mark.skipif(
    not (corpus_directory() / "corpus.jsonl").exists(),
    reason=f"the response corpus is not in {corpus_directory()}: set FASTHTTP_CORPUS",
)
def test_the_corpus(implementation: str) -> None:
    with (corpus_directory() / "corpus.jsonl").open() as rows:
        for mode in _ALL:
            count = 0
            for row in map(json.loads, rows):
                wire = base64.b64decode(row["raw_base64"])
                count += taken(implementation, [wire], row["request_method"], mode)
            rows.seek(0)
            assert (count > 100) is (mode not in ("strict", "upgrade", "small head"))


@given(responses.responses, responses.methods, st.sampled_from(sorted(_ALL)))
@examples(300)
def test_generated(implementation: str, wire: bytes, method: str | None, mode: str) -> None:
    taken(implementation, [wire], method, mode)


@given(responses.responses, responses.methods)
@examples(300)
def test_the_twins_take_the_same(wire: bytes, method: str | None) -> None:
    found = {whole_differs(name, wire, method, **SCRAPING) for name in IMPLEMENTATIONS}
    assert len(found) == 1


# -------------------------------------------------------------- the pool's rules


@given(responses.responses, responses.methods)
@examples(300)
def test_pieces(implementation: str, wire: bytes, method: str | None) -> None:
    """However the bytes arrive, they are read the same."""
    first, *others = (fed(implementation, pieces, method, **SCRAPING) for pieces in cuts(wire))
    assert all(other == first for other in others)


@pytest.mark.parametrize("asked", ANSWERS)
def test_what_has_one_reading_is_read_as_everywhere(implementation: str, asked: str) -> None:
    method, wire = ANSWERS[asked]
    expected = fed(implementation, [wire], method)
    assert expected.can_reuse
    assert fed(implementation, [wire], method, **SCRAPING) == expected


@pytest.mark.parametrize(
    ("line", "size"),
    [
        *((b"2\r\n", 2), (b"0002\r\n", 2), (b"2 \t\r\n", 2), (b"2;a\r\n", 2), (b"2 ;a=b\r\n", 2)),
        *(
            (b'2;a="b;c"\r\n', 2),
            (b'2;a="\r\n', 2),
            (b"2\n", 2),
            (b"2;a\rb\r\n", 2),
            (b"A\r\n", 10),
        ),
        *((b"+2\r\n", None), (b"-2\r\n", None), (b" 2\r\n", None), (b"0x2\r\n", None)),
        *((b"2_0\r\n", None), (b"\r\n", None), (b";a\r\n", None), (b"2 2\r\n", None)),
        *((b"\xb2\r\n", None), (b"2\x0b\r\n", None), (b"2\r", None), (b"2x\r\n", None)),
    ],
)
def test_sizes(implementation: str, line: bytes, size: int | None) -> None:
    wire = _CHUNKED + line + b"x" * (size or 2) + b"\r\n0\r\n\r\n"
    got = fed(implementation, [wire], "GET", **SCRAPING)
    if size is None:
        assert got.error is not None
        assert got.error[0] in ("MalformedChunk", "IncompleteRead")
        assert not got.body
    else:
        assert (got.error, got.body) == (None, b"x" * size)


@pytest.mark.parametrize(
    "cut",
    [
        *(b"HTTP/1.1 ", _OK, _OK + b"A: b", _OK + b"A: b\r\n", _OK + b"Content-Length: 0\r\n"),
        *(b"HTTP/1.1 103 E\r\n", _CHUNKED + b"0\r\n", _CHUNKED + b"0\r\nA: b\r\n"),
        _CHUNKED + b"0\r\nA: b\r\n\r",
    ],
)
def test_what_could_be_half_a_message_is_an_error(implementation: str, cut: bytes) -> None:
    assert fed(implementation, [cut], "GET", **SCRAPING).error is not None


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_bad_lines_are_left_out_as_skip_bad_lines_does(
    implementation: str, kind: str, method: str
) -> None:
    """What is read without an error is what `skip_bad_lines` gives, but for the limit of fields."""
    got = fed(implementation, [ODD[kind]], method, **SCRAPING)
    skipping = {"skip_bad_lines": True, "max_response_headers": 1000}
    if got.error is None:
        assert got == fed(implementation, [ODD[kind]], method, **skipping)

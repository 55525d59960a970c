"""Content codings: what comes out is what went in, however it is cut, and never too much."""

from __future__ import annotations

import gzip
import random
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasthttp._web import codings
from fasthttp._web.codings import Decoder, DecodingError, accept_encoding, decoder_for

from ..drawn import examples

_MOST = 1 << 30
_TEXT = b"".join(b"<p>%d</p>" % number for number in range(9_000))

_CACHES = (
    codings._accept_encoding,
    codings._makers,
    codings._brotli,
    codings._zlib,
    codings._zstd,
)
_find = codings._find
_OTHER = "zlib_ng.zlib_ng"
#: Which module for which coding.
_MODULES = {
    "br": ("brotli", "brotlicffi"),
    "zstd": ("compression.zstd", "backports.zstd", "zstandard"),
}
_LIBRARIES = [(coding, module) for coding, modules in _MODULES.items() for module in modules]


def _forget() -> None:
    for cached in _CACHES:
        cached.cache_clear()


@pytest.fixture(scope="module", autouse=True, params=["zlib", _OTHER])
def inflating(request: pytest.FixtureRequest) -> Iterator[None]:
    """All of it with the library of Python, and with the other one."""
    name: str = request.param
    if _find(name) is None:
        pytest.skip(f"no {name}")
    with pytest.MonkeyPatch.context() as patch:
        if name != _OTHER:
            patch.setattr(codings, "_find", lambda each: None if each == _OTHER else _find(each))
        _forget()
        assert codings._zlib().__name__ == name
        yield
    _forget()


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Call it with the names of the modules that are there; others are absent."""

    def hide(*names: str) -> None:
        monkeypatch.setattr(codings, "_find", lambda name: _find(name) if name in names else None)
        _forget()

    yield hide
    monkeypatch.undo()
    _forget()


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def packed(coding: str, data: bytes, module: str | None = None) -> bytes:
    if coding in ("gzip", "x-gzip"):
        return gzip.compress(data)
    if coding == "deflate":
        return zlib.compress(data)
    pack = import_module(module or _there(coding)).compress
    made: bytes = pack(data, quality=4) if coding == "br" else pack(data)
    return made


def _there(coding: str) -> str:
    for name in _MODULES[coding]:
        if _find(name) is not None:
            return name
    raise AssertionError(f"nothing packs {coding}")


def known() -> list[str]:
    return accept_encoding().split(", ")


def decoded(coding: str, *pieces: bytes, most: int = _MOST) -> bytes:
    decoder = decoder_for(coding)
    assert decoder is not None
    body = b"".join([decoder.feed(piece, most) for piece in pieces])
    return body + decoder.end()


def cut(data: bytes, dice: random.Random) -> list[bytes]:
    pieces = []
    while data:
        size = dice.randint(1, dice.choice((1, 3, 20, 1_000, 100_000)))
        pieces.append(data[:size])
        data = data[size:]
    return pieces


@pytest.mark.parametrize("nothing", [None, "", "identity", " , ", "Identity, identity"])
def test_nothing_to_decode(nothing: str | None) -> None:
    assert decoder_for(nothing) is None


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZip", " gzip ", "identity, gzip", ",gzip,"])
def test_names(coding: str) -> None:
    assert decoded(coding, gzip.compress(b"page")) == b"page"


@pytest.mark.parametrize("coding", ["compress", "gzip, sdch", "utf-8", "gzip;q=1", "none"])
def test_a_coding_that_is_not_known_is_an_error(coding: str) -> None:
    with pytest.raises(DecodingError, match="cannot decode the content coding"):
        decoder_for(coding)


def test_no_more_codings_than_five() -> None:
    wire = b"page"
    for _ in range(5):
        wire = gzip.compress(wire)
    assert decoded("gzip, " * 5, wire) == b"page"
    with pytest.raises(DecodingError, match="more than 5 content codings: 6"):
        decoder_for("gzip, " * 6)


@pytest.mark.parametrize("coding", known())
@pytest.mark.parametrize("size", [0, 1, 100, 70_000])
def test_whole_and_byte_by_byte(coding: str, size: int) -> None:
    body = _TEXT[:size]
    wire = packed(coding, body)
    assert decoded(coding, wire) == body
    assert decoded(coding, *(wire[at : at + 1] for at in range(len(wire)))) == body


@pytest.mark.parametrize("coding", [*known(), "gzip, deflate"])
def test_a_body_of_no_bytes_is_an_empty_page(coding: str) -> None:
    assert decoded(coding) == b""
    assert decoded(coding, b"", b"") == b""


@pytest.mark.parametrize("coding", known())
def test_a_stream_that_is_cut_anywhere_is_an_error(coding: str) -> None:
    wire = packed(coding, _TEXT[:300])
    for size in range(1, len(wire)):
        decoder = decoder_for(coding)
        assert decoder is not None
        body = decoder.feed(wire[:size], _MOST)
        assert _TEXT.startswith(body)
        with pytest.raises(DecodingError, match="cut"):
            decoder.end()


def test_a_bare_deflate_stream_that_is_cut_is_an_error() -> None:
    wire = bare(_TEXT[:300])
    for size in range(1, len(wire)):
        with pytest.raises(DecodingError, match="cut"):
            decoded("deflate", wire[:size])


@pytest.mark.parametrize("coding", known())
def test_a_broken_stream_is_an_error(coding: str) -> None:
    wire = packed(coding, random.Random(1).randbytes(400))
    with pytest.raises(DecodingError):
        decoded(coding, b"<html>" + wire)
    if coding == "gzip":
        for at in range(-8, 0):
            damaged = bytearray(wire)
            damaged[at] ^= 1
            with pytest.raises(DecodingError, match="broken"):
                decoded(coding, bytes(damaged))


@pytest.mark.parametrize("body", [b"", b"a", b"page" * 100, bytes(range(256)) * 10])
def test_deflate_with_and_without_a_wrapper(body: bytes) -> None:
    for level in (0, 1, 6, 9):
        for bits in (9, 15, -9, -15):
            packer = zlib.compressobj(level, zlib.DEFLATED, bits)
            wire = packer.compress(body) + packer.flush()
            assert decoded("deflate", wire) == body
            assert decoded("deflate", *(wire[at : at + 1] for at in range(len(wire)))) == body


def test_a_bare_stream_that_begins_like_a_wrapped_one() -> None:
    """A stored block whose padding and length look like RFC 1950's two bytes."""
    for start, low in ((0x78, 0x01), (0x78, 0x9C), (0x78, 0xDA), (0x08, 0x1D)):
        for high in (0, 1, 5, 0xFF):
            size = high << 8 | low
            body = random.Random(size).randbytes(size)
            length = size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
            wire = bytes([start]) + length + body + b"\x03\x00"
            assert zlib.decompress(wire, -15) == body
            assert decoded("deflate", wire) == body
            assert decoded("deflate", wire[:1], wire[1:4], wire[4:9], wire[9:]) == body
            with pytest.raises(DecodingError):
                decoded("deflate", wire[:-1])


def test_a_wrapped_stream_that_begins_like_a_bare_one() -> None:
    body = random.Random(5).randbytes(0xFEFE)
    wire = b"\x78\x01" + b"\x01\xfe\xfe\x01\x01" + body + zlib.adler32(body).to_bytes(4, "big")
    assert zlib.decompress(wire) == body
    assert codings._is_zlib(wire[:1_000], False) is None
    assert decoded("deflate", wire) == body
    assert decoded("deflate", *cut(wire, random.Random(6))) == body
    assert decoded("deflate", wire, most=9) == body[:10]


def test_members_one_behind_the_other() -> None:
    wire = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two")
    assert decoded("gzip", wire) == b"one two"
    assert decoded("gzip", *(wire[at : at + 1] for at in range(len(wire)))) == b"one two"
    padded = gzip.compress(b"one ") + b"\0" * 10_000 + gzip.compress(b"two") + b"\0"
    assert decoded("gzip", padded) == b"one two"
    assert decoded("gzip", *cut(padded, random.Random(3))) == b"one two"


@pytest.mark.parametrize(
    "behind", [b"\0", b"\0" * 9_000, b"garbage", b"\0\0x\x1f\x8b", b"\n\x1f\x8b"]
)
@pytest.mark.parametrize(
    "coding", [name for name in ("gzip", "deflate", "zstd") if name in known()]
)
def test_bytes_behind_the_end_are_ignored(coding: str, behind: bytes) -> None:
    wire = packed(coding, b"page")
    assert decoded(coding, wire + behind) == b"page"
    assert decoded(coding, wire, behind, behind) == b"page"
    assert decoded(coding, *((wire + behind)[at : at + 1] for at in range(len(wire + behind))))


@pytest.mark.parametrize("size", range(1, 20))
def test_a_second_member_that_is_cut_is_an_error(size: int) -> None:
    wire = gzip.compress(b"one")
    with pytest.raises(DecodingError, match="cut"):
        decoded("gzip", wire + wire[:size])
    with pytest.raises(DecodingError, match="cut"):
        decoded("gzip", wire, wire[:size])


def test_the_judge_agrees_on_any_damage() -> None:
    """What zlib refuses is refused, and what it takes is taken, in pieces too."""
    dice = random.Random(7)
    wires = [gzip.compress(_TEXT[:200]), zlib.compress(_TEXT[:200])]
    for _ in range(3_000):
        index = dice.randrange(2)
        wire = bytearray(wires[index])
        wire[dice.randrange(len(wire))] ^= 1 << dice.randrange(8)
        judge = zlib.decompressobj((31, 15)[index])
        try:
            expected = judge.decompress(wire) if judge.decompress(b"") == b"" else None
        except zlib.error:
            expected = None
        if not judge.eof:
            expected = None
        coding = ("gzip", "deflate")[index]
        if coding == "deflate" and wire[:2] != wires[1][:2]:
            continue  # taken for a bare one
        try:
            got = decoded(coding, *cut(bytes(wire), dice))
        except DecodingError:
            assert expected is None
        else:
            assert got == expected


# Too much


@pytest.mark.parametrize("coding", known())
@pytest.mark.parametrize("most", [0, 1, 99, 4_095, 4_096, 65_535, 65_536, 69_999, 70_000])
def test_never_more_than_one_byte_too_much(coding: str, most: int) -> None:
    body = _TEXT[:70_000]
    wire = packed(coding, body)
    for pieces in ([wire], cut(wire, random.Random(most))):
        decoder = decoder_for(coding)
        assert decoder is not None
        got = b"".join([decoder.feed(piece, most) for piece in pieces])
        got += decoder.end()
        assert got == body[: most + 1]
        if most < 70_000:
            assert decoder.feed(b"anything", most) == b""
            assert decoder.end() == b""


@pytest.mark.parametrize("coding", known())
@pytest.mark.parametrize("outer", [None, *known()])
def test_a_bomb_costs_what_is_allowed(coding: str, outer: str | None) -> None:
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    wire = packed(coding, bytes(1 << 25))
    name = coding if outer is None else f"{coding}, {outer}"
    wire = wire if outer is None else packed(outer, wire)
    most = 1 << 18
    decoder_for(name)
    tracemalloc.start()
    decoder = decoder_for(name)
    assert decoder is not None
    got = decoder.feed(wire, most)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert got == bytes(most + 1)
    assert peak < 8 << 20  # a window of brotli's or zstd's, and what is joined


@pytest.mark.parametrize("outer", known())
def test_a_bomb_of_which_little_is_left(outer: str) -> None:
    """Many empty members, packed: they make no page, but an ocean in between."""
    inner = gzip.compress(b"") * 200_000
    with pytest.raises(DecodingError, match="coded once, more than 1000 bytes"):
        decoded(f"gzip, {outer}", packed(outer, inner), most=1_000)


def _swallowed(kind: str) -> tuple[str, bytes]:
    """A coding, and megabytes in it of which no more than a byte comes out."""
    if kind == "padding":
        return "gzip", gzip.compress(b"x") + bytes(1 << 25)
    if kind == "padding between":
        return "gzip", gzip.compress(b"") + bytes(1 << 25) + gzip.compress(b"x")
    if kind == "behind":
        return "deflate", zlib.compress(b"x") + bytes(1 << 25)
    if kind == "blocks":  # stored ones of no bytes
        return "deflate", b"\0\0\0\xff\xff" * 2_000_000 + b"\x03\0"
    if kind == "members":
        return "gzip", gzip.compress(b"") * 400_000
    if kind == "frames":
        return "zstd", packed("zstd", b"") * 400_000
    return "zstd", b"\x50\x2a\x4d\x18\0\0\0\0" * 400_000


_SWALLOWED = ["padding", "padding between", "behind", "blocks", "members"]
_SWALLOWED += ["frames", "skipped"] * ("zstd" in known())


@pytest.mark.full(every=4)
@pytest.mark.parametrize("kind", _SWALLOWED)
@pytest.mark.parametrize("outer", [*known(), "gzip, gzip", "gzip, gzip, gzip, gzip"])
@pytest.mark.parametrize("most", [_MOST, sys.maxsize // 2, 10_000_000])
def test_a_bomb_that_costs_time_only(kind: str, outer: str, most: int) -> None:
    """What is swallowed between two codings is bounded by what came, without a limit too."""
    coding, wire = _swallowed(kind)
    for name in outer.split(", "):
        wire = packed(name, wire)
    decoder = decoder_for(f"{coding}, {outer}")
    assert decoder is not None
    fed: list[int] = []
    last: Any = decoder._stages[-1]
    decode = last.decode

    def counted(data: bytes, room: int) -> bytes:
        fed.append(len(data))
        made: bytes = decode(data, room)
        return made

    last.decode = counted
    with pytest.raises(DecodingError, match="bytes, coded twice, are"):
        decoder.feed(wire, most)
    assert sum(fed) <= (1 << 20) + 64 * len(wire) + 2


def test_streams_in_streams_are_counted() -> None:
    wire = gzip.compress(gzip.compress(b"") * 1_000)
    assert decoded("gzip, gzip", wire) == b""
    wire = gzip.compress(gzip.compress(b"x") * 30_000)
    with pytest.raises(DecodingError, match=r"\d streams or more, of which came [1-9]"):
        decoded("gzip, gzip", wire)


@pytest.mark.full(any=("outer",))
@pytest.mark.parametrize("outer", known())
@pytest.mark.parametrize("kind", ["stored", "blocked", "records", "zeros"])
def test_pages_that_are_coded_twice(kind: str, outer: str) -> None:
    """What is given out counts: large ones that an outer coding makes very small are no bombs."""
    if kind == "stored":  # by a server that is told to pack, at level 0
        body = _TEXT * 100
        inner = gzip.compress(body, compresslevel=0)
    elif kind == "zeros":
        body = bytes(1 << 25)
        inner = gzip.compress(body)
    else:  # as bgzip makes them, and archives of pages
        size, count = (65_280, 1_500) if kind == "blocked" else (2_000, 15_000)
        body = _TEXT[:size] * count
        inner = gzip.compress(_TEXT[:size]) * count
    wire = packed(outer, inner)
    assert decoded(f"gzip, {outer}", wire) == body
    pieces = [wire[at : at + 1_400] for at in range(0, len(wire), 1_400)]
    assert decoded(f"gzip, {outer}", *pieces) == body


@pytest.mark.parametrize("coding", [name for name in ("gzip", "zstd") if name in known()])
@pytest.mark.parametrize("padding", [b"", b"\0"])
def test_many_members_cost_no_square(coding: str, padding: bytes) -> None:
    padding = padding if coding == "gzip" else b""
    start = time.perf_counter()
    assert decoded(coding, (packed(coding, b"") + padding) * 40_000) == b""
    assert time.perf_counter() - start < 10


@pytest.mark.skipif("brotli" not in sys.modules and _find("brotli") is None, reason="no brotli")
def test_several_codings_are_undone_in_reverse() -> None:
    wire = packed("br", packed("gzip", _TEXT))
    assert decoded("gzip, br", wire) == _TEXT
    assert decoded("gzip,br", *cut(wire, random.Random(2))) == _TEXT
    with pytest.raises(DecodingError):
        decoded("br, gzip", wire)


def test_deflate_that_is_undecided_to_its_end_within_another() -> None:
    wire = gzip.compress(bare(b"a"))
    assert decoded("deflate, gzip", wire) == b"a"
    inner = gzip.compress(b"page", compresslevel=0)
    outer = (
        b"\x78" + (len(inner)).to_bytes(2, "little") + (len(inner) ^ 0xFFFF).to_bytes(2, "little")
    )
    assert decoded("gzip, deflate", outer + inner + b"\x03\x00") == b"page"


@examples(150)
@given(
    st.lists(st.sampled_from(known()), min_size=1, max_size=4),
    st.binary(max_size=300) | st.integers(0, 200_000).map(lambda size: _TEXT[:size]),
    st.integers(),
    st.integers(0, 300_000),
)
def test_what_goes_in_comes_out(names: list[str], body: bytes, seed: int, most: int) -> None:
    dice = random.Random(seed)
    wire = body
    for name in names:
        if name in ("gzip", "zstd"):
            at = dice.randint(0, len(wire))
            wire = packed(name, wire[:at]) + packed(name, wire[at:])
        else:
            wire = bare(wire) if name == "deflate" and dice.randrange(2) else packed(name, wire)
    coding = ", ".join(names)
    assert decoded(coding, *cut(wire, dice)) == body
    most = max(most, len(body) // 2)
    assert decoded(coding, *cut(wire, dice), most=most) == body[: most + 1]


@examples(300)
@given(st.sampled_from(known()), st.binary(max_size=200), st.integers(0, 100))
def test_garbage_is_an_error_or_a_page(coding: str, wire: bytes, most: int) -> None:
    with suppress(DecodingError):
        assert len(decoded(coding, wire, most=most)) <= most + 1


# Which libraries there are


@pytest.mark.parametrize(("coding", "module"), _LIBRARIES)
def test_each_library(only: Callable[..., None], coding: str, module: str) -> None:
    if _find(module) is None:
        pytest.skip(f"no {module}")
    only(module)
    assert accept_encoding() == f"gzip, deflate, {coding}"
    dice = random.Random(4)
    wire = packed(coding, _TEXT, module)
    assert decoded(coding, wire) == _TEXT
    assert decoded(coding, *cut(wire, dice)) == _TEXT
    for most in (0, 1, 4_096, 50_000):
        assert decoded(coding, wire, most=most) == _TEXT[: most + 1]
        assert decoded(coding, *cut(wire, dice), most=most) == _TEXT[: most + 1]
    for size in (1, 5, len(wire) - 1):
        with pytest.raises(DecodingError, match="cut"):
            decoded(coding, wire[:size])
    with pytest.raises(DecodingError, match="broken"):
        decoded(coding, b"\xff" * 100)
    bomb = packed(coding, bytes(1 << 25), module)
    assert decoded(coding, bomb, most=100_000) == bytes(100_001)
    assert decoded(f"{coding}, gzip", gzip.compress(bomb), most=100_000) == bytes(100_001)
    if coding == "zstd":
        assert decoded(coding, wire + wire) == _TEXT * 2
        assert decoded(coding, *cut(wire + wire, dice)) == _TEXT * 2
        skipped = b"\x5a\x2a\x4d\x18\x03\0\0\0abc"
        assert decoded(coding, wire + skipped + wire + b"garbage") == _TEXT * 2
        with pytest.raises(DecodingError, match="cut"):
            decoded(coding, wire + wire[:2])
    else:
        with pytest.raises(DecodingError, match="broken"):
            decoded(coding, wire + b"\0")


@pytest.mark.parametrize("module", _MODULES["zstd"])
def test_a_window_of_more_than_8_mib_is_refused(only: Callable[..., None], module: str) -> None:
    if _find(module) is None:
        pytest.skip(f"no {module}")
    only(module)
    # A frame with a window of 2**24 bytes, and one empty last block.
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([14 << 3]) + b"\x01\0\0"
    with pytest.raises(DecodingError, match="broken"):
        decoded("zstd", frame)
    assert decoded("zstd", frame[:5] + bytes([13 << 3]) + frame[6:]) == b""


def test_without_them(only: Callable[..., None]) -> None:
    only()
    assert accept_encoding() == "gzip, deflate"
    with pytest.raises(DecodingError, match="'br': install brotli"):
        decoder_for("br")
    with pytest.raises(DecodingError, match="'zstd': install backports"):
        decoder_for("gzip, zstd")


def test_a_brotli_that_knows_no_limit_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        def process(self, data: bytes) -> bytes:
            raise AssertionError

    class Module:
        Decompressor = Old

    old: Any = Module()
    monkeypatch.setattr(codings, "_find", lambda name: old if name == "brotli" else None)
    _forget()
    try:
        assert "br" not in accept_encoding()
    finally:
        monkeypatch.undo()
        _forget()


def test_accept_encoding_is_made_once() -> None:
    assert accept_encoding() is accept_encoding()
    assert accept_encoding().startswith("gzip, deflate")


def test_a_decoder_for_each_body() -> None:
    one, two = decoder_for("gzip"), decoder_for("gzip")
    assert isinstance(one, Decoder)
    assert isinstance(two, Decoder)
    feed: Any = partial(one.feed, most=_MOST)
    wire = gzip.compress(b"page")
    assert feed(wire[:9]) + two.feed(wire, _MOST) + feed(wire[9:]) == b"pagepage"

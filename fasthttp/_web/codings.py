"""Content codings (RFC 9110 section 8.4): gzip, deflate, br and zstd, decoded while they arrive.

Never more comes out than is asked for, so a bomb costs what its caller allows and no more. What one
coding makes of a body, and another one swallows, is bounded by what came and what is given out: so
is the time that a body takes, whatever is in it.

A stream that is cut is an error: `Decoder.end` says so. Bytes behind the last gzip member, zlib
stream or zstd frame are ignored, as browsers do; behind a br stream they are an error, since the
libraries for it cannot tell them from a broken stream. A body of no bytes is an empty page,
whatever its coding.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache, partial
from http.client import HTTPException
from importlib import import_module
from typing import Any, Protocol

#: So many codings, one around the other, are decoded; no server needs more than two.
MOST_CODINGS = 5
#: Of what lies between two codings, so much at once.
_SLICE_BETWEEN = 1 << 16
#: Of input that may have to be given a second time, so much at once.
_SLICE = 1 << 12
#: What the inner one of two codings may need beyond the page: headers, checksums, what grows.
_OVERHEAD = 1 << 16
#: What lies between two codings, and is not given out, may be so much, and so many times what came:
#: what is packed already gets little smaller when it is packed again.
_BETWEEN = 1 << 20
_RATIO = 64
#: An inner coding may have so many streams one behind the other, one more for so many bytes that
#: came, as if it were the only coding, and one more for so many that are given out.
_STREAMS = 1_000
_WIRE_OF_A_STREAM = 8
_PAGE_OF_A_STREAM = 1 << 10
#: Of a deflate stream that begins as either kind may, so much is looked at.
_LOOK_AT = 1 << 10
#: RFC 9659: a zstd window of more than 8 MiB is not for HTTP; it is what a decoder keeps in memory.
_WINDOW_LOG = 23
_NOT_ZERO = re.compile(rb"[^\0]")


class DecodingError(HTTPException):
    """A body that cannot be decoded: a coding that is not known, or a broken or cut stream."""


class _Stage(Protocol):
    """One coding. `decode` gives at most `room` bytes, room being 1 or more; where it gives as
    many, there may be more, which `decode(b"", room)` gives. `flush` is called behind the last
    input, once, and raises where the stream is cut. `streams` counts those behind the first one.
    """

    streams: int

    def decode(self, data: bytes, room: int) -> bytes: ...

    def flush(self, room: int) -> bytes: ...


class _Streams:
    """What is the same for gzip, deflate and zstd: streams, one behind the other, each decoded by
    an object of its own with `decompress(data, max_length)`, `eof` and `unused_data`.

    `_rest[_at:]` has come, and is to be decoded yet, behind what is in the object: where it has
    filled its room, it may have more to give.
    """

    _name = ""
    #: So many bytes are needed to know the start of a stream behind another.
    _start_size = 1
    # Of most objects these stay as they are, for which they are those of the class.
    _began = False
    _ignores = False
    _is_full = False
    _rest = b""
    _at = 0
    streams = 0

    def __init__(self) -> None:
        self._stream = self._new()

    @property
    def _error(self) -> type[Exception]:
        """What the object raises."""
        error: type[Exception] = _zlib().error
        return error

    def _new(self) -> Any:
        """Return an object that decodes one stream."""
        raise NotImplementedError

    def _unread(self) -> bytes:
        """Return what the object has not used of its last input."""
        unread: bytes = self._stream.unused_data if self._stream.eof else b""
        return unread

    def _next(self, rest: bytes, at: int) -> int | None:
        """Return where in `rest`, behind a stream, the next one begins: `len(rest)` if not here,
        and None if none will come. What could become the start of one is a start.
        """
        return None

    def decode(self, data: bytes, room: int) -> bytes:
        stream = self._stream
        if self._rest or stream.eof:
            return self._go_on(data, room)
        if data:
            self._began = True
        try:
            out: bytes = stream.decompress(data, room)
        except self._error as error:
            raise _broken(self._name, error) from error
        if len(out) == room or (stream.eof and stream.unused_data):
            self._is_full = len(out) == room
            self._rest, self._at = self._unread(), 0
            if self._rest and not self._is_full:
                out += self._go_on(b"", room - len(out))
        return out

    def _go_on(self, data: bytes, room: int) -> bytes:
        """Decode what is left and `data`, in slices: an object copies what it does not use, and
        does so again for each stream, or each time that its room is filled.
        """
        if data:
            self._rest, self._at = self._rest[self._at :] + data, 0
        made: list[bytes] = []
        while room and (not self._stream.eof or self._begins()):
            piece = b"" if self._is_full else self._rest[self._at : self._at + _SLICE]
            try:
                out = self._stream.decompress(piece, room)
            except self._error as error:
                raise _broken(self._name, error) from error
            made.append(out)
            room -= len(out)
            self._is_full = not room
            self._take(len(piece))
            if not self._rest:
                break
        return b"".join(made)

    def _take(self, size: int) -> None:
        """Count a piece of `_rest` as decoded, but for what was not used of it."""
        unread = self._unread()
        if len(unread) <= size:
            self._at += size - len(unread)
        else:  # of a piece before, which the object has kept until now
            self._rest, self._at = unread + self._rest[self._at :], 0
        if self._at == len(self._rest):
            self._rest, self._at = b"", 0

    def _begins(self) -> bool:
        """Whether one more stream begins in what is left; what belongs to none is dropped."""
        at = None if self._ignores else self._next(self._rest, self._at)
        if at is None or at == len(self._rest):
            self._ignores = at is None
            self._rest, self._at = b"", 0
            return False
        self._at = at
        if len(self._rest) - at < self._start_size:
            return False
        self._stream = self._new()
        self._is_full = False
        self.streams += 1
        return True

    def flush(self, room: int) -> bytes:
        if self._began and (self._rest or not self._stream.eof):
            raise DecodingError(f"the {self._name} stream is cut: its end is missing")
        return b""


class _Gzip(_Streams):
    """RFC 1952. Behind a member may be zeros, and then another one; anything else is ignored."""

    _name = "gzip"
    _start_size = 2

    def _new(self) -> Any:
        return _zlib().decompressobj(31)

    def _unread(self) -> bytes:
        stream = self._stream
        unread: bytes = stream.unused_data if stream.eof else stream.unconsumed_tail
        return unread

    def _next(self, rest: bytes, at: int) -> int | None:
        found = _NOT_ZERO.search(rest, at)
        if found is None:
            return len(rest)
        return (
            found.start()
            if b"\x1f\x8b".startswith(rest[found.start() : found.start() + 2])
            else None
        )


class _Deflate(_Streams):
    """A zlib stream (RFC 1950), as RFC 9110 has it, or one of bare deflate (RFC 1951), as many
    servers send it. Its start tells: see `_is_zlib`.
    """

    _name = "deflate"
    _bits = -15
    #: What has come while its start does not tell; None as soon as it does.
    _start: bytes | None = b""

    def _new(self) -> Any:
        return _zlib().decompressobj(self._bits)

    _unread = _Gzip._unread

    def decode(self, data: bytes, room: int) -> bytes:
        if self._start is None:
            return super().decode(data, room)
        self._start += data
        if not self._start:
            return b""
        wrapped = _is_zlib(self._start, len(self._start) >= _LOOK_AT)
        return b"" if wrapped is None else self._begin(wrapped, room)

    def _begin(self, wrapped: bool, room: int) -> bytes:
        start, self._start = self._start or b"", None
        self._bits = 15 if wrapped else -15
        self._stream = self._new()
        return super().decode(start, room)

    def flush(self, room: int) -> bytes:
        out = b""
        if self._start:
            out = self._begin(bool(_is_zlib(self._start, True)), room)
        # Where all room is filled, more is too much, and whether it is cut does not matter.
        return out if len(out) == room else out + super().flush(room)


def _is_zlib(start: bytes, is_all: bool) -> bool | None:
    """Whether a deflate stream is in zlib's wrapper; None where more has to be seen, if there is
    any: `is_all` says that there is not.

    RFC 1950's two bytes are also those of a bare stream whose first block is stored as it is, with
    odd padding. Then two bytes of length follow, and their complement: where they do, it is a zlib
    stream if zlib can read its first KiB.
    """
    if start[0] & 0x8F != 0x08:
        return False
    if len(start) > 1 and ((start[0] << 8 | start[1]) % 31 or start[1] & 0x20):
        return False
    if len(start) < 5:
        return True if is_all else None
    if start[1] ^ start[3] != 0xFF or start[2] ^ start[4] != 0xFF:
        return True
    if not is_all:
        return None
    try:
        zlib.decompressobj(15).decompress(start[:_LOOK_AT], 1 << 20)
    except zlib.error:
        return False
    return True


class _Zstd(_Streams):
    """RFC 8878: frames, some of which are to be skipped. What does not begin as one is ignored.

    `new` gives an object for one frame.
    """

    _name = "zstd"
    _start_size = 4

    def __init__(self, new: Callable[[], Any], error: type[Exception]) -> None:
        self._new = new  # type: ignore[method-assign]
        self._error_of_zstd = error
        super().__init__()

    @property
    def _error(self) -> type[Exception]:
        return self._error_of_zstd

    def _next(self, rest: bytes, at: int) -> int | None:
        start = rest[at : at + 4]
        # A frame to be skipped has one of 16 numbers, which differ in half a byte.
        skipped = start[:1] and b"\x50" + start[1:] if start[:1] and start[0] >> 4 == 5 else start
        is_start = b"\x28\xb5\x2f\xfd".startswith(start) or b"\x50\x2a\x4d\x18".startswith(skipped)
        return at if is_start else None


class _ZstandardFrame:
    """A frame by way of `zstandard`, which knows no limit of what it makes: it is given little at a
    time. Four bytes of input give at most a block of 128 KiB, and with so many blocks as there is
    room for, and two, no more than room + 256 KiB is made at once.
    """

    def __init__(self, module: Any) -> None:
        self._frame = module.ZstdDecompressor(max_window_size=1 << _WINDOW_LOG).decompressobj()
        self._surplus = b""
        self._rest = b""
        self._at = 0

    @property
    def eof(self) -> bool:
        return bool(self._frame.eof) and not self._surplus

    @property
    def unused_data(self) -> bytes:
        unused: bytes = self._frame.unused_data + self._rest[self._at :]
        return unused

    def decompress(self, data: bytes, room: int) -> bytes:
        if data:
            self._rest, self._at = self._rest[self._at :] + data, 0
        made, size = [self._surplus], len(self._surplus)
        while size < room and self._at < len(self._rest) and not self._frame.eof:
            piece = self._rest[self._at : self._at + 4 * ((room - size >> 17) + 1)]
            self._at += len(piece)
            made.append(self._frame.decompress(piece))
            size += len(made[-1])
        out = b"".join(made)
        self._surplus = out[room:]
        return out[:room]


class _Brotli:
    """RFC 7932, by way of `brotli` or `brotlicffi`.

    The former goes up to 32 KiB beyond the limit that it is given: they are kept for the next call.
    """

    streams = 0

    def __init__(self, module: Any) -> None:
        self._stream = module.Decompressor()
        self._error = module.error
        self._surplus = b""
        self._began = False

    def decode(self, data: bytes, room: int) -> bytes:
        if data:
            self._began = True
        stream, made, size = self._stream, [self._surplus], len(self._surplus)
        try:
            while size < room:
                made.append(stream.process(data, output_buffer_limit=room - size))
                data = b""
                size += len(made[-1])
                if stream.is_finished() or stream.can_accept_more_data():
                    break
        except self._error as error:
            raise _broken("br", error) from error
        out = b"".join(made)
        self._surplus = out[room:]
        return out[:room]

    def flush(self, room: int) -> bytes:
        if self._began and not self._stream.is_finished():
            raise DecodingError("the br stream is cut: its end is missing")
        return b""


def _broken(name: str, error: Exception) -> DecodingError:
    return DecodingError(f"the {name} stream is broken: {error}")


class Decoder:
    """Decodes a body that comes piece by piece. Made by `decoder_for`.

    All pieces are fed with the same `most`. Where more than that has been given, it is too much,
    and nothing more is decoded. Behind an error there is nothing more to be had.
    """

    __slots__ = ("_between", "_last", "_most", "_stages", "_wire", "made")

    def __init__(self, stages: Sequence[_Stage]) -> None:
        self._stages = stages
        self._last = len(stages) - 1
        self._between: dict[int, int] = {}
        #: Bytes that came, and bytes that were given out.
        self._wire = self.made = 0
        self._most = sys.maxsize - 1

    def feed(self, data: bytes, most: int) -> bytes:
        """Return what `data` decodes to, but in all no more than `most` + 1 bytes.

        Raises `DecodingError` where the stream is broken.
        """
        return b"".join(self.pieces(data, most))

    def pieces(self, data: bytes, most: int, at_once: int = sys.maxsize) -> Iterator[bytes]:
        """Give what `feed` returns in pieces. Where there is one coding, each has `at_once` bytes
        at most, and the byte that is too much comes by itself: the others need not be copied.
        """
        self._most = most
        self._wire += len(data)
        while self.made <= most:
            if self._last:
                yield self._through(0, data, most + 1 - self.made)
                return
            room = min(most - self.made or 1, at_once)
            out = self._stages[0].decode(data, room)
            self.made += len(out)
            if out:
                yield out
            if len(out) < room:
                return
            data = b""

    def end(self) -> bytes:
        """Return what the last bytes decode to, which is most often nothing.

        Raises `DecodingError` where the stream is cut, unless more than `most` has been given.
        """
        made: list[bytes] = []
        for index, stage in enumerate(self._stages):
            room = self._most + 1 - self.made
            if room <= 0:
                break
            out = stage.flush(room if index == self._last else _SLICE_BETWEEN)
            if index == self._last:
                self.made += len(out)
            elif out:
                out = self._pass_on(index, out, room)
            made.append(out)
        return b"".join(made)

    def _through(self, index: int, data: bytes, room: int) -> bytes:
        """Return what the stages from `index` on make of `data`, at most `room` bytes."""
        stage = self._stages[index]
        if index == self._last:
            out = stage.decode(data, room)
            self.made += len(out)
            return out
        made: list[bytes] = []
        while room:
            between = stage.decode(data, _SLICE_BETWEEN)
            data = b""
            if between:
                made.append(self._pass_on(index, between, room))
                room -= len(made[-1])
            if len(between) < _SLICE_BETWEEN:
                break
        return b"".join(made)

    def _pass_on(self, index: int, between: bytes, room: int) -> bytes:
        self._between[index] = self._between.get(index, 0) + len(between)
        self._check(self._between[index], self._stages[index + 1].streams)
        return self._through(index + 1, between, room)

    def _check(self, between: int, streams: int) -> None:
        """Raise where much becomes little: a bomb that costs time."""
        wire, made = self._wire, self.made
        if between > self._most + (self._most >> 3) + _OVERHEAD:
            raise DecodingError(f"what is coded twice is, coded once, more than {self._most} bytes")
        if between > _BETWEEN + _RATIO * wire + made + (made >> 3):
            raise DecodingError(
                f"{wire} bytes, coded twice, are {between} or more, coded once,"
                f" of which came {made}"
            )
        if streams > _STREAMS + wire // _WIRE_OF_A_STREAM + made // _PAGE_OF_A_STREAM:
            raise DecodingError(
                f"{wire} bytes, coded twice, are {streams} streams or more, of which came {made}"
            )


def decoder_for(content_encoding: str | None) -> Decoder | None:
    """Return what decodes a body with this Content-Encoding (several such fields joined by commas),
    None where there is nothing to decode.

    Raises `DecodingError` for a coding that is not known here, and for more than 5 of them: the
    body is then as it came.
    """
    makers = _makers(content_encoding) if content_encoding else ()
    return Decoder([maker() for maker in makers]) if makers else None


@lru_cache(32)
def _makers(content_encoding: str) -> tuple[Callable[[], _Stage], ...]:
    """Return what makes the stages, in the order in which they decode."""
    names = [name.strip(" \t").lower() for name in content_encoding.split(",")]
    names = [name for name in names if name and name != "identity"]
    if len(names) > MOST_CODINGS:
        raise DecodingError(
            f"more than {MOST_CODINGS} content codings: {len(names)}; with decode=False the body is"
            " left as it came"
        )
    makers = []
    for name in reversed(names):
        maker = _maker(name)
        if maker is None:
            hint = _HINTS.get(name, _HINT)
            raise DecodingError(f"cannot decode the content coding {name[:40]!r}: {hint}")
        makers.append(maker)
    return tuple(makers)


_HINT = "ask for others, by Accept-Encoding, or leave the body as it came, by decode=False"
_HINTS = {
    "br": "install brotli (1.2 or later) or brotlicffi",
    "zstd": "install backports.zstd or zstandard, or use Python 3.14",
}


def accept_encoding() -> str:
    """Return the value of Accept-Encoding that asks for what can be decoded here."""
    return _accept_encoding()


@cache
def _accept_encoding() -> str:
    return ", ".join(name for name in ("gzip", "deflate", "br", "zstd") if _maker(name))


def _maker(name: str) -> Callable[[], _Stage] | None:
    """Return what makes a stage for this coding; None where there is none."""
    if name in ("gzip", "x-gzip"):
        return _Gzip
    if name == "deflate":
        return _Deflate
    if name == "br":
        return _brotli()
    return _zstd() if name == "zstd" else None


@cache
def _zlib() -> Any:
    """Return zlib-ng in the shape of `zlib`, where it is there: it takes half the time."""
    return _find("zlib_ng.zlib_ng") or zlib


@cache
def _brotli() -> Callable[[], _Stage] | None:
    for name in ("brotli", "brotlicffi"):
        module = _find(name)
        if module is None:
            continue
        try:
            module.Decompressor().process(b"", output_buffer_limit=1)
        except (AttributeError, TypeError):
            continue  # an older one, which knows no limit
        return partial(_Brotli, module)
    return None


@cache
def _zstd() -> Callable[[], _Stage] | None:
    for name in ("compression.zstd", "backports.zstd"):
        module = _find(name)
        if module is not None:
            options = {module.DecompressionParameter.window_log_max: _WINDOW_LOG}
            new = partial(module.ZstdDecompressor, options=options)
            return partial(_Zstd, new, module.ZstdError)
    module = _find("zstandard")
    if module is None:
        return None
    return partial(_Zstd, partial(_ZstandardFrame, module), module.ZstdError)


def _find(name: str) -> Any:
    """Return the module with this name, None where there is none."""
    try:
        return import_module(name)
    except ImportError:
        return None

"""What must hold of content codings, whatever comes: zlib, and what was packed, are the judges.

An input is a body, which is packed with up to three codings, then damaged, cut, or not at all, or
is itself the wire.

- What was packed comes out, in pieces as in one; a stream that is cut is an error.
- Of gzip and deflate, zlib says what is broken, and what comes before the end of a cut stream.
- In pieces and in one there is the same outcome, and never a byte more than `most` and one. Of
  what is both broken and too much, either may come first.
- Nothing but `DecodingError`.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass

from fasthttp._web.codings import DecodingError, _find, accept_encoding, decoder_for

from .plan import SETTINGS, cut, numbers_from
from .verdict import Finding

_KINDS = ("packed", "packed", "packed", "cut", "damaged", "raw", "behind")
_BEHIND = (b"\0", b"\0\0\0", b"garbage", b"\0\0x\x1f\x8b")


@dataclass(frozen=True)
class Coded:
    """A body as it arrives: `names` are its codings, `body` what it was, if that is known."""

    kind: str
    names: tuple[str, ...]
    body: bytes | None
    pieces: tuple[bytes, ...]
    most: int

    @property
    def wire(self) -> bytes:
        return b"".join(self.pieces)


def _packed(name: str, data: bytes, number: int) -> bytes:
    if name == "gzip":
        at = number % (len(data) + 1) if number % 3 == 0 else 0
        return (gzip.compress(data[:at]) if at else b"") + gzip.compress(data[at:])
    if name == "deflate":
        packer = zlib.compressobj(number % 10, zlib.DEFLATED, -15 if number % 2 else 15)
        return packer.compress(data) + packer.flush()
    if name == "br":
        found = filter(None, map(_find, ("brotli", "brotlicffi")))
        return bytes(next(found).compress(data, quality=number % 6))
    found = filter(None, map(_find, ("compression.zstd", "backports.zstd", "zstandard")))
    return bytes(next(found).compress(data))


def decode(data: bytes) -> Coded:
    """The coded body that an input stands for; what is missing of its settings is 0."""
    settings, body = data[:SETTINGS].ljust(SETTINGS, b"\0"), data[SETTINGS:]
    numbers = numbers_from(settings[5] << 8 | settings[6])
    known = accept_encoding().split(", ")
    kind = _KINDS[settings[0] % len(_KINDS)]
    names = [known[settings[1 + index] % len(known)] for index in range(1 + settings[7] % 3)]
    body *= 1 + (next(numbers) % 200 if settings[7] & 0x80 else 0)
    wire = body
    if kind != "raw":
        for name in names:
            wire = _packed(name, wire, next(numbers))
    if kind == "cut":
        wire = wire[: next(numbers) % len(wire)]
    elif kind == "damaged":
        at = next(numbers) % len(wire)
        wire = wire[:at] + bytes([wire[at] ^ (1 << next(numbers) % 8)]) + wire[at + 1 :]
    elif kind == "behind" and names[-1] != "br":
        wire += _BEHIND[next(numbers) % len(_BEHIND)]
    most = next(numbers) % (len(body) + 2) if settings[3] & 1 else 1 << 24
    is_known = kind in ("packed", "cut", "behind")
    pieces = cut(wire, settings[4], numbers)
    return Coded(kind, tuple(names), body if is_known else None, pieces, most)


def _outcome(coded: Coded, pieces: tuple[bytes, ...]) -> tuple[bytes, str]:
    """What came out, and "whole", "too much" or "error"."""
    decoder = decoder_for(", ".join(coded.names))
    assert decoder is not None
    made = b""
    try:
        for piece in pieces:
            made += decoder.feed(piece, coded.most)
        made += decoder.end()
        return made, "whole" if len(made) <= coded.most else "too much"
    except DecodingError:
        return made, "error"


def _judged(coded: Coded) -> str | None:
    """What zlib says of one stream of gzip or deflate; None where it is not for it to say."""
    if len(coded.names) > 1 or coded.names[0] not in ("gzip", "deflate") or not coded.wire:
        return None
    if coded.most != 1 << 24:
        return None
    wire, ends = coded.wire, []
    for bits in (31,) if coded.names[0] == "gzip" else (15, -15):
        judge = zlib.decompressobj(bits)
        try:
            judge.decompress(wire)
        except zlib.error:
            ends.append("error")
            continue
        if judge.eof and judge.unused_data.lstrip(b"\0")[:1] == b"\x1f":
            return None  # perhaps another member
        ends.append("whole" if judge.eof else "error")
    # Either kind of deflate may be meant; which one, its start tells, and here it is not asked.
    return ends[0] if len(set(ends)) == 1 else None


class Verdict:
    """Decodes, and compares."""

    def __call__(self, coded: Coded) -> list[Finding]:
        """All that is wrong with what was made of these bytes."""
        try:
            in_pieces, one = _outcome(coded, coded.pieces), _outcome(coded, (coded.wire,))
        except Exception as error:  # whichever it is, it must not be
            return [Finding(f"{type(error).__name__} is not documented", repr(error))]
        findings = []
        # Of a frame that comes in pieces and ends with an empty block, libzstd does not compare the
        # size with what the frame says of it.
        is_zstd_s = coded.kind == "damaged" and "zstd" in coded.names
        if in_pieces[1] != one[1] and "whole" in (in_pieces[1], one[1]) and not is_zstd_s:
            findings.append(Finding("pieces and whole differ", f"{in_pieces}\n{one}"))
        if in_pieces[1] == one[1] != "error" and in_pieces[0] != one[0]:
            findings.append(Finding("pieces and whole give other bytes", f"{in_pieces}\n{one}"))
        if max(len(in_pieces[0]), len(one[0])) > coded.most + 1:
            findings.append(Finding("more than was asked for", f"{in_pieces}\n{one}"))
        if coded.body is not None:
            expected = coded.body[: coded.most + 1]
            how = "whole" if len(coded.body) <= coded.most else "too much"
            if coded.kind != "cut" and one != (expected, how):
                findings.append(Finding("it is not what was packed", f"{one}\n{expected!r}"))
            if not expected.startswith(in_pieces[0]):
                findings.append(Finding("it is not the start of what was packed", repr(in_pieces)))
        judged = _judged(coded)
        if judged is not None and judged != one[1]:
            findings.append(Finding(f"zlib says {judged}", repr(one)))
        return findings

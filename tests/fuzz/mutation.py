"""New inputs from old ones: splinters of HTTP put where they hurt, and whole answers made anew."""

from __future__ import annotations

import base64
import json
import random

from ..corpus.files import corpus_directory
from .plan import SETTINGS

MOST_BYTES = 4096

_SPLINTERS = tuple(
    b"\r|\n|\0|\t| |:|;|,|-|+|0|a|F|\x7f|\x80|\x85|\xa0|\xff|\x0b|\x1c|\r\n|\n\r|\r\r\n|"
    b"\r\n\r\n|\n\n|\r\n |\r\n\t| :|HTTP/1.1 |HTTP/1.0 |100|101|103|199|204|304|Content-Length: |5|"
    b"Transfer-Encoding: chunked\r\n|Connection: close\r\n|Connection: keep-alive\r\n|chunked|"
    b"From |multipart/x|0\r\n\r\n|1\r\nx\r\n|;a=b|_|ffffffffffffffff|999999999999999999".split(b"|")
)
_STARTS = (
    *((b"HTTP/1.1 200 OK",) * 6),
    *(b"HTTP/1.0 200 OK", b"HTTP/1.1 204 No Content", b"HTTP/1.1 304 Not Modified"),
    *(b"HTTP/1.1 101 Switching Protocols", b"HTTP/1.1 200", b"HTTP/1.1 999  x ", b"HTTP/2 200 OK"),
    *(b"HTTP/0.9 200 OK", b"HTTP/1.1 +200 OK", b"HTTP/1.1 99 Low", b"ICY 200 OK", b"HTTP/1.1"),
)
_INTERIMS = (
    *(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    *(b"HTTP/1.1 102 Processing\r\nA: b\r\n\r\n", b"HTTP/1.1 100\n\n"),
)
_FIELDS = (
    *(b"Server: x", b"Set-Cookie: a=b", b"set-cookie: c", b"A:", b"A: \t b ", b"X: a:b", b"X-Y: z"),
    *(b"Content-Type: text/html; charset=utf-8", b"Content-Type: multipart/mixed; boundary=x"),
    *(b"Folded: a\r\n b", b"no colon", b" blank", b"A : b", b": b", b"From me", b"A: \0"),
    *(b"(a): b", b"A: b\rC: d", b"\xe9: b", b"A: caf\xe9", b"Connection: close"),
    *(b"Connection: Keep-Alive", b"Keep-Alive: timeout=5", b"Proxy-Connection: keep-alive"),
    b"connection: x, Close",
)
_LENGTHS = (b"+7", b"-5", b"x", b"", b"1_0", b"3, 3", b"5 ", b"9999999999999999999", b"0", b"0x5")
_CODINGS = (b"chunked", b"Chunked", b"gzip, chunked", b"identity", b"chunked ", b"chunked, chunked")
_SIZES = (*(b"%x", b"%X", b"%03x", b"%x;a=b") * 6, b"%x ;c", b" %x", b"+%x", b"0x%x", b"-%x")
_ENDS = (b"0\r\n\r\n", b"0\r\n\r\n", b"00;x\r\nA: b\r\n\r\n", b"0\n\n", b"0\r\n", b"")


def _chunks(dice: random.Random) -> bytes:
    parts = []
    for _ in range(dice.randrange(5)):
        content = dice.randbytes(dice.randrange(1, 40))
        end = b"\r\n" if dice.randrange(12) else b"\n"
        parts.append(dice.choice(_SIZES) % len(content) + end + content + b"\r\n")
    return b"".join(parts) + dice.choice(_ENDS)


def _body(dice: random.Random) -> tuple[list[bytes], bytes]:
    """Framing fields, and a body of that framing or of another."""
    plain = dice.choice((b"", b"a\nb\r\nc", b"line\n" * 9, dice.randbytes(dice.randrange(50))))
    kind = dice.randrange(8)
    if kind < 3:
        length = max(0, len(plain) + dice.choice((0, 0, 0, -1, 1, 900)))
        return [b"Content-Length: %d" % length], plain
    if kind < 6:
        return [b"Transfer-Encoding: chunked"], _chunks(dice)
    if kind == 6:
        fields = [b"Content-Length: " + dice.choice(_LENGTHS)]
        if dice.randrange(2):
            fields.append(b"Transfer-Encoding: " + dice.choice(_CODINGS))
        return fields, dice.choice((plain, _chunks(dice)))
    return [], plain


def fresh(dice: random.Random) -> bytes:
    """An input whose answer is more or less HTTP."""
    fields, body = _body(dice)
    fields += dice.choices(_FIELDS, k=dice.randrange(5))
    if dice.randrange(30) == 0:
        fields += [b"X: y"] * dice.randrange(95, 103)
    dice.shuffle(fields)
    end = dice.choice((b"\r\n", b"\r\n", b"\r\n", b"\n"))
    head = dice.choice(_STARTS) + end + b"".join(field + end for field in fields) + end
    interims = dice.randrange(1, 3) if dice.randrange(4) == 0 else 0
    before = b"".join(dice.choices(_INTERIMS, k=interims))
    behind = dice.choice((b"", b"", b"", b"HTTP/1.1 200 Behind\r\n\r\n", b"\r\n"))
    return dice.randbytes(SETTINGS) + before + head + body + behind


def _break(wire: bytearray, dice: random.Random) -> None:
    at = dice.randrange(SETTINGS, len(wire) + 1) if len(wire) > SETTINGS else len(wire)
    how = dice.randrange(8)
    if how == 0:
        wire[at : at + 1] = dice.choice(_SPLINTERS)
    elif how == 1:
        del wire[at : at + dice.randrange(1, 5)]
    elif how == 2:
        wire[at:at] = wire[at : at + dice.randrange(1, 40)] * dice.choice((1, 1, 1, 2, 100))
    elif how == 3:
        del wire[at:]
    elif how == 4:
        wire[at : at + 1] = bytes([dice.randrange(256)])
    elif how == 5:
        wire[dice.randrange(SETTINGS)] = dice.randrange(256)
    else:
        wire[at:at] = dice.choice(_SPLINTERS)


def mutate(data: bytes, dice: random.Random) -> bytes:
    """Another input, which has most of this one's or nothing at all."""
    if dice.randrange(4) == 0:
        data = fresh(dice)
    wire = bytearray(data.ljust(SETTINGS, b"\0"))
    for _ in range(dice.choice((0, 1, 1, 1, 2, 4))):
        _break(wire, dice)
    return bytes(wire[:MOST_BYTES])


def most_seeds(seconds: float) -> int:
    """How many seeds leave most of this time for what comes of them, on a slow machine too."""
    return max(20, int(seconds * 10))


def seeds(dice: random.Random, most: int) -> list[bytes]:
    """Inputs to begin with, at most so many: made anew, and the foreign corpus where it lies beside
    the checkout.
    """
    made = [fresh(dice) for _ in range(min(300, most // 2))]
    corpus = corpus_directory() / "corpus.jsonl"
    if not corpus.exists():
        return made
    with corpus.open(encoding="utf-8") as rows:
        answers = [base64.b64decode(json.loads(row)["raw_base64"]) for row in rows]
    short = [answer for answer in answers if len(answer) <= MOST_BYTES - SETTINGS]
    chosen = dice.sample(short, min(len(short), most - len(made)))
    return made + [dice.randbytes(SETTINGS) + answer for answer in chosen]

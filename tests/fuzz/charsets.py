"""What must hold of charsets, whatever comes: the prescan gives what HTML's, step by step, gives.

- The charset is one of WHATWG's, and the text is the body in it.
- A byte order mark, then the Content-Type is heard first; no error comes out.
"""

from __future__ import annotations

from dataclasses import dataclass

from fasthttp._web import charsets

from ..web.prescan import prescan
from .plan import SETTINGS
from .verdict import Finding

_TYPES = (
    *(None, "text/html", "text/html", "text/html", "text/xml", "application/xhtml+xml"),
    *("text/plain", "text/html; charset=gbk", "text/html; charset=nobody"),
)
#: What bytes behind ASCII stand for, so that a few make a head.
_WORDS = (
    *(b"<meta ", b"charset", b"=", b"gbk", b"utf-16", b">", b"'", b'"', b" ", b"/", b"<!--"),
    *(b"http-equiv=content-type ", b"content=", b"<a ", b"<?xml ", b"encoding=", b"\0", b"<"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b";", b"x-user-defined", b"-->", b"\xff", b"</b ", b"nobody"),
    *(b"<meta charset=", b"<!doctype html>", b"\n", b"<meta/", b" http-equiv='Content-Type' "),
    b"content='text/html; charset=",
)


@dataclass(frozen=True)
class Body:
    """A body, and its Content-Type."""

    content_type: str | None
    body: bytes


def decode(data: bytes) -> Body:
    """The body that an input stands for; what is missing of its settings is 0."""
    settings = data[:SETTINGS].ljust(SETTINGS, b"\0")
    words = [
        _WORDS[byte % len(_WORDS)] if settings[1] & 1 or byte >= 0x80 else bytes([byte])
        for byte in data[SETTINGS:]
    ]
    return Body(_TYPES[settings[0] % len(_TYPES)], b"".join(words))


class Verdict:
    """Asks for charset and text, and compares."""

    def __call__(self, given: Body) -> list[Finding]:
        """All that is wrong with what was made of this body."""
        findings = []
        head = given.body[: charsets.PRESCAN]
        try:
            name = charsets.charset_of(given.content_type, given.body)
            text = charsets.text_of(given.content_type, given.body)
            quick = charsets._from_metas(head)
        except Exception as error:  # whichever it is, it must not be
            return [Finding(f"{type(error).__name__} is not documented", repr(error))]
        if charsets.name_of(name) != name:
            findings.append(Finding("it is no charset", name))
        if text != charsets._decoded(name, given.body):
            findings.append(Finding("the text is in another charset", name))
        slow = prescan(head)
        if quick != slow:
            findings.append(Finding("the prescan differs", f"{quick}, {slow}"))
        has_mark = given.body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
        if given.content_type == "text/html; charset=gbk" and not has_mark and name != "gbk":
            findings.append(Finding("the Content-Type is not heard", name))
        if given.content_type == "text/html" and slow and not has_mark and name != slow:
            is_utf16 = head[:6] in (b"<\0?\0x\0", b"\0<\0?\0x")
            if not is_utf16:
                findings.append(Finding("the meta is not heard", f"{name}, {slow}"))
        return findings

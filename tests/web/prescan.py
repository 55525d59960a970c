"""HTML's prescan (section 13.2.3.2), step by step, as a judge of the quick one. No regular
expressions; a byte behind the end raises, and that ends it, as the standard has it.
"""

from __future__ import annotations

from fasthttp._web.charsets import name_of

_SPACE = b"\t\n\f\r "


class _EndError(Exception):
    pass


class _Prescan:
    def __init__(self, head: bytes) -> None:
        self.head = head
        self.at = 0

    def byte(self) -> int:
        if self.at >= len(self.head):
            raise _EndError
        return self.head[self.at]

    def run(self) -> str | None:
        while True:
            self.byte()
            found = self.one()
            if found is not None:
                return found
            self.at += 1

    def one(self) -> str | None:
        rest = self.head[self.at : self.at + 6].lower()
        if rest.startswith(b"<!--"):
            self.at += 2
            while self.head[self.at : self.at + 3] != b"-->":
                self.byte()
                self.at += 1
            self.at += 2
        elif rest[:5] == b"<meta" and len(rest) == 6 and rest[5] in b"\t\n\f\r /":
            self.at += 5
            return self.meta()
        elif rest[:1] == b"<" and rest[1:].removeprefix(b"/")[:1].isalpha():
            while self.byte() not in b"\t\n\f\r >":
                self.at += 1
            while self.attribute():
                pass
        elif rest[:2] in (b"<!", b"</", b"<?"):
            while self.byte() != ord(">"):
                self.at += 1
        return None

    def meta(self) -> str | None:
        seen: set[bytes] = set()
        got_pragma = False
        need_pragma: bool | None = None
        charset: str | None = None
        failed = False
        while attribute := self.attribute():
            name, value = attribute
            if name in seen:
                continue
            seen.add(name)
            if name == b"http-equiv" and value == b"content-type":
                got_pragma = True
            elif name == b"content" and charset is None and not failed:
                charset = _in_content(value)
                if charset is not None:
                    need_pragma = True
            elif name == b"charset":
                charset, need_pragma = name_of(value.decode("latin-1")), False
                failed = charset is None
        if need_pragma is None or (need_pragma and not got_pragma) or charset is None:
            return None
        if charset in ("utf-16be", "utf-16le"):
            return "utf-8"
        return "windows-1252" if charset == "x-user-defined" else charset

    def attribute(self) -> tuple[bytes, bytes] | None:
        while self.byte() in _SPACE + b"/":
            self.at += 1
        if self.byte() == ord(">"):
            return None
        name = bytearray()
        while True:
            byte = self.byte()
            if byte == ord("=") and name:
                break
            if byte in _SPACE:
                while self.byte() in _SPACE:
                    self.at += 1
                if self.byte() != ord("="):
                    return bytes(name), b""
                break
            if byte in b"/>":
                return bytes(name), b""
            name += bytes([byte]).lower()
            self.at += 1
        self.at += 1
        while self.byte() in _SPACE:
            self.at += 1
        return bytes(name), self.value()

    def value(self) -> bytes:
        value = bytearray()
        quote = self.byte()
        if quote in b"\"'":
            self.at += 1
            while self.byte() != quote:
                value += bytes([self.byte()]).lower()
                self.at += 1
            self.at += 1
        else:
            while self.byte() not in _SPACE + b">":
                value += bytes([self.byte()]).lower()
                self.at += 1
        return bytes(value)


def _in_content(content: bytes) -> str | None:
    at = 0
    while True:
        at = content.find(b"charset", at)
        if at < 0:
            return None
        rest = content[at + 7 :].lstrip(_SPACE)
        if rest[:1] == b"=":
            break
        at = len(content) - len(rest)
    rest = rest[1:].lstrip(_SPACE)
    if rest[:1] in (b'"', b"'"):
        label, quote, _ = rest[1:].partition(rest[:1])
        return name_of(label.decode("latin-1")) if quote else None
    ends = [rest.find(byte) for byte in b"\t\n\f\r ;" if rest.find(byte) >= 0]
    return name_of(rest[: min(ends, default=len(rest))].decode("latin-1"))


def prescan(head: bytes) -> str | None:
    """Return what a `<meta>` in these bytes declares; None where none does."""
    try:
        return _Prescan(head).run()
    except _EndError:
        return None

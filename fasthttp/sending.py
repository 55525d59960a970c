"""What goes out piece by piece: the buffered lines of a head, and bodies of every kind."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Iterable, Iterator
from http.client import NotConnected

from . import hooks
from .deadline import Deadline, timed_socket

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from typing import Any


class Sender(http.client.HTTPConnection):
    """What `HTTPConnection` inherits for sending; of no use alone."""

    sock: Any
    _buffer: list[bytes]
    _http_vsn: int
    #: That of the exchange which is under way.
    _deadline: Deadline | None

    def send(self, data: Any) -> None:
        """Send bytes-like data, a file or an iterable of bytes-like objects, as they are.

        A file is read by `blocksize` bytes at a time, and a text file encoded as ISO-8859-1. Where
        there is no connection, it is opened. Raises `NotConnected` where `auto_open` is 0,
        `TypeError` for other data, and `OSError`.
        """
        if self.sock is None:
            if not self.auto_open:
                raise NotConnected()
            self.connect()
        if self.debuglevel > 0:
            hooks.hook("print")("send:", repr(data))
        sock = self.sock if self._deadline is None else timed_socket(self)
        if hasattr(data, "read"):
            if self.debuglevel > 0:
                hooks.hook("print")("sending a readable")
            for block in self._blocks_of(data):
                sys.audit("http.client.send", self, block)
                sock.sendall(block)
            return
        sys.audit("http.client.send", self, data)
        try:
            sock.sendall(data)
        except TypeError:
            if not isinstance(data, Iterable):
                raise TypeError(
                    f"data should be a bytes-like object or an iterable, got {type(data)!r}"
                ) from None
            for block in data:
                sock.sendall(block)

    def _put_framing(self, method: str, body: Any) -> bool:
        """Put the field that says where the body ends; whether that is by chunks."""
        length = self._get_content_length(body, method)  # type: ignore[attr-defined]
        if length is not None:
            self.putheader("Content-Length", str(length))
        elif body is not None:
            if self.debuglevel > 0:
                hooks.hook("print")(f"Unable to determine size of {body!r}")
            self.putheader("Transfer-Encoding", "chunked")
            return True
        return False

    def _output(self, s: bytes) -> None:
        self._buffer.append(s)

    def _blocks_of(self, readable: Any) -> Iterator[bytes]:
        encode = self._is_textIO(readable)  # type: ignore[attr-defined]
        if encode and self.debuglevel > 0:
            hooks.hook("print")("encoding file using iso-8859-1")
        while block := readable.read(self.blocksize):
            yield block.encode("iso-8859-1") if encode else block

    def _read_readable(self, readable: Any) -> Iterator[bytes]:
        if self.debuglevel > 0:
            hooks.hook("print")("reading a readable")
        return self._blocks_of(readable)

    def _send_output(self, message_body: Any = None, encode_chunked: bool = False) -> None:
        """Send what was put so far, then the body."""
        self._buffer.extend((b"", b""))
        head = b"\r\n".join(self._buffer)
        del self._buffer[:]
        self.send(head)
        if message_body is None:
            return
        chunked = encode_chunked and self._http_vsn == 11
        for block in self._body_blocks(message_body):
            if not block:
                if self.debuglevel > 0:
                    hooks.hook("print")("Zero length chunk ignored")
                continue
            self.send(b"%X\r\n" % len(block) + block + b"\r\n" if chunked else block)
        if chunked:
            self.send(b"0\r\n\r\n")

    def _body_blocks(self, body: Any) -> Any:
        # A file comes before the buffer protocol: an mmap has a position that counts.
        if hasattr(body, "read"):
            return self._read_readable(body)
        try:
            memoryview(body)
        except TypeError:
            try:
                return iter(body)
            except TypeError:
                raise TypeError(
                    f"message_body should be a bytes-like object or an iterable, got {type(body)!r}"
                ) from None
        return (body,)

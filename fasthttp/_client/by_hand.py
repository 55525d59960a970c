"""The file of a chunked response, for programs that read its chunks themselves, as urllib3 does by
`fp.readline()` and `_safe_read()`.

It follows what they take, so that it is known whether they have come to the end of the message, and
the connection can serve another request.
"""

from __future__ import annotations

import io

from .._http import strict

TYPE_CHECKING = False  # importing typing would take longer than all of this package
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# What comes next: a size line, content, the CRLF behind it, a trailer line, nothing; or it is lost.
_SIZE, _CONTENT, _CRLF, _TRAILER, _DONE, _LOST = range(6)
#: No line that has one reading only is so long.
_LONGEST_LINE = 65536


class ReadByHand:
    """A file like the `SocketFile` in `file`, which it reads from."""

    # Without an __init__, and with defaults of the class: one is made for each chunked response,
    # and seldom used.
    file: Any
    _next = _SIZE
    #: Bytes of content that are left in the chunk.
    _left = 0
    #: What the line in hand is made of so far.
    _line = b""

    @property
    def has_ended(self) -> bool:
        """Whether all of the message has been taken, and nothing else."""
        return self._next == _DONE

    def _follow(self, data: Any) -> None:
        """Take note of bytes that have been taken."""
        while data and self._next != _LOST:
            if self._next == _CONTENT:
                used = min(self._left, len(data))
                self._left -= used
                if not self._left:
                    self._next = _CRLF
            else:
                used = self._follow_line(bytes(data))
            data = data[used:]

    def _follow_line(self, data: bytes) -> int:
        """Add to the line in hand, up to its end. Return how many bytes that takes."""
        end = data.find(b"\n") + 1
        used = end or len(data)
        line = self._line = self._line + data[:used]
        if self._next == _DONE or len(line) > _LONGEST_LINE:
            self._next = _LOST
        elif end:
            self._line = b""
            self._next = self._after(line)
        return used

    def _after(self, line: bytes) -> int:
        """Return what comes behind a line."""
        if self._next == _CRLF:
            return _SIZE if line == b"\r\n" else _LOST
        if self._next == _TRAILER:
            return _DONE if line in (b"\r\n", b"\n") else _TRAILER
        if not strict.is_clear_size_line(line):
            return _LOST
        self._left = int(line.partition(b";")[0], 16)
        return _CONTENT if self._left else _TRAILER

    # -------------------------------------------------------------- reading

    def read(self, n: int | None = -1) -> bytes:
        """Read as the file does."""
        data: bytes = self.file.read(n)
        self._follow(data)
        return data

    def read1(self, n: int = -1) -> bytes:
        """Read as the file does."""
        data: bytes = self.file.read1(n)
        self._follow(data)
        return data

    def readline(self, limit: int = -1) -> bytes:
        """Read as the file does."""
        line: bytes = self.file.readline(limit)
        self._follow(line)
        return line

    def readlines(self, hint: int | None = None) -> list[bytes]:
        """Read as the file does."""
        lines: list[bytes] = self.file.readlines(hint)
        for line in lines:
            self._follow(line)
        return lines

    def readinto(self, b: Any) -> int:
        """Read as the file does."""
        got: int = self.file.readinto(b)
        self._follow(bytes(memoryview(b).cast("B")[:got]))
        return got

    def readinto1(self, b: Any) -> int:
        """Read as the file does."""
        got: int = self.file.readinto1(b)
        self._follow(bytes(memoryview(b).cast("B")[:got]))
        return got

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def __enter__(self) -> ReadByHand:
        self.file.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        if name == "file":  # which is made only half
            raise AttributeError(name)
        return getattr(self.file, name)


io.BufferedIOBase.register(ReadByHand)
